"""Organisation sets and the development set held against what is there (rulebook 8.2 to 8.4)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace

import pytest

from kernel.clock import now
from kernel.unit import unit_context
from onboarding.exchange import sets
from onboarding.services import set_exporting, update_report
from onboarding.services.set_exporting import Order
from tenant_apps.admissions.models import Case
from tenant_apps.audit.models import Event
from tenant_apps.members.models import UpdateRow
from tenant_apps.members.services import set_orders
from tenant_apps.organizations.models import Organization, Workplace
from tenant_apps.organizations.services import revising
from tenant_apps.organizations.services.sheets import sheet_of
from tests.factories.organizations import admin
from tests.onboarding.exchange import sheets
from tests.onboarding.exchange.sheets import applied, compared, kinds, somebody, undone

SOE, D2017, CASES = "organization_soe", "organization_2017", "development"


def file_of(name: str, *rows: dict[str, object]) -> bytes:
    """A CSV with every column of the set."""
    text = io.StringIO()
    writer = csv.DictWriter(text, sets.named(name).headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def org_row(org: Organization, **other: object) -> dict[str, object]:
    """What the SOE set says of an organisation that is there."""
    parent = org.parent_id.hex if org.parent_id else "0" * 32
    return {
        "集团党组织唯一标识": org.pk.hex, "上一级党组织唯一标识": parent, "全称": org.name,
        "简称": org.short_name, "组织类别代码": org.kind, "党员人数": 0, "删除标识": "否",
        "更新时间戳": "2026-11-01 08:00:00", **other,
    }  # fmt: skip


def whole(tree, **changed: dict[str, object]) -> bytes:
    """The whole tree; ``changed`` by short name."""
    orgs = Organization.objects.order_by("path")
    return file_of(SOE, *(org_row(org, **changed.get(org.short_name, {})) for org in orgs))


def reported(update) -> list[str]:
    return sorted(one.rule for one in update_report.load(update).faults)


class TestOrganisations:
    def test_our_own_file_changes_nothing(self, tree, ada):
        export = set_exporting.request(order=Order(SOE, "xlsx"), actor=ada, now=now())
        content = set_orders.content_of(export=export, actor=ada, now=now())
        found = compared(ada, content, what=SOE, name=export.file_name)
        assert (found.state, kinds(found), found.counts["faults"]) == ("REVIEW", {}, 0)
        assert found.counts["unchanged"] == export.total

    def test_what_is_written_is_applied_recorded_and_taken_back(self, tree, ada):
        content = whole(
            tree, l1={"联系人": "孙志远", "联系电话": "0516-83700001", "简称": "一支部"}
        )
        found = compared(ada, content, what=SOE)
        row = UpdateRow.objects.get(update_of=found, kind="CHANGE")
        assert row.fields["contact"] == ["", "孙志远"]
        assert "83700001" not in str(row.fields)
        applied(found, ada)
        tree.l1.refresh_from_db()
        assert (tree.l1.contact, tree.l1.short_name) == ("孙志远", "一支部")
        assert tree.l1.contact_phone_masked.endswith("0001")
        assert Event.objects.filter(code="organization.revised", subject_id=tree.l1.pk).exists()
        undone(found, ada)
        tree.l1.refresh_from_db()
        assert (tree.l1.contact, tree.l1.short_name) == ("", "l1")

    def test_what_people_resolve_on_is_only_reported(self, tree, ada):
        content = whole(
            tree,
            l1={"上一级党组织唯一标识": tree.right.pk.hex},
            l2={"组织类别代码": "JOINT_BRANCH"},
            r1={"删除标识": "是"},
        )
        found = compared(ada, content, what=SOE)
        assert kinds(found) == {}
        assert reported(found) == ["ended_in_file", "kind_differs", "parent_differs"]

    def test_new_ones_are_founded_parents_first_and_taken_back(self, tree, ada):
        general, branch = "a" * 32, "b" * 32
        below = {
            "集团党组织唯一标识": branch, "上一级党组织唯一标识": general, "全称": "中共新设支部",
            "组织类别": "党支部", "批准成立的上级党组织全称": "中共root", "删除标识": "否",
            "更新时间戳": "2026-11-01 08:00:00",
        }  # fmt: skip
        above = {
            **below, "集团党组织唯一标识": general, "全称": "中共新设总支", "组织类别": "党总支",
            "上一级党组织唯一标识": tree.root.pk.hex,
        }  # fmt: skip
        rows = [org_row(org) for org in Organization.objects.order_by("path")]
        found = compared(ada, file_of(SOE, *rows, below, above), what=SOE)
        assert kinds(found) == {"NEW": 2}
        applied(found, ada)
        made = Organization.objects.get(name="中共新设支部")
        assert made.parent.name == "中共新设总支"
        assert made.path.startswith(tree.root.path)
        undone(found, ada)
        assert not Organization.objects.filter(name__contains="新设", ended_on=None).exists()

    def test_one_without_a_place_is_reported(self, tree, ada):
        lost = {**org_row(tree.l1), "集团党组织唯一标识": "c" * 32, "全称": "中共无处支部",
                "上一级党组织唯一标识": "d" * 32}  # fmt: skip
        found = compared(ada, file_of(SOE, lost), what=SOE)
        assert reported(found) == ["parent_unknown"]
        assert kinds(found) == {"MISSING": Organization.objects.count()}

    def test_a_unit_behind_it_is_entered(self, tree, ada):
        row = {"党组织名称": tree.l1.name, "组织类别": "党支部", "单位名称": "徐州机械有限公司",
               "单位性质": "国有企业"}  # fmt: skip
        found = applied(compared(ada, file_of(D2017, row), what=D2017), ada)
        assert Workplace.objects.get(org=tree.l1).nature == "国有企业"
        undone(found, ada)
        assert not Workplace.objects.exists()

    def test_what_was_revised_meanwhile_is_passed_over(self, tree, ada):
        found = compared(ada, whole(tree, l1={"联系人": "孙志远"}), what=SOE)
        revising.revise(
            organization=tree.l1,
            sheet=replace(sheet_of(tree.l1), contact="林晓"),
            actor=ada,
            now=now(),
        )
        applied(found, ada)
        tree.l1.refresh_from_db()
        assert tree.l1.contact == "林晓"
        assert UpdateRow.objects.get(update_of=found, kind="CHANGE").outcome == "STALE"

    def test_cells_that_break_a_rule_are_reported(self, tree, ada):
        found = compared(ada, whole(tree, l1={"组织类别代码": "神仙会"}), what=SOE)
        assert reported(found) == ["code_unknown"]
        assert found.counts["refused"] == 1

    def test_keeps_to_the_reach_and_to_the_unit(self, tree, ada, beta):
        content = whole(tree, r1={"联系人": "孙志远"})
        found = compared(admin(tree.left.path), content, what=SOE)
        assert "CHANGE" not in kinds(found)
        with unit_context(beta.id):
            assert not UpdateRow.objects.exists()


def applicant_row(tree, **other: object) -> dict[str, object]:
    return {
        "姓名": "方晓", "公民身份号码": sheets.identity("19950203"), "申请入党日期": "2026-03-01",
        "接受申请党组织": tree.l1.name, "人员类型": "入党申请人", "工作单位及职务": "质检员",
        **other,
    }  # fmt: skip


class TestApplicants:
    def test_an_application_is_taken_over_and_taken_back(self, tree, ada):
        row = applicant_row(tree)
        found = applied(compared(ada, file_of(CASES, row), what=CASES), ada)
        case = Case.objects.get()
        assert (case.name, case.org_id, case.workplace) == ("方晓", tree.l1.pk, "质检员")
        assert case.applied_on == dt.date(2026, 3, 1)
        assert Event.objects.filter(code="admission.opened", subject_id=case.pk).exists()
        assert str(row["公民身份号码"]) not in str(UpdateRow.objects.get().fields)
        again = compared(ada, file_of(CASES, {**row, "工作单位及职务": "班长"}), what=CASES)
        assert kinds(again) == {"CHANGE": 1}
        applied(again, ada)
        case.refresh_from_db()
        assert case.workplace == "班长"
        undone(again, ada)
        undone(found, ada)
        case.refresh_from_db()
        assert (case.workplace, case.state) == ("质检员", "WITHDRAWN")

    def test_steps_are_reported_never_taken_over(self, tree, ada):
        row = applicant_row(tree)
        applied(compared(ada, file_of(CASES, row), what=CASES), ada)
        told = {**row, "人员类型": "入党积极分子", "确定入党积极分子日期": "2026-09-01",
                "接受申请党组织": tree.l2.name, "申请入党日期": "2026-02-01"}  # fmt: skip
        found = compared(ada, file_of(CASES, told), what=CASES)
        assert kinds(found) == {}
        assert reported(found) == [
            "applied_differs", "branch_differs", "stage_day_differs", "stage_differs",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("other", "rule"),
        [
            ({"人员类型": "正式党员"}, "member_by_now"),
            ({"删除标识": "是"}, "case_ended_in_file"),
            ({"接受申请党组织": "没有的支部"}, "org_unknown"),
        ],
    )
    def test_who_is_no_applicant_here_is_reported(self, tree, ada, other, rule):
        found = compared(ada, file_of(CASES, applicant_row(tree, **other)), what=CASES)
        assert (kinds(found), reported(found)) == ({}, [rule])

    def test_a_member_of_the_unit_is_refused_in_words(self, tree, ada):
        member = somebody(tree.l1, "方晓")
        row = applicant_row(tree, 公民身份号码=member.number)
        applied(compared(ada, file_of(CASES, row), what=CASES), ada)
        refused = UpdateRow.objects.get(kind="NEW")
        assert refused.outcome == "FAILED"
        assert "党员名册" in refused.note

    def test_open_cases_that_the_file_leaves_out_are_listed(self, tree, ada):
        applied(compared(ada, file_of(CASES, applicant_row(tree)), what=CASES), ada)
        found = compared(ada, file_of(CASES, applicant_row(tree, 姓名="苗青")), what=CASES)
        assert kinds(found) == {"NEW": 1, "MISSING": 1}
