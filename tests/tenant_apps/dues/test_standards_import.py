"""Standards by a file: every row judged, only what is new applied, all of it taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, strategies

from kernel.clock import Month
from kernel.crypto import unit_cipher
from kernel.unit import unit_context
from shared_apps.rules import selectors as rules
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Bill, Standard, StandardsImport
from tenant_apps.dues.selectors import standards_import as reading
from tenant_apps.dues.services import billing, standards, standards_import
from tenant_apps.dues.services.standards_reading import (
    HEADINGS,
    Asked,
    Fault,
    Row,
    as_text,
    category_labels,
    judged,
)
from tenant_apps.members.models import Member
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import NOW, make_member, make_standard, treasurer
from tests.tenant_apps.dues.test_pages import THIS_MONTH, desk

MONTH = Month(202611)
WHY = "年度工资调整"
WAGE = "按月领取工资"
CLEO, DAN, EVA = ("320304198001011234", "320304198001011242", "32030419800101125X")


def known(identity, **fields):
    member = make_member(**fields)
    mark = unit_cipher().index(identity, purpose="identity")
    Member.objects.filter(pk=member.pk).update(identity_index=mark)
    return member


def csv(*rows, headings=HEADINGS):
    return "\n".join(",".join(row) for row in (headings, *rows)).encode()


@pytest.fixture
def ben(alpha):
    return treasurer()


@pytest.fixture
def cleo(alpha):
    member = known(CLEO)
    make_standard(member)
    return member


@pytest.fixture
def handed(ben):
    """A file handed in and checked."""

    def act(*rows, month=MONTH, reason=WHY, actor=ben, content=None):
        made = standards_import.hand_in(
            file_name="标准.csv",
            content=content or csv(*rows),
            month=month,
            reason=reason,
            actor=actor,
            now=NOW,
        )
        standards_import.check(import_id=made.pk)
        return StandardsImport.objects.get(pk=made.pk)

    return act


def judge(pack, **cells):
    row = Row(
        2,
        *(
            {"identity": CLEO, "name": "", "category": WAGE, "base": "", "fixed": ""} | cells
        ).values(),
    )
    return judged(row, pack=pack, labels=category_labels(pack), rounding="FEN_HALF_UP")


class TestARow:
    @pytest.mark.parametrize(
        ("cells", "field"),
        [
            ({"base": "abc"}, "计算基数（元）"),
            ({"base": "８６００"}, "计算基数（元）"),
            ({"base": "8.6e3"}, "计算基数（元）"),
            ({"base": "8600.123"}, "计算基数（元）"),
            ({"base": "-1"}, "计算基数（元）"),
            ({"base": "NaN"}, "计算基数（元）"),
            ({"base": ""}, "计算基数（元）"),
            ({"base": "8600", "fixed": "5"}, "月标准（元）"),
            ({"category": "学生", "base": "8600"}, "计算基数（元）"),
            ({"category": "农民", "fixed": "1.01"}, "月标准（元）"),
            ({"category": "神仙", "base": "8600"}, "类别"),
            ({"identity": "123", "base": "8600"}, "身份证号"),
            ({"identity": "３２０３０４１９８００１０１１２３４", "base": "8600"}, "身份证号"),
        ],
    )
    def test_is_named_with_its_field_rule_and_way_out(self, alpha, cells, field):
        fault = judge(rules.dues_pack(MONTH.first_day), **cells)
        assert isinstance(fault, Fault)
        assert fault.field == field
        assert fault.rule
        assert fault.way

    def test_above_the_cap_is_taken_and_flagged(self, alpha):
        asked = judge(rules.dues_pack(MONTH.first_day), base="60000")
        assert isinstance(asked, Asked)
        assert (asked.found.amount_fen, asked.found.is_capped) == (100_000, True)

    @given(fen=strategies.integers(0, 10**10))
    def test_a_number_of_the_sheet_is_read_to_the_fen(self, fen):
        assert round(float(as_text(fen / 100)) * 100) == fen
        assert "e" not in as_text(fen / 100)


class TestAFile:
    def test_shows_what_changes_and_applies_only_that(self, handed, cleo, ben):
        dan = known(DAN, name="丹")
        held = handed(
            ("克莱", CLEO, WAGE, '"9,000.00"', ""),
            ("丹", DAN, "学生", "", ""),
            ("", EVA, WAGE, "5000", ""),
        )
        assert (held.state, held.total, len(held.faults), held.unchanged) == ("READY", 3, 1, 0)
        assert (held.before_fen, held.after_fen) == (12_900, 13_520)
        assert Standard.objects.count() == 1
        standards_import.apply(held=held, actor=ben, now=NOW)
        now_held = Standard.objects.filter(is_current=True).order_by("amount_fen")
        assert [(one.member_id, one.amount_fen, one.origin, one.reason) for one in now_held] == [
            (dan.pk, 20, "FILE", WHY),
            (cleo.pk, 13_500, "FILE", WHY),
        ]
        codes = {event.code for event in audit.events_about(held.pk)}
        assert codes == {"dues_import.handed_in", "dues_import.applied"}

    def test_the_same_again_changes_nothing(self, handed, cleo, ben):
        held = handed(("克莱", CLEO, "WAGE", "8600", ""))
        assert (held.unchanged, held.changes, held.faults) == (1, [], [])
        with pytest.raises(standards_import.NothingNew):
            standards_import.apply(held=held, actor=ben, now=NOW)

    @pytest.mark.parametrize(
        ("rows", "how", "said"),
        [
            ([("克莱", DAN, WAGE, "9000", "")], {}, "没有这个身份证号"),
            ([("别人", CLEO, WAGE, "9000", "")], {}, "姓名与名册"),
            ([("克莱", CLEO, WAGE, "9000", "")] * 2, {}, "与第 2 行是同一个人"),
            ([("克莱", CLEO, WAGE, "9000", "")], {"reason": " "}, "须写明理由"),
        ],
    )
    def test_names_what_does_not_meet_the_roll(self, handed, cleo, rows, how, said):
        held = handed(*rows, **how)
        assert said in held.faults[-1][4]
        assert len(held.faults) == len(rows)

    def test_refuses_months_that_are_billed_and_months_before_the_standard(self, handed, cleo, ben):
        billing.issue_month(month=MONTH, actor=ben, now=NOW)
        held = handed(("克莱", CLEO, WAGE, "9000", ""))
        assert held.faults[0][5] == "起始月份改为2026 年 12 月，或先撤销账单"
        assert not handed(("克莱", CLEO, WAGE, "9000", ""), month=MONTH + 1).faults
        Bill.objects.all().delete()
        standards.set_one(
            member_id=cleo.pk, category="WAGE", base_fen=900_000, month=Month(202612),
            reason=WHY, actor=ben, now=NOW,
        )  # fmt: skip
        assert "2026 年 12 月起执行" in handed(("克莱", CLEO, WAGE, "1", "")).faults[0][4]

    def test_who_keeps_another_branch_reaches_nobody_here(self, handed, cleo):
        neighbour = treasurer("00010002")
        held = handed(("克莱", CLEO, WAGE, "9000", ""), actor=neighbour)
        assert "不在您的管理范围" in held.faults[0][4]
        with pytest.raises(reading.ImportNotFound):
            reading.import_for(treasurer("00010002"), held.pk)

    def test_another_unit_sees_no_file(self, handed, cleo, beta):
        held = handed(("克莱", CLEO, WAGE, "9000", ""))
        with unit_context(beta.id), pytest.raises(reading.ImportNotFound):
            reading.import_for(treasurer(), held.pk)

    def test_without_headings_it_fails_and_says_so(self, handed):
        held = handed(content=b"a,b\n1,2\n")
        assert held.state == "FAILED"
        assert "模板" in held.message

    def test_all_or_nothing_when_something_changed_since(self, handed, cleo, ben):
        known(DAN, name="丹")
        held = handed(("克莱", CLEO, WAGE, "9000", ""), ("丹", DAN, "学生", "", ""))
        standards.set_one(
            member_id=cleo.pk, category="WAGE", base_fen=700_000, month=MONTH, reason=WHY,
            actor=ben, now=NOW,
        )  # fmt: skip
        with pytest.raises(standards_import.ImportStale):
            standards_import.apply(held=held, actor=ben, now=NOW)
        assert not Standard.objects.filter(origin="FILE").exists()

    def test_statements_do_not_grow_with_rows(self, handed, ben, django_assert_max_num_queries):
        rows = []
        for number in range(12):
            identity = f"3203041980010{number:05d}"
            make_standard(known(identity, name=f"党员{number}"))
            rows.append((f"党员{number}", identity, WAGE, "9000", ""))
        made = standards_import.hand_in(
            file_name="a.csv", content=csv(*rows), month=MONTH, reason=WHY, actor=ben, now=NOW
        )
        with django_assert_max_num_queries(6):
            standards_import.check(import_id=made.pk)
        held = StandardsImport.objects.get()
        assert len(held.changes) == 12
        with django_assert_max_num_queries(16):
            standards_import.apply(held=held, actor=ben, now=NOW)
        assert Standard.objects.filter(origin="FILE", amount_fen=13_500).count() == 12


class TestTakenBack:
    def test_what_was_replaced_holds_again(self, handed, cleo, ben):
        held = handed(("克莱", CLEO, WAGE, "9000", ""))
        standards_import.apply(held=held, actor=ben, now=NOW)
        assert standards_import.undo(held=held, actor=ben, now=NOW) == 1
        only = Standard.objects.get()
        assert (only.amount_fen, only.is_current) == (12_900, True)
        with pytest.raises(standards_import.ImportMoved):
            standards_import.undo(held=held, actor=ben, now=NOW)

    def test_not_once_billed_or_fixed_anew(self, handed, cleo, ben):
        held = handed(("克莱", CLEO, WAGE, "9000", ""))
        standards_import.apply(held=held, actor=ben, now=NOW)
        billing.issue_month(month=MONTH, actor=ben, now=NOW)
        with pytest.raises(standards_import.ImportInUse):
            standards_import.undo(held=held, actor=ben, now=NOW)
        Bill.objects.all().delete()
        standards.set_one(
            member_id=cleo.pk, category="WAGE", base_fen=100, month=MONTH, reason=WHY, actor=ben,
            now=NOW,
        )  # fmt: skip
        with pytest.raises(standards_import.ImportChanged):
            standards_import.undo(held=held, actor=ben, now=NOW)

    def test_a_checked_file_is_dropped(self, handed, cleo, ben):
        held = standards_import.drop(
            held=handed(("克莱", CLEO, WAGE, "9000", "")), actor=ben, now=NOW
        )
        assert (held.state, held.changes) == ("DROPPED", [])
        with pytest.raises(standards_import.ImportMoved):
            standards_import.apply(held=held, actor=ben, now=NOW + dt.timedelta(1))


class TestPages:
    @pytest.fixture
    def desk_of(self, alpha):
        return cast.officer(FacingClient(), alpha, role="treasurer", name="本")

    @staticmethod
    def file(*rows):
        return SimpleUploadedFile("标准.csv", csv(*rows), content_type="text/csv")

    def test_from_the_template_to_the_undo(self, desk_of, cleo):
        assert desk_of.get(desk("standards_template")).content[:2] == b"PK"
        assert "下载模板" in desk_of.get(desk("standards_files")).content.decode()
        assert desk_of.post(desk("standards_files"), {"month": str(MONTH)}).status_code == 422
        typed = {"month": "2020-01", "reason": WHY, "file": self.file(("", CLEO, WAGE, "1", ""))}
        assert desk_of.post(desk("standards_files"), typed).status_code == 422
        typed = {
            "month": f"{THIS_MONTH}", "reason": WHY,
            "file": self.file(("克莱", CLEO, WAGE, "9000", ""), ("", EVA, WAGE, "1e3", "")),
        }  # fmt: skip
        assert desk_of.post(desk("standards_files"), typed).status_code == 302
        held = StandardsImport.objects.get()
        assert "正在核对" in desk_of.get(desk("standards_file", held.pk)).content.decode()
        standards_import.check(import_id=held.pk)
        page = desk_of.get(desk("standards_file", held.pk)).content.decode()
        assert "135.00" in page
        assert "1e3" in page
        assert desk_of.get(desk("standards_faults", held.pk)).content[:2] == b"PK"
        desk_of.post(desk("standards_file_apply", held.pk))
        assert Standard.objects.get(is_current=True).amount_fen == 13_500
        desk_of.post(desk("standards_file_undo", held.pk))
        assert Standard.objects.get().amount_fen == 12_900

    def test_by_api(self, desk_of, cleo):
        address = "/api/v1/dues/standards/files/"
        typed = {
            "month": f"{THIS_MONTH}", "reason": WHY,
            "file": self.file(("", CLEO, WAGE, "9000", "")),
        }  # fmt: skip
        made = desk_of.post(address, typed)
        assert made.status_code == 201
        standards_import.check(import_id=made.json()["id"])
        here = f"{address}{made.json()['id']}/"
        assert desk_of.get(here).json()["changes"][0]["amount_fen"] == 13_500
        assert desk_of.post(f"{here}application/").json()["state"] == "APPLIED"
        assert desk_of.delete(f"{here}application/").json()["state"] == "UNDONE"
        assert len(desk_of.get(address).json()) == 1

    def test_a_secretary_hands_in_no_file(self, alpha):
        secretary = cast.officer(FacingClient(), alpha, role="secretary", name="书")
        assert secretary.get(desk("standards_files")).status_code == 403
