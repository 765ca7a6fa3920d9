"""Sweep and return through the tree: the vectors of rulebook 10.4 in the books, and their way."""

import pytest
from django.db import IntegrityError, transaction

from kernel.errors import Forbidden
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.selectors import balance
from tenant_apps.dues.selectors.books import standings
from tenant_apps.treasury.models import SweepLine, SweepRun
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import sweeps
from tenant_apps.treasury.selectors.checks import checks
from tenant_apps.treasury.services import bookkeeping, rules, sweeping
from tenant_apps.treasury.services.rules import Terms
from tests.factories.organizations import somebody
from tests.tenant_apps.treasury.conftest import DAY, NOON, A, B, known

PERIOD = {"first": DAY.replace(day=1), "last": DAY}


def ratio(people, direction, depth, bp):
    rules.set_rule(
        direction=direction, depth=depth, terms=Terms("RATIO", bp), actor=people.ada, now=NOON
    )


def planned(people, direction="UP"):
    return sweeping.plan(direction=direction, **PERIOD, actor=people.ann, now=NOON)


def confirmed(people, direction="UP"):
    return sweeping.confirm(run=planned(people, direction), actor=people.ada, now=NOON)


def take_all(people, run):
    for line in sorted(run.lines.all(), key=lambda one: -len(one.giver_path)):
        sweeping.take(line=line, actor=people.cas, now=NOON)
    run.refresh_from_db()
    return run


def shares():
    held = standings(DAY, DAY)
    paths = ("0001", "00010001", "000100010001", "000100010002")
    return [held[known(path).id].share_fen if known(path).id in held else 0 for path in paths]


@pytest.fixture
def ruled(people):
    """Branches hand up everything; the general branch 5 %, and returns 30 %."""
    ratio(people, "UP", 3, 10_000)
    ratio(people, "UP", 2, 500)
    ratio(people, "DOWN", 2, 3_000)
    return people


