"""The audit: what adds up says so, what does not is named with its line."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenant_apps.insight.models import Line
from tenant_apps.insight.selectors import checks
from tenant_apps.insight.selectors.axes import Item, Sum, Table
from tenant_apps.insight.selectors.sheets import Cell, Sheet
from tenant_apps.members.models import Change, Member
from tests.factories.members import make_member
from tests.factories.organizations import NOW
from tests.tenant_apps.insight.conftest import MORE_THAN_A_YEAR_ON, sheets_at, take
from tests.tenant_apps.insight.test_taking import turn

A_YEAR_BEFORE = MORE_THAN_A_YEAR_ON - dt.timedelta(days=365)


def late(found):
    return [check.title for check in found if check.mark == "late"]


class TestWholeUnit:
    def test_comes_out_even_for_any_crowd(self, crowd):
        sheets = sheets_at(take())
        found = checks.all_checks(sheets)
        assert len(found) > 25
        assert late(found) == []

    def test_comes_out_even_for_a_part_of_the_tree(self, crowd):
        assert late(checks.all_checks(sheets_at(take(), crowd.left))) == []

    def test_names_a_line_that_does_not_add_up(self, crowd):
        snapshot = take()
        Line.objects.filter(source="APPRAISAL", code="优秀").update(code="特别优秀")
        found = [one for one in checks.inside(sheets_at(snapshot)[8]) if one.mark == "late"]
        assert [one.title for one in found] == ["等次各列相加等于参加评议"]
        assert "合计" in found[0].text


class TestTwoYears:
    """members(this) = members(last) + increases − decreases (rulebook 7.1)."""

    def year_before(self, tree):
        people = [make_member(tree.l1) for _ in range(4)] + [make_member(tree.r1)]
        return people, take(2025, now=A_YEAR_BEFORE)

    def balance(self, sheets):
        return next(one for one in checks.between(sheets) if one.title == "两年党员数相衔接")

    def test_is_not_claimed_without_the_year_before(self, crowd):
        check = self.balance(sheets_at(take()))
        assert check.mark == "open"
        assert "没有上年的年报快照" in check.text

    def test_holds_for_what_came_and_went(self, tree):
        people, _ = self.year_before(tree)
        for member, kind in zip(people, ("DIED", "TRANSFERRED_OUT", "SUSPENDED"), strict=False):
            turn(member, kind, dt.date(2026, 3, 1), was_counted=True)
            Member.objects.filter(pk=member.pk).update(is_active=False)
        turn(make_member(tree.l2), "ADMITTED", dt.date(2026, 5, 1))
        turn(make_member(tree.l2), "TRANSFERRED_IN", dt.date(2026, 6, 1))
        sheets = sheets_at(take())
        table = sheets[1]
        rows = ("before", "grown", "ADMITTED", "shrunk", "DIED", "now", "change")
        assert [table.value(row, "all") for row in rows] == [5, 2, 1, 3, 1, 4, -1]
        assert self.balance(sheets).mark == "ok"

    def test_does_not_count_twice_who_was_removed_from_suspension(self, tree):
        people, _ = self.year_before(tree)
        turn(people[0], "SUSPENDED", dt.date(2026, 1, 5), was_counted=True)
        turn(people[0], "REMOVED", dt.date(2026, 11, 5), was_counted=False)
        Member.objects.filter(pk=people[0].pk).update(is_active=False)
        sheets = sheets_at(take())
        assert sheets[1].value("shrunk", "all") == 1
        assert (sheets[10].value("all", "all"), sheets[10].value("all", "rested")) == (1, 1)
        assert sheets[11].value("STILL_LOST", "all") == 1
        assert late(checks.all_checks(sheets)) == []

    def test_breaks_where_somebody_vanished_without_an_event(self, tree):
        people, _ = self.year_before(tree)
        Member.objects.filter(pk=people[0].pk).update(is_active=False)
        check = self.balance(sheets_at(take()))
        assert (check.mark, check.left, check.right) == ("late", 5, 4)

    def test_tells_moves_inside_the_unit_for_a_part_of_the_tree(self, tree):
        people, _ = self.year_before(tree)
        Member.objects.filter(pk=people[0].pk).update(org=tree.r1, org_path=tree.r1.path)
        snapshot = take()
        left, right = sheets_at(snapshot, tree.left), sheets_at(snapshot, tree.right)
        assert left[1].value("inside_out", "all") == right[1].value("inside_in", "all") == 1
        assert self.balance(left).mark == self.balance(right).mark == "ok"
        assert sheets_at(snapshot)[1].value("inside_in", "all") == 0

    def test_counts_a_transfer_inside_the_unit_once(self, tree):
        people, _ = self.year_before(tree)
        turn(people[0], "TRANSFERRED_OUT", dt.date(2026, 3, 1), was_counted=True)
        Member.objects.filter(pk=people[0].pk).update(org=tree.r1, org_path=tree.r1.path)
        people[0].refresh_from_db()
        turn(people[0], "TRANSFERRED_IN", dt.date(2026, 3, 2))
        snapshot = take()
        for org in (tree.left, tree.right, None):
            sheets = sheets_at(snapshot, org)
            assert self.balance(sheets).mark == "ok"
            assert sheets[1].value("inside_in", "all") == 0

    def test_takes_the_filed_one_of_the_year_before(self, tree):
        _, filed = self.year_before(tree)
        filed.state, filed.filed_at = "FILED", NOW
        filed.save()
        make_member(tree.l1)
        take(2025, now=A_YEAR_BEFORE)
        assert sheets_at(take())[1].value("before", "all") == 5
        assert Change.objects.count() == 0


TABLE = Table(
    99,
    "无",
    rows=(Item("all", "合计"), Item("a", "甲", part="x"), Item("b", "乙", part="x")),
    columns=(Item("all", "合计"), Item("other", "其他")),
    sums=(Sum("rows", "x"),),
    basis="。",
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(*[st.integers(0, 9)] * 6))
def test_a_sum_holds_exactly_where_every_line_adds_up(numbers):
    pairs = [Cell(value) for value in numbers]
    cells = {
        row: {"all": pairs[2 * place], "other": pairs[2 * place + 1]}
        for place, row in enumerate(("all", "a", "b"))
    }
    (check,) = checks.inside(Sheet(TABLE, cells))
    even = all(
        cells["a"][column].value + cells["b"][column].value == cells["all"][column].value
        for column in ("all", "other")
    )
    assert check.holds is even


@pytest.mark.parametrize(
    ("left", "right", "at_most", "mark"),
    [(3, 3, False, "ok"), (2, 3, False, "late"), (2, 3, True, "ok"), (4, 3, True, "late"),
     (None, 3, False, "late")],
)  # fmt: skip
def test_a_check_compares_its_sides(left, right, at_most, mark):
    check = checks.Check(1, "无", left, right, "", at_most=at_most)
    assert check.mark == mark
    assert replace(check, is_open=True).mark == "open"
