"""An update taken back: old values return, what happened since stays, files are forgotten."""

from __future__ import annotations

import pytest

from kernel.clock import now
from onboarding.services import update_report, update_sources
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Member, Update, UpdateRow
from tenant_apps.members.services import moving, updates
from tests.onboarding.exchange import sheets
from tests.onboarding.exchange.sheets import applied, compared, corrected, line, somebody, table


class TestUndoing:
    def test_puts_old_values_back(self, tree, ada):
        member = somebody(tree.l1)
        before = member.phone_masked
        found = applied(
            compared(ada, table(line(member, tree.l2, 学历="博士", 联系电话="13911112222"))), ada
        )
        sheets.undone(found, ada)
        member.refresh_from_db()
        assert (member.education, member.phone_masked) == ("大学本科", before)
        assert member.org_id == tree.l1.pk
        assert found.state == Update.State.UNDONE
        assert Event.objects.filter(code="update.undone", subject_id=found.pk).exists()

    def test_keeps_what_was_corrected_since(self, tree, ada):
        member = somebody(tree.l1)
        found = applied(
            compared(ada, table(line(member, tree.l1, 学历="博士", 工作岗位="学生"))), ada
        )
        corrected(member, ada, education="硕士研究生")
        sheets.undone(found, ada)
        member.refresh_from_db()
        assert (member.education, member.occupation) == ("硕士研究生", "")
        assert "部分项目" in UpdateRow.objects.get(update_of=found).note

    def test_a_newcomer_counts_no_longer(self, tree, ada):
        row = {"姓名": "林晓", "公民身份号码": sheets.identity(), "人员类别": "正式党员",
               "所在党支部": tree.l1.name}  # fmt: skip
        found = applied(compared(ada, table(row)), ada)
        sheets.undone(found, ada)
        assert not Member.objects.get(name="林晓").is_active

    def test_somebody_who_moved_on_stays(self, tree, ada):
        member = somebody(tree.l1)
        found = applied(compared(ada, table(line(member, tree.l2))), ada)
        moving.move(members=[member], org=tree.r1, actor=ada, now=now())
        sheets.undone(found, ada)
        member.refresh_from_db()
        assert member.org_id == tree.r1.pk
        assert UpdateRow.objects.get(update_of=found).outcome == "KEPT"

    def test_is_refused_after_seven_days(self, tree, ada):
        found = applied(compared(ada, table(line(somebody(tree.l1), tree.l1, 学历="博士"))), ada)
        with pytest.raises(updates.UndoTooLate):
            updates.undo(update=found, actor=ada, now=sheets.days_later(8))

    def test_clearing_forgets_files_and_numbers(self, alpha, tree, ada):
        found = applied(
            compared(ada, table(line(somebody(tree.l1), tree.l1, 联系电话="13911112222"))), ada
        )
        assert update_sources.clear(unit_id=alpha.id, now=sheets.days_later(3)) == 0
        assert update_sources.clear(unit_id=alpha.id, now=sheets.days_later(8)) == 1
        found.refresh_from_db()
        assert found.source_key == found.report_key == ""
        assert UpdateRow.objects.get(update_of=found).sealed is None

    def test_discarding_leaves_the_files_of_members_alone(self, tree, ada):
        member = somebody(tree.l1)
        found = compared(ada, table(line(member, tree.l1, 学历="博士")))
        update_sources.discard(update=found, actor=ada, now=now())
        assert not UpdateRow.objects.exists()
        member.refresh_from_db()
        assert member.education == "大学本科"
        with pytest.raises(update_report.ReportGone):
            found.refresh_from_db()
            update_report.load(found)
