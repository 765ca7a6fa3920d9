"""Daily figures say what the ledger says; balances, movements and publications follow from them."""

import datetime as dt

import pytest

from kernel.clock import Month
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.selectors import balances as summed
from tenant_apps.treasury.models import Books, Day
from tenant_apps.treasury.selectors import publications
from tenant_apps.treasury.selectors.balances import movement, turnovers
from tenant_apps.treasury.selectors.checks import checks, differing_figures
from tenant_apps.treasury.selectors.lines import (
    LineNotFound,
    Wanted,
    line_for,
    lines_visible_to,
    number_of,
)
from tenant_apps.treasury.selectors.three import three_accounts
from tenant_apps.treasury.services import folding, publishing, vouchers
from tests.factories.dues import as_member, make_owing_member
from tests.factories.organizations import somebody
from tests.tenant_apps.treasury.conftest import DAY, NOON, A, B, collect
from tests.tenant_apps.treasury.test_vouchers import approved, income

LATER = dt.timedelta(hours=2)
BEFORE = dt.timedelta(days=40)


def trial(actor, first=DAY, last=DAY, **more):
    found = turnovers(actor, first, last, **more)
    return {row.account: (row.opening_fen, row.debit_fen, row.credit_fen) for row in found}


def figures(actor):
    return {row.account: row.closing_fen for row in turnovers(actor, DAY, DAY)}


class TestFolding:
    def test_changes_no_balance_whenever_it_runs(self, people):
        collect("000100010001", 500, number=2, at=NOON - BEFORE)
        said = trial(people.ann)
        wanted = {row.account: row.balance_fen for row in summed()}
        assert figures(people.ann) == wanted
        real = dt.datetime.now(dt.UTC)
        assert folding.fold(now=real) == 0
        assert folding.fold(now=real + LATER) == 4
        assert folding.fold(now=real + LATER) == 0
        assert trial(people.ann) == said
        assert said["4001"] == (-500, 0, A + B)
        assert differing_figures() == 0

    def test_what_comes_after_the_mark_is_counted_once(self, people):
        Books.objects.all().delete()
        real = dt.datetime.now(dt.UTC)
        folding.fold(now=real + dt.timedelta(hours=1))
        collect("000100010001", 700, number=3, at=NOON - BEFORE)
        assert figures(people.ann)["4001"] == -(A + B + 700)
        folding.fold(now=real + LATER)
        assert figures(people.ann)["4001"] == -(A + B + 700)

    def test_a_wrong_figure_is_found_and_put_right(self, people, alpha):
        real = dt.datetime.now(dt.UTC)
        folding.fold(now=real + LATER)
        Day.objects.filter(account="4001").update(credit_fen=1)
        assert differing_figures() == 1
        folding.fold_unit(unit_id=alpha.id, now=real + LATER)
        assert differing_figures() == 0
        assert figures(people.ann)["4001"] == -(A + B)


class TestBooks:
    def test_part_of_the_unit_sees_its_part(self, people, beta):
        branch = somebody(("treasurer", "000100010001"))
        assert trial(branch)["4001"] == (0, 0, A)
        assert trial(people.ann, below="000100010002")["4001"] == (0, 0, B)
        assert trial(branch, below="000100010002") == {}
        (line,) = lines_visible_to(branch, Wanted())
        other = lines_visible_to(people.ann, Wanted(below="000100010002")).get()
        with pytest.raises(LineNotFound):
            line_for(branch, other.pk)
        with unit_context(beta.id):
            assert trial(somebody(("treasurer", ""))) == {}
        assert line.amount_fen == A

    def test_lines_are_found_by_what_is_written_on_them(self, people):
        made = income(people)
        found = lines_visible_to(people.ann, Wanted(text="12.34")).get()
        assert found.pk == made.line_id
        number = number_of(found.pk, found.at)
        assert lines_visible_to(people.ann, Wanted(text=number)).get() == found
        assert lines_visible_to(people.ann, Wanted(text="利息")).get() == found
        assert lines_visible_to(people.ann, Wanted(account="4004")).get() == found
        assert not lines_visible_to(people.ann, Wanted(month=Month(202001))).exists()
        assert lines_visible_to(people.ann, Wanted(kind="in")).count() == 3
        assert not lines_visible_to(people.ann, Wanted(kind="out")).exists()

    def test_the_month_ends_with_what_the_accounts_hold(self, people):
        income(people)
        vouchers.pay(voucher=approved(people), actor=people.cas, now=NOON)
        rows = turnovers(people.ann, DAY.replace(day=1), DAY)
        moved = movement(rows)
        assert (moved.collected_fen, moved.interest_fen, moved.spent_fen) == (A + B, 1_234, 10_000)
        assert moved.closing_fen == A + B + 1_234 - 10_000
        assert moved.closing_fen == sum(r.closing_fen for r in rows if r.account[0] in "12")
        assert [one.code for one in checks(people.ann) if not one.holds] == []

    def test_the_three_accounts_agree_with_bills_and_ledger(self, people):
        make_owing_member(path="000100010001")
        vouchers.pay(voucher=approved(people), actor=people.cas, now=NOON)
        found = three_accounts(people.cas, Month.of(DAY))
        assert found.spent_fen == 10_000 == found.uses[0].year_fen
        assert found.year.closing_fen == found.lies_fen - found.owed_fen
        assert found.arrears_fen == sum(m.totals.unpaid_fen for m in found.months)


class TestPublication:
    def test_is_frozen_commented_and_answered(self, people, alpha):
        cleo = as_member(make_owing_member(path="000100010001"))
        dora = as_member(make_owing_member(path="000100010002", name="朵拉"))
        made = publishing.publish(year=DAY.year, note="请监督", actor=people.ada, now=NOON)
        with pytest.raises(publishing.AlreadyPublished):
            publishing.publish(year=DAY.year, note="", actor=people.ada, now=NOON)
        collect("000100010001", 999, number=9)
        shown = publications.published_for(cleo, DAY.year)
        assert shown.figures["movement"]["collected_fen"] == A + B
        said = publishing.comment(publication=shown, text="培训费用在哪里？", actor=cleo, now=NOON)
        assert publications.comments_for_member(dora, shown) == []
        publishing.answer(
            comment=said, text="见支出明细", is_shown=True, actor=people.ann, now=NOON
        )
        (seen,) = publications.comments_for_member(dora, shown)
        assert (seen.text, seen.answer, seen.is_own) == ("培训费用在哪里？", "见支出明细", False)
        with pytest.raises(publishing.CommentRefused):
            publishing.comment(publication=shown, text=" ", actor=cleo, now=NOON)
        publishing.withdraw(year=DAY.year, reason="漏记一笔", actor=people.ada, now=NOON)
        with pytest.raises(publications.PublicationNotFound):
            publications.published_for(cleo, DAY.year)
        assert [e.code for e in audit.events_about(made.pk)].count("treasury.published") == 1

    def test_the_future_is_not_published(self, people):
        with pytest.raises(publishing.NotAYear):
            publishing.publish(year=DAY.year + 1, note="", actor=people.ada, now=NOON)
        with pytest.raises(publishing.NotPublished):
            publishing.withdraw(year=2020, reason="没有公示过", actor=people.ada, now=NOON)
