"""Files for members that are there: compared, decided on, applied, taken back (rulebook 8.4)."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import now
from kernel.errors import DomainError
from kernel.unit import unit_context
from onboarding.permissions import OnboardingPermission
from onboarding.services import update_reading, update_report, update_sources
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Category, Change, Member, Update, UpdateRow
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.services import (
    applying,
    comparing,
    sealing,
    update_claims,
    updates,
)
from tests.factories.organizations import admin
from tests.onboarding.exchange import sheets
from tests.onboarding.exchange.sheets import applied, compared, kinds, line, somebody, table


class TestComparing:
    def test_proposes_only_what_differs(self, tree, ada):
        same, other = somebody(tree.l1, "曾国强"), somebody(tree.l1, "林晓")
        found = compared(
            ada,
            table(
                line(same, tree.l1, 学历="大学本科毕业", 民族="汉"),
                line(other, tree.l1, 学历="博士", 工作岗位="管理人员"),
            ),
        )
        assert found.state == Update.State.REVIEW
        row = UpdateRow.objects.get(update_of=found)
        assert (row.kind, row.name) == ("CHANGE", "林晓")
        assert row.fields == {
            "education": ["大学本科", "博士研究生"],
            "occupation": ["", "MANAGER"],
        }
        assert found.counts["unchanged"] == 1

    def test_a_blank_cell_says_nothing(self, tree, ada):
        member = somebody(tree.l1)
        found = compared(ada, table(line(member, tree.l1, 学历="", 联系电话="")))
        assert kinds(found) == {}

    def test_proposes_moves_apart_from_changes(self, tree, ada):
        member = somebody(tree.l1)
        found = compared(ada, table(line(member, tree.l2, 学历="博士")))
        assert kinds(found) == {"CHANGE": 1, "MOVE": 1}

    def test_lists_who_is_missing_and_never_removes(self, tree, ada):
        named, absent = somebody(tree.l1, "曾国强"), somebody(tree.r1, "林晓")
        found = compared(ada, table(line(named, tree.l1)))
        assert UpdateRow.objects.get(update_of=found, kind="MISSING").member_id == absent.pk
        with pytest.raises(updates.NothingDecided):
            updates.decide(update=found, accept=True, row_ids=[], kind="MISSING", actor=ada)
        assert Member.objects.filter(pk=absent.pk, is_active=True).exists()

    def test_name_and_birthday_only_suggest(self, tree, ada):
        member = somebody(tree.l1, "曾国强")
        wrong = {**line(member, tree.l1), "公民身份号码": sheets.identity()}
        found = compared(
            ada,
            table({**wrong, "出生日期": "1980-01-01"}, headings=[*sheets.HEADINGS, "出生日期"]),
        )
        row = UpdateRow.objects.get(update_of=found, kind="SUGGESTED")
        assert row.member_id == member.pk
        assert "****" in str(row.fields["identity"])
        with pytest.raises(updates.NothingDecided):  # looked at one by one
            updates.decide(update=found, accept=True, row_ids=[], kind="", actor=ada)

    def test_category_is_reported_and_never_proposed(self, tree, ada):
        member = somebody(tree.l1, category=Category.PROBATIONARY, full_on=None)
        found = compared(ada, table({**line(member, tree.l1), "人员类别": "正式党员"}))
        assert kinds(found) == {}
        rules = [fault.rule for fault in update_report.load(found).faults]
        assert rules == ["category_differs"]

    def test_sealed_values_stand_masked_in_the_row(self, tree, ada):
        member = somebody(tree.l1)
        found = compared(ada, table(line(member, tree.l1, 联系电话="13911112222")))
        row = UpdateRow.objects.get(update_of=found)
        assert row.fields["phone"][1] == "139****2222"
        assert "13911112222" not in str(row.fields)

    def test_keeps_to_the_reach_of_who_hands_in(self, tree, ada):
        inside, outside = somebody(tree.l1, "曾国强"), somebody(tree.r1, "林晓")
        found = compared(
            admin(tree.left.path),
            table(line(inside, tree.l1, 学历="博士"), line(outside, tree.l1, 学历="博士")),
        )
        assert kinds(found) == {"CHANGE": 1}
        assert [one.rule for one in update_report.load(found).faults] == ["outside"]

    def test_is_invisible_to_another_unit(self, tree, ada, beta):
        compared(ada, table(line(somebody(tree.l1), tree.l1)))
        with unit_context(beta.id):
            assert not Update.objects.exists()
            assert not UpdateRow.objects.exists()

    def test_somebody_elses_file_is_not_found_in_a_part_of_the_unit(self, tree, ada):
        found = compared(ada, table(line(somebody(tree.l1), tree.l1)))
        with pytest.raises(selectors.UpdateNotFound):
            selectors.update_for(
                admin(tree.left.path), found.pk, to=OnboardingPermission.EXCHANGE_VIEW
            )


class TestBadFiles:
    def test_rows_that_break_rules_are_reported_cell_by_cell(self, tree, ada):
        member = somebody(tree.l1)
        bad = {**line(member, tree.l1), "公民身份号码": "320303198001010000"}
        found = compared(
            ada, table(bad, line(member, tree.l1, 学历="神童", 所在党支部="没有的支部"))
        )
        faults = {(one.row, one.column, one.rule) for one in update_report.load(found).faults}
        assert faults == {
            (2, "公民身份号码", "id_check_digit"),
            (3, "学历", "code_unknown"),
            (3, "所在党支部", "org_unknown"),
        }
        assert found.counts["refused"] == 2
        assert update_report.refused_workbook(found).startswith(b"PK")

    def test_a_file_without_the_sets_header_fails_with_words(self, tree, ada):
        found = compared(ada, "甲,乙\n1,2\n".encode())
        assert found.state == Update.State.FAILED
        assert "公民身份号码" in found.error

    @pytest.mark.parametrize(
        ("what", "name", "content", "code"),
        [
            ("member_2017", "a.txt", b"x", "roster_kind"),
            ("member_2017", "a.csv", b"", "roster_empty"),
            ("nothing", "a.csv", b"x", "exchange_set_unknown"),
            ("member_2017", "a.zip", b"PKx", "exchange_bundle_damaged"),
        ],
    )
    def test_what_cannot_be_read_is_refused_at_once(self, tree, ada, what, name, content, code):
        with pytest.raises(DomainError) as refused:
            update_sources.hand_in(what=what, filename=name, content=content, actor=ada, now=now())
        assert refused.value.code == code


class TestApplying:
    def test_writes_what_was_accepted_and_records_it(self, tree, ada):
        member = somebody(tree.l1)
        found = applied(
            compared(ada, table(line(member, tree.l1, 学历="博士", 联系电话="13911112222"))), ada
        )
        member.refresh_from_db()
        assert (member.education, member.phone_masked) == ("博士研究生", "139****2222")
        assert sealing.open_phone(member.phone_sealed) == "13911112222"
        assert member.version == 2
        event = Event.objects.get(code="member.corrected", subject_id=member.pk)
        assert event.data["changes"]["education"] == ["大学本科", "博士研究生"]
        assert "名册.csv" in event.data["reason"]
        assert found.state == Update.State.DONE
        assert Event.objects.filter(code="update.applied", subject_id=found.pk).exists()

    def test_refused_rows_change_nothing(self, tree, ada):
        first, second = somebody(tree.l1, "曾国强"), somebody(tree.l1, "林晓")
        found = compared(
            ada, table(line(first, tree.l1, 学历="博士"), line(second, tree.l1, 学历="博士"))
        )
        keep = UpdateRow.objects.get(update_of=found, member_id=second.pk)
        updates.decide(update=found, accept=True, row_ids=[], kind="", actor=ada)
        updates.decide(update=found, accept=False, row_ids=[keep.pk], kind="", actor=ada)
        updates.confirm(update=found, actor=ada, now=now())
        applying.apply(update_id=found.pk)
        second.refresh_from_db()
        assert second.education == "大学本科"

    def test_a_newcomer_enters_by_the_typed_event(self, tree, ada):
        row = {"姓名": "林晓", "公民身份号码": sheets.identity(), "人员类别": "正式党员",
               "所在党支部": tree.l1.name, "学历": "博士"}  # fmt: skip
        applied(compared(ada, table(row)), ada)
        member = Member.objects.get(name="林晓")
        assert (member.org_id, member.education) == (tree.l1.pk, "博士研究生")
        assert Change.objects.get(member=member).kind == "SUPPLEMENTED"

    def test_a_move_goes_through_the_moving_of_members(self, tree, ada):
        member = somebody(tree.l1)
        applied(compared(ada, table(line(member, tree.l2))), ada)
        member.refresh_from_db()
        assert member.org_id == tree.l2.pk
        assert Event.objects.filter(code="member.moved", subject_id=member.pk).exists()

    def test_a_suggestion_accepted_corrects_the_number(self, tree, ada):
        member, number = somebody(tree.l1), sheets.identity()
        row = {**line(member, tree.l1), "公民身份号码": number, "出生日期": "1980-01-01"}
        found = compared(ada, table(row, headings=[*sheets.HEADINGS, "出生日期"]))
        suggested = UpdateRow.objects.get(update_of=found, kind="SUGGESTED")
        updates.decide(update=found, accept=True, row_ids=[suggested.pk], kind="", actor=ada)
        updates.confirm(update=found, actor=ada, now=now())
        applying.apply(update_id=found.pk)
        member.refresh_from_db()
        assert sealing.open_identity(member.identity_sealed) == number

    def test_what_was_corrected_meanwhile_is_passed_over(self, tree, ada):
        member = somebody(tree.l1)
        found = compared(ada, table(line(member, tree.l1, 学历="博士")))
        sheets.corrected(member, ada, education="硕士研究生")
        applied(found, ada)
        member.refresh_from_db()
        row = UpdateRow.objects.get(update_of=found)
        assert (member.education, row.outcome) == ("硕士研究生", "STALE")

    def test_another_field_corrected_meanwhile_does_not_matter(self, tree, ada):
        member = somebody(tree.l1)
        found = compared(ada, table(line(member, tree.l1, 学历="博士")))
        sheets.corrected(member, ada, native_place="江苏徐州")
        applied(found, ada)
        member.refresh_from_db()
        assert (member.education, member.native_place) == ("博士研究生", "江苏徐州")

    def test_dates_that_cannot_be_are_refused_with_words(self, tree, ada):
        member = somebody(tree.l1)
        headings = [*sheets.HEADINGS, "转正日期"]
        found = compared(
            ada, table({**line(member, tree.l1), "转正日期": "2007-01-01"}, headings=headings)
        )
        applied(found, ada)
        row = UpdateRow.objects.get(update_of=found)
        assert row.outcome == "FAILED"
        assert "转正日期不能早于入党日期" in row.note

    @pytest.mark.parametrize(
        ("cell", "duty", "level"),
        [("高级工程师", "082", "副高级"), ("083", "083", "中级"), ("讲师", "", "中级"),
         ("1", "", "正高级")],
    )  # fmt: skip
    def test_a_professional_duty_is_read_as_duty_or_as_level(self, tree, ada, cell, duty, level):
        member, heading = somebody(tree.l1), "从事专业技术职务"
        sheets.corrected(member, ada, technical_duty="085")
        rows = table(line(member, tree.l1, **{heading: cell}), headings=[*sheets.HEADINGS, heading])
        found = applied(compared(ada, rows, what="member_base"), ada)
        member.refresh_from_db()
        assert (member.technical_duty, member.technical_post) == (duty, level)
        sheets.undone(found, ada)
        member.refresh_from_db()
        assert (member.technical_duty, member.technical_post) == ("085", "员级")

    def test_nothing_accepted_nothing_applied(self, tree, ada):
        found = compared(ada, table(line(somebody(tree.l1), tree.l1, 学历="博士")))
        with pytest.raises(updates.NothingAccepted):
            updates.confirm(update=found, actor=ada, now=now())

    def test_of_two_who_confirm_one_wins(self, tree, ada, dora):
        found = compared(ada, table(line(somebody(tree.l1), tree.l1, 学历="博士")))
        updates.decide(update=found, accept=True, row_ids=[], kind="", actor=ada)
        updates.confirm(update=found, actor=ada, now=now())
        with pytest.raises(updates.UpdateElsewhere):
            updates.confirm(update=found, actor=dora, now=now())


class TestResuming:
    def test_comparing_goes_on_from_the_last_chunk(self, tree, ada, monkeypatch):
        monkeypatch.setattr(comparing, "CHUNK", 2)
        members = [somebody(tree.l1, f"党员{n}") for n in "甲乙丙丁戊"]
        made = update_sources.hand_in(
            what="member_2017", filename="名册.csv", actor=ada, now=now(),
            content=table(*(line(one, tree.l1, 学历="博士") for one in members)),
        )  # fmt: skip
        _die_after(monkeypatch, comparing, "compare", calls=1)
        with pytest.raises(Killed):
            update_reading.read(update_id=made.pk)
        monkeypatch.undo()
        _free(made)
        update_reading.read(update_id=made.pk)
        made.refresh_from_db()
        assert (made.state, made.counts["rows"]) == (Update.State.REVIEW, 5)
        assert kinds(made) == {"CHANGE": 5}

    def test_applying_goes_on_and_does_nothing_twice(self, tree, ada, monkeypatch):
        members = [somebody(tree.l1, f"党员{n}") for n in "甲乙丙丁戊"]
        found = compared(ada, table(*(line(one, tree.l1, 学历="博士") for one in members)))
        updates.decide(update=found, accept=True, row_ids=[], kind="", actor=ada)
        updates.confirm(update=found, actor=ada, now=now())
        monkeypatch.setattr(applying, "CHUNK", 2)
        _die_after(monkeypatch, applying, "apply_chunk", calls=1)
        with pytest.raises(Killed):
            applying.apply(update_id=found.pk)
        monkeypatch.undo()
        _free(found)
        applying.apply(update_id=found.pk)
        found.refresh_from_db()
        assert found.state == Update.State.DONE
        assert {one.version for one in Member.objects.all()} == {2}
        assert Event.objects.filter(code="member.corrected").count() == 5

    def test_a_worker_that_lost_its_claim_writes_nothing(self, tree, ada):
        found = compared(ada, table(line(somebody(tree.l1), tree.l1, 学历="博士")))
        updates.decide(update=found, accept=True, row_ids=[], kind="", actor=ada)
        updates.confirm(update=found, actor=ada, now=now())
        states = (Update.State.APPLYING,)
        slow = update_claims.take(update_id=found.pk, states=states, now=now())
        later = now() + 2 * update_claims.LEASE
        assert update_claims.take(update_id=found.pk, states=states, now=later)
        with pytest.raises(update_claims.ClaimLost):
            applying.apply_chunk(slow, list(UpdateRow.objects.all()), actor=ada, now=now())
        assert Member.objects.get().education == "大学本科"


class TestRosters:
    def test_a_roster_of_any_shape_brings_members_up_to_date(self, tree, ada):
        member, absent = somebody(tree.l1, "曾国强"), somebody(tree.r1, "林晓")
        content = (
            "党员花名册\n"
            "序号,姓名,身份证号码,所在支部,学历,手机号\n"
            f"1,曾国强,{member.number},{tree.l2.name},研究生,13911112222\n"
        ).encode()
        found = compared(ada, content, what="ROSTER")
        assert kinds(found) == {"CHANGE": 1, "MOVE": 1, "MISSING": 1}
        row = UpdateRow.objects.get(update_of=found, kind="CHANGE")
        assert row.fields["education"][1] == "研究生"
        assert UpdateRow.objects.get(kind="MISSING").member_id == absent.pk


class Killed(BaseException):
    """Nothing in the code under test expects it, as nothing expects kill -9."""


def _die_after(monkeypatch, module, name: str, *, calls: int) -> None:
    """The worker dies in the call after ``calls`` of them."""
    real, made = getattr(module, name), []

    def dying(*args, **kwargs):
        if len(made) >= calls:
            raise Killed
        made.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, dying)


def _free(update: Update) -> None:
    """The dead worker's claim runs out."""
    Update.objects.filter(pk=update.pk).update(claimed_until=now() - dt.timedelta(seconds=1))