class TestRun:
    def test_moves_the_quarter_up_and_back_to_the_fen(self, ruled):
        run = confirmed(ruled)
        assert (run.state, sweeps.in_transit()) == ("POSTED", A + B + 10_000)
        assert -balance("1013") == sweeps.in_transit()
        assert balance("5011") == A + B + 10_000
        run = take_all(ruled, run)
        assert (run.state, balance("1013"), sweeps.in_transit()) == ("DONE", 0, 0)
        assert balance("5011") + balance("4010") == 0
        assert shares() == [10_000, 190_000, 0, 0]
        back = take_all(ruled, confirmed(ruled, "DOWN"))
        assert {line.taker_path: line.amount_fen for line in back.lines.all()} == {
            "000100010001": 37_037,
            "000100010002": 22_963,
        }
        assert shares() == [10_000, 130_000, 37_037, 22_963]
        assert (balance("1014"), balance("1001")) == (0, A + B)
        assert [one.code for one in checks(ruled.ann) if not one.holds] == []
        SweepLine.objects.filter(run=back).update(amount_fen=1)
        assert [one.code for one in checks(ruled.ann) if not one.holds] == ["T2"]
        codes = [event.code for event in audit.events_about(run.pk)]
        assert codes.count("treasury.line_taken") == 3

    def test_nobody_confirms_what_one_prepared(self, ruled):
        run = planned(ruled)
        with pytest.raises(bookkeeping.SecondPerson):
            sweeping.confirm(run=run, actor=ruled.ann, now=NOON)
        with pytest.raises(IntegrityError), transaction.atomic():
            SweepRun.objects.filter(pk=run.pk).update(state="POSTED", confirmed_by=run.made_by)
        sweeping.confirm(run=run, actor=ruled.ada, now=NOON)
        with pytest.raises(sweeping.RunMoved):
            sweeping.confirm(run=run, actor=ruled.ada, now=NOON)

    def test_a_period_is_run_once(self, ruled):
        run = planned(ruled)
        with pytest.raises(sweeping.AlreadyRun):
            planned(ruled)
        with pytest.raises(IntegrityError), transaction.atomic():
            SweepRun.objects.create(
                direction="UP", first_on=run.first_on, last_on=run.first_on,
                made_by=run.made_by, made_at=NOON,
            )  # fmt: skip
        sweeping.cancel(run=run, actor=ruled.ann, now=NOON)
        planned(ruled)

    def test_money_goes_on_only_once_it_arrived(self, ruled):
        run = confirmed(ruled)
        top = run.lines.get(taker_path="0001")
        with pytest.raises(sweeping.NotArrivedYet):
            sweeping.take(line=top, actor=ruled.cas, now=NOON)
        low = run.lines.exclude(pk=top.pk).first()
        sweeping.take(line=low, actor=ruled.cas, now=NOON)
        with pytest.raises(sweeping.AlreadyTaken):
            sweeping.take(line=low, actor=ruled.cas, now=NOON)

    def test_is_refused_where_the_money_is_gone_since(self, ruled):
        run = planned(ruled)
        SweepLine.objects.filter(run=run, giver_path="000100010001").update(amount_fen=A + 1)
        with pytest.raises(sweeping.NotCovered):
            sweeping.confirm(run=run, actor=ruled.ada, now=NOON)
        assert balance("5011") == 0

    def test_nothing_to_move_is_said(self, people):
        with pytest.raises(sweeping.NothingToMove):
            planned(people)
        with pytest.raises(sweeping.PeriodInvalid):
            sweeping.plan(direction="UP", first=DAY, last=PERIOD["first"].replace(year=2020),
                          actor=people.ann, now=NOON)  # fmt: skip


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_undoing_takes_back_what_was_booked_and_no_more(ruled, taken):
    run = confirmed(ruled)
    lowest_first = sorted(run.lines.all(), key=lambda one: -len(one.giver_path))
    for line in lowest_first[:taken]:
        sweeping.take(line=line, actor=ruled.cas, now=NOON)
    back = sweeping.undo(run=run, reason="期间选错了", actor=ruled.ann, now=NOON)
    with pytest.raises(bookkeeping.SecondPerson):
        sweeping.confirm(run=back, actor=ruled.ann, now=NOON)
    sweeping.confirm(run=back, actor=ruled.ada, now=NOON)
    run.refresh_from_db()
    assert run.state == "UNDONE"
    assert [balance(number) for number in ("5011", "4010", "1013")] == [0, 0, 0]
    assert shares() == [0, 0, A, B]
    assert [one.code for one in checks(ruled.ann) if not one.holds] == []
    planned(ruled)


@pytest.mark.parametrize(
    ("direction", "depth", "terms"),
    [
        ("UP", 1, Terms("RATIO", 500)),
        ("UP", 2, Terms("RATIO", 0)),
        ("UP", 2, Terms("RATIO", 10_001)),
        ("DOWN", 0, Terms("KEEP")),
        ("DOWN", 1, Terms("QUOTA")),
        ("UP", 2, Terms("KEEP", keep_fen=-1)),
        ("SIDE", 2, Terms("KEEP")),
        ("UP", 2, Terms("ALL")),
    ],
)
def test_rules_are_within_bounds(people, direction, depth, terms):
    with pytest.raises(rules.RuleInvalid):
        rules.set_rule(direction=direction, depth=depth, terms=terms, actor=people.ada, now=NOON)


def test_a_line_is_confirmed_by_the_receiving_organisation(ruled, beta):
    line = confirmed(ruled).lines.get(giver_path="000100010001")
    giver = somebody(("treasurer", "000100010001"))
    with pytest.raises(Forbidden):
        sweeps.line_for(giver, line.pk, to=TreasuryPermission.TAKE)
    taker = somebody(("treasurer", "00010001"))
    assert sweeps.line_for(taker, line.pk, to=TreasuryPermission.TAKE) == line
    with pytest.raises(sweeps.LineNotFound):
        sweeps.line_for(somebody(("treasurer", "00010002")), line.pk, to=TreasuryPermission.TAKE)
    with unit_context(beta.id), pytest.raises(sweeps.LineNotFound):
        sweeps.line_for(ruled.ann, line.pk, to=TreasuryPermission.TAKE)
