"""Exchange files on their way out: complete, signed, masked unless two people said otherwise."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from dataclasses import replace

import pytest

from kernel.clock import now, today
from kernel.errors import Forbidden
from kernel.sheets.reading import open_book
from kernel.unit import unit_context
from onboarding.exchange import manifest, reading, sets
from onboarding.exchange.checking import Checker
from onboarding.permissions import OnboardingPermission
from onboarding.services import set_exporting
from onboarding.services.set_exporting import Order
from tenant_apps.audit.models import Event
from tenant_apps.members.models import ChangeKind, Export, Member
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.services import changes, set_orders
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.services import revising
from tenant_apps.organizations.services.sheets import sheet_of
from tests.factories.organizations import admin
from tests.factories.organizations import somebody as person
from tests.onboarding.exchange import sheets
from tests.onboarding.exchange.sheets import somebody
from tests.tenant_apps.admissions import walking

MEMBER_SETS = ("member_2017", "member_base", "member_soe")
ALL_SETS = (*MEMBER_SETS, "organization_2017", "organization_soe")


def taken(actor, order: Order) -> tuple[Export, manifest.Opened]:
    """Ordered and opened again."""
    export = set_exporting.request(order=order, actor=actor, now=now())
    content = set_orders.content_of(export=export, actor=actor, now=now())
    return export, manifest.open_bundle(content)


def lines(opened: manifest.Opened) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(opened.content.decode("utf-8-sig"))))


@pytest.fixture
def people(tree):
    """Three members with what the sets ask for."""
    made = [somebody(tree.l1, name) for name in ("曾国强", "林晓", "乌兰")]
    Member.objects.filter(name="乌兰").update(ethnicity="蒙古族", occupation="WORKER")
    Member.objects.filter(pk=made[0].pk).update(
        degree="硕士", technical_post="中级", staff_number="A001", occupation="MANAGER"
    )
    return made


class TestAcceptance:
    """H2: what we export passes our own validator without a single fault."""

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    @pytest.mark.parametrize("name", ALL_SETS)
    def test_every_set_passes_the_validator(self, people, ada, name, form):
        export, opened = taken(ada, Order(name, form))
        wanted = sets.named(name)
        book = open_book(opened.content, opened.file_name)
        header, records = reading.checked(book, wanted, today=today(), allow_masked=True)
        found = list(records)
        assert len(found) == export.total
        assert [fault for record in found for fault in record.faults] == []
        assert set(header.columns) == set(wanted.headings)
        assert header.unknown == ()

    @pytest.mark.parametrize("name", MEMBER_SETS)
    def test_a_full_export_can_be_read_back_and_changes_nothing(self, people, ada, dora, name):
        order = Order(name, "csv", is_full=True, reason="报送上级")
        export = set_exporting.request(order=order, actor=ada, now=now())
        set_exporting.decide(export=export, approve=True, note="", actor=dora, now=now())
        set_exporting.write(export_id=export.pk)
        export.refresh_from_db()
        content = set_orders.content_of(export=export, actor=ada, now=now())
        found = sheets.compared(ada, content, what=name, name=export.file_name)
        assert (found.state, sheets.kinds(found)) == ("REVIEW", {})
        assert found.counts["unchanged"] == 3
        assert found.counts["faults"] == 0


class TestSets:
    @pytest.mark.parametrize(
        ("name", "items"),
        [("member_2017", 16), ("member_base", 27), ("member_soe", 33), ("organization_2017", 10),
         ("organization_soe", 22), ("development", 18)],
    )  # fmt: skip
    def test_have_the_fields_that_their_sources_count(self, name, items):
        assert sets.named(name).items == items

    def test_codes_stand_beside_their_labels(self, people, ada):
        _, opened = taken(ada, Order("member_base", "csv"))
        row = next(one for one in lines(opened) if one["姓名"] == "乌兰")
        assert (row["民族代码"], row["民族"]) == ("02", "蒙古族")
        assert (row["学历代码"], row["学历"]) == ("21", "大学本科毕业")
        assert (row["性别代码"], row["性别"]) == ("1", "男")
        assert row["出生日期"] == "1980-01-01"

    def test_a_professional_duty_goes_before_its_level(self, people, ada):
        Member.objects.filter(name="林晓").update(technical_duty="083", technical_post="中级")
        _, opened = taken(ada, Order("member_soe", "csv"))
        cells = {
            one["姓名"]: (one["专业技术职务代码"], one["专业技术职务"]) for one in lines(opened)
        }
        assert cells == {"曾国强": ("3", "中级"), "林晓": ("083", "工程师"), "乌兰": ("", "")}

    def test_numbers_are_masked(self, people, ada):
        _, opened = taken(ada, Order("member_2017", "csv"))
        for row in lines(opened):
            assert "*" in row["公民身份号码"]
            assert row["联系电话"][3:7] == "****"
        assert not any(one.number.encode() in opened.content for one in people)

    def test_only_what_changed_since_with_the_departed_marked(self, people, ada):
        long_ago = now() - dt.timedelta(days=60)
        Member.objects.update(created_at=long_ago, updated_at=long_ago)
        gone = Member.objects.get(name="林晓")
        changes.leave(
            member=gone, kind=ChangeKind.DIED, on=today(), document="", reason="", actor=ada,
            now=now(),
        )  # fmt: skip
        order = Order("member_soe", "csv", since=today() - dt.timedelta(days=1))
        _, opened = taken(ada, order)
        (row,) = lines(opened)
        assert (row["姓名"], row["删除标识"], row["离开本系统类型"]) == ("林晓", "是", "死亡")

    def test_the_root_has_no_parent_but_zeros(self, tree, ada):
        _, opened = taken(ada, Order("organization_soe", "csv"))
        rows = {row["全称"]: row for row in lines(opened)}
        assert rows[tree.root.name]["上一级党组织唯一标识"] == "0" * 32
        assert rows[tree.l1.name]["上一级党组织唯一标识"] == tree.left.pk.hex

    def test_organisations_too_come_since_a_day(self, tree, ada):
        Organization.objects.update(created_at=now() - dt.timedelta(days=60))
        since = today() - dt.timedelta(days=1)
        revising.revise(
            organization=tree.r1,
            sheet=replace(sheet_of(tree.r1), short_name="新右一"),
            actor=ada,
            now=now(),
        )
        _, opened = taken(ada, Order("organization_soe", "csv", since=since))
        assert [row["简称"] for row in lines(opened)] == ["新右一"]

    def test_counts_members_and_names_the_secretary(self, tree, people, ada):
        Member.objects.filter(name="曾国强").update(posts="支部书记")
        _, opened = taken(ada, Order("organization_soe", "csv"))
        row = next(one for one in lines(opened) if one["全称"] == tree.l1.name)
        assert (row["党员人数"], row["书记"]) == ("3", "曾国强")

    def test_formulas_stay_texts(self, people, ada):
        Member.objects.filter(name="乌兰").update(workplace="x", household_place="=HYPERLINK(1)")
        _, opened = taken(ada, Order("member_base", "csv"))
        row = next(one for one in lines(opened) if one["姓名"] == "乌兰")
        assert row["户籍所在地"] == "'=HYPERLINK(1)"

    def test_keep_to_the_reach_of_who_asks(self, tree, people, ada):
        somebody(tree.r1, "外支部")
        _, opened = taken(admin(tree.left.path), Order("member_2017", "csv"))
        assert {row["姓名"] for row in lines(opened)} == {"曾国强", "林晓", "乌兰"}

    def test_nobody_nothing(self, tree, ada):
        with pytest.raises(set_exporting.NothingToExport):
            set_exporting.request(order=Order("member_2017", "csv"), actor=ada, now=now())


class TestDevelopment:
    def test_people_on_their_way_pass_the_validator_too(self, alpha, ada):
        world = walking.scene()
        walking.opened(world)
        export, opened = taken(ada, Order("development", "csv"))
        book = open_book(opened.content, opened.file_name)
        _, records = reading.checked(
            book, sets.named("development"), today=today(), allow_masked=True
        )
        found = list(records)
        assert [fault for record in found for fault in record.faults] == []
        (row,) = lines(opened)
        assert (export.total, row["申请入党日期"], row["人员类型"]) == (
            1,
            "2025-01-31",
            "入党申请人",
        )
        assert "*" in row["公民身份号码"]


class TestManifest:
    def test_tells_versions_digests_and_who_made_it(self, people, ada, alpha):
        export, opened = taken(ada, Order("member_2017", "csv"))
        told = opened.manifest
        assert told["unit"]["name"] == alpha.name
        assert (told["rows"], told["numbers"]) == (3, "masked")
        assert f"代码{told['dictionary']}" in export.file_name
        assert len(told["file"]["sha256"]) == len(told["file"]["sm3"]) == 64
        assert opened.is_own
        assert not opened.is_elsewhere

    @pytest.mark.parametrize("part", ["data", "manifest", "signature"])
    def test_what_was_changed_is_refused(self, people, ada, part):
        export = set_exporting.request(order=Order("member_2017", "csv"), actor=ada, now=now())
        content = set_orders.content_of(export=export, actor=ada, now=now())
        with pytest.raises(manifest.BundleDamaged):
            manifest.open_bundle(_tampered(content, part))

    def test_another_unit_knows_that_it_is_not_its_own(self, people, ada, beta):
        export = set_exporting.request(order=Order("member_2017", "csv"), actor=ada, now=now())
        content = set_orders.content_of(export=export, actor=ada, now=now())
        with unit_context(beta.id):
            assert not manifest.open_bundle(content).is_own


class TestTwoPersons:
    def order(self) -> Order:
        return Order("member_2017", "csv", is_full=True, reason="报送上级组织部门")

    def test_full_numbers_wait_for_a_second_administrator(self, people, ada, dora):
        export = set_exporting.request(order=self.order(), actor=ada, now=now())
        set_exporting.write(export_id=export.pk)  # whoever calls it: nothing is written
        export.refresh_from_db()
        assert export.state == Export.State.AWAITING
        with pytest.raises(set_orders.SetNotReady):
            set_orders.content_of(export=export, actor=ada, now=now())
        set_exporting.decide(export=export, approve=True, note="同意", actor=dora, now=now())
        set_exporting.write(export_id=export.pk)
        export.refresh_from_db()
        opened = manifest.open_bundle(set_orders.content_of(export=export, actor=ada, now=now()))
        assert {row["公民身份号码"] for row in lines(opened)} == {one.number for one in people}
        codes = set(Event.objects.filter(subject_id=export.pk).values_list("code", flat=True))
        assert codes == {"exchange.ordered", "exchange.approved", "exchange.taken"}
        assert Event.objects.filter(code="members.exported_in_full").count() == 3

    def test_nobody_approves_the_own_order(self, people, ada):
        export = set_exporting.request(order=self.order(), actor=ada, now=now())
        with pytest.raises(set_orders.OwnOrder):
            set_exporting.decide(export=export, approve=True, note="", actor=ada, now=now())

    def test_a_refusal_stays(self, people, ada, dora):
        export = set_exporting.request(order=self.order(), actor=ada, now=now())
        set_exporting.decide(export=export, approve=False, note="范围过大", actor=dora, now=now())
        export.refresh_from_db()
        assert export.state == Export.State.REFUSED
        with pytest.raises(set_orders.OrderDecided):
            set_exporting.decide(export=export, approve=True, note="", actor=dora, now=now())

    def test_a_reason_is_asked_for(self, people, ada):
        order = Order("member_2017", "csv", is_full=True, reason="要")
        with pytest.raises(set_orders.SetReasonNeeded):
            set_exporting.request(order=order, actor=ada, now=now())

    def test_only_who_asked_takes_it_and_for_seven_days(self, people, ada, dora):
        export = set_exporting.request(order=Order("member_2017", "csv"), actor=ada, now=now())
        with pytest.raises(set_orders.SetGone):
            set_orders.content_of(export=export, actor=dora, now=now())
        with pytest.raises(set_orders.SetGone):
            set_orders.content_of(export=export, actor=ada, now=sheets.days_later(8))

    def test_a_secretary_has_no_exchange(self, tree, people, ada):
        export = set_exporting.request(order=Order("member_2017", "csv"), actor=ada, now=now())
        clerk = person(("secretary", tree.l1.path))
        with pytest.raises(Forbidden):
            selectors.order_for(clerk, export.pk, to=OnboardingPermission.EXCHANGE_VIEW)

    def test_is_invisible_to_another_unit(self, people, ada, beta):
        set_exporting.request(order=Order("member_2017", "csv"), actor=ada, now=now())
        with unit_context(beta.id):
            assert not Export.objects.exists()


class TestMappings:
    def test_an_unknown_set_or_mapping_is_refused(self):
        with pytest.raises(sets.UnknownSet):
            sets.named("nothing")
        with pytest.raises(sets.UnknownSet):
            sets.named("member_2017", mapping="../2026.1")

    def test_fields_lead_to_known_tables_and_columns(self):
        for one in sets.for_subject("member", "organization", "applicant", "master"):
            for field in one.fields:
                assert field.table is None or field.table.entries
                if field.fills and field.fills not in ("phone", "address"):
                    Member._meta.get_field(field.fills)
            assert len(set(one.headings)) == len(one.headings), one.name

    def test_checker_reads_the_dates_of_the_rulebook(self):
        checker = Checker(sets.named("member_2017"), today=dt.date(2026, 11, 22), allow_masked=True)
        for text in ("2008-07-01", "20080701", "2008.07.01"):
            record = checker.read(1, {"加入党组织日期": text})
            assert record.values["joined_on"] == dt.date(2008, 7, 1)
        for text in ("2008-7-1", "2008-13-01", "01/07/2008", "2008-0701", "2027-01-01"):
            faults = checker.read(1, {"加入党组织日期": text}).faults
            assert {f.rule for f in faults if f.column == "加入党组织日期"} <= {
                "date_format", "date_future",
            }  # fmt: skip
            assert any(fault.column == "加入党组织日期" for fault in faults)


def _tampered(content: bytes, part: str) -> bytes:
    """The bundle with one byte of a part changed, packed again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if part == "data" and name.endswith(".csv"):
                body = body.replace("大学本科".encode(), "大学专科".encode(), 1)
            elif part == "manifest" and name == "manifest.json":
                body = body.replace(b'"rows": 3', b'"rows": 2')
            elif part == "signature" and name == "signature.json":
                signed = json.loads(body)
                signed["signature"] = signed["signature"][::-1]
                body = json.dumps(signed).encode()
            new.writestr(name, body)
    return out.getvalue()
