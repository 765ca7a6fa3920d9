"""A unit moves only along its legal ways; who, when and why is kept; return is exact."""

import datetime as dt
import threading
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.clock import now
from kernel.unit import shared_context, unit_context
from tenants import selectors
from tenants.models import Transition, Unit, UnitState
from tenants.services import life_cycle
from tests.factories.dues import make_member
from tests.tenants.life import fingerprint, operator, put, written

S = UnitState
WHY = "协议到期未续签"
LEGAL = {
    (S.DRAFT, S.OPENING),
    (S.DRAFT, S.CLOSED),
    (S.OPENING, S.TRIAL),
    (S.OPENING, S.DRAFT),
    (S.TRIAL, S.LIVE),
    (S.TRIAL, S.READ_ONLY),
    (S.TRIAL, S.SUSPENDED),
    (S.TRIAL, S.CLOSING),
    (S.LIVE, S.READ_ONLY),
    (S.LIVE, S.SUSPENDED),
    (S.LIVE, S.CLOSING),
    (S.READ_ONLY, S.SUSPENDED),
    (S.READ_ONLY, S.CLOSING),
    (S.SUSPENDED, S.READ_ONLY),
    (S.SUSPENDED, S.CLOSING),
    (S.CLOSING, S.CLOSED),
}


@pytest.fixture
def unit(db, alpha):
    with shared_context():
        yield Unit.objects.get(pk=alpha.pk)


def move(unit, to, **changes):
    given = {"reason": WHY, "actor": operator(), "now": now(), **changes}
    return life_cycle.move(unit=unit, to=to, **given)


class TestTheTableOfTransitions:
    @pytest.mark.parametrize("was", S.values)
    @pytest.mark.parametrize("to", S.values)
    def test_allows_what_it_names_and_refuses_the_rest(self, unit, was, to):
        unit = put(unit, was)
        if (was, to) in LEGAL:
            made = move(unit, to)
            assert (made.was, made.to, made.reason) == (was, to, WHY)
            assert Unit.objects.get(pk=unit.pk).state == to == unit.state
        else:
            with pytest.raises(life_cycle.IllegalTransition):
                move(unit, to)
            assert Unit.objects.get(pk=unit.pk).state == was
            assert not Transition.objects.filter(unit=unit).exists()

    def test_asks_why_a_draft_is_given_up(self, unit):
        put(unit, S.DRAFT)
        with pytest.raises(life_cycle.ReasonNeeded):
            move(unit, S.CLOSED, reason="")
        assert Unit.objects.get(pk=unit.pk).state == S.DRAFT

    @pytest.mark.parametrize("to", [S.READ_ONLY, S.SUSPENDED, S.CLOSING])
    @pytest.mark.parametrize("reason", ["", "  欠费 ", "长" * 301])
    def test_asks_why_a_unit_is_held_up(self, unit, to, reason):
        with pytest.raises(life_cycle.ReasonNeeded):
            move(unit, to, reason=reason)
        assert Unit.objects.get(pk=unit.pk).state == S.TRIAL

    def test_asks_why_it_goes_on_again(self, unit):
        move(unit, S.SUSPENDED)
        with pytest.raises(life_cycle.ReasonNeeded):
            move(unit, S.TRIAL, reason="")

    def test_becoming_live_needs_no_reason(self, unit):
        move(unit, S.LIVE, reason="")
        assert unit.state == S.LIVE


class TestTheReturn:
    @pytest.mark.parametrize("home", [S.TRIAL, S.LIVE])
    @pytest.mark.parametrize("way", [[S.READ_ONLY], [S.SUSPENDED], [S.READ_ONLY, S.SUSPENDED]])
    def test_from_being_held_up_is_to_trial_or_live_whichever_it_was(self, unit, home, way):
        unit = put(unit, home)
        for state in way:
            move(unit, state)
        assert life_cycle.returns_to(unit) == home
        other = S.LIVE if home == S.TRIAL else S.TRIAL
        with pytest.raises(life_cycle.IllegalTransition):
            move(unit, other)
        move(unit, home)
        assert Unit.objects.get(pk=unit.pk).state == home

    @pytest.mark.parametrize("before", [S.TRIAL, S.LIVE, S.READ_ONLY, S.SUSPENDED])
    def test_from_a_closing_called_off_is_to_the_state_before(self, unit, before):
        unit = put(unit, before)
        move(unit, S.CLOSING)
        assert life_cycle.returns_to(unit) == before
        move(unit, before)
        assert unit.state == before


class TestTheRecord:
    def test_tells_who_when_and_why_in_order(self, unit):
        at = now()
        move(unit, S.SUSPENDED, actor=operator("顾明"), now=at)
        move(unit, S.TRIAL, actor=operator("沈岚"), now=at + dt.timedelta(hours=1))
        told = [(t.number, t.was, t.to, t.actor_name) for t in selectors.transitions_of(unit.pk)]
        assert told == [
            (2, S.SUSPENDED, S.TRIAL, "沈岚"),
            (1, S.TRIAL, S.SUSPENDED, "顾明"),
        ]

    def test_keeps_its_order_when_the_clock_goes_back(self, unit):
        at = now()
        first = move(unit, S.SUSPENDED, now=at)
        second = move(unit, S.TRIAL, now=at - dt.timedelta(days=400))
        assert second.at == first.at
        assert [t.number for t in selectors.transitions_of(unit.pk)] == [2, 1]

    @pytest.mark.parametrize("sql", ["UPDATE tenants_transition SET reason = 'x'",
                                     "DELETE FROM tenants_transition"])  # fmt: skip
    def test_cannot_be_changed_by_the_platform_itself(self, unit, sql):
        move(unit, S.SUSPENDED)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    def test_cannot_be_read_in_a_unit(self, alpha):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM tenants_transition")


class TestTwoOperators:
    def test_the_second_form_is_told_who_was_quicker(self, unit):
        move(unit, S.SUSPENDED, actor=operator("顾明"), reason="单位申请暂停", seen=0)
        with pytest.raises(life_cycle.StateChanged) as told:
            move(unit, S.LIVE, actor=operator("沈岚"), seen=0)
        for words in ("顾明", "试用", "暂停", "单位申请暂停", "没有执行"):
            assert words in told.value.message
        assert Unit.objects.get(pk=unit.pk).state == S.SUSPENDED

    def test_a_state_that_came_back_is_not_the_one_that_was_shown(self, unit):
        move(unit, S.SUSPENDED)
        move(unit, S.TRIAL)
        with pytest.raises(life_cycle.StateChanged):
            move(unit, S.SUSPENDED, seen=0)

    def test_at_once_one_wins(self, django_db_setup, django_db_blocker):
        with written("alpha", django_db_blocker) as unit:
            gate, results = threading.Barrier(4), []

            def act(name, to):
                try:
                    gate.wait()
                    mine = Unit.objects.get(pk=unit.pk)
                    results.append(move(mine, to, actor=operator(name), seen=0))
                except life_cycle.StateChanged as told:
                    results.append(told)
                finally:
                    connection.close()

            tasks = [
                ("顾明", S.SUSPENDED),
                ("沈岚", S.LIVE),
                ("周屿", S.READ_ONLY),
                ("林澈", S.LIVE),
            ]
            threads = [threading.Thread(target=act, args=task) for task in tasks]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            won = [r for r in results if isinstance(r, Transition)]
            assert len(results) == 4
            assert len(won) == 1
            assert all(won[0].actor_name in r.message for r in results if r is not won[0])
            assert Unit.objects.get(pk=unit.pk).state == won[0].to


def test_suspending_and_resuming_writes_no_row_of_the_unit(django_db_setup, django_db_blocker):
    with written("alpha", django_db_blocker) as unit:
        with unit_context(unit.pk):
            make_member()
        before = fingerprint(unit)
        assert len(set(before.values())) > 1, "a unit without a row proves nothing"
        for to in (S.SUSPENDED, S.READ_ONLY, S.TRIAL):
            move(unit, to)
            assert fingerprint(unit) == before


class Life(RuleBasedStateMachine):
    """Whatever operators try, the record has no gap, no step back in time, and leads from each
    state to the next; a unit that is held up always finds back.
    """

    unit: Unit

    def __init__(self):
        super().__init__()
        put(self.unit, S.TRIAL)
        Transition.objects.using("owner").filter(unit=self.unit).delete()
        self.clock = now()
        self.home = S.TRIAL

    @rule(to=st.sampled_from(S.values), days=st.integers(-40, 40))
    def try_to_move(self, to, days):
        self.clock += dt.timedelta(days=days)
        unit = Unit.objects.get(pk=self.unit.pk)
        was, may = unit.state, to in life_cycle.legal_from(unit)
        try:
            move(unit, to, now=self.clock)
        except life_cycle.IllegalTransition:
            assert not may
            assert Unit.objects.get(pk=unit.pk).state == was
        else:
            assert may
            if to in (S.TRIAL, S.LIVE):
                self.home = to

    @precondition(
        lambda self: Unit.objects.get(pk=self.unit.pk).state in (S.READ_ONLY, S.SUSPENDED)
    )
    @rule()
    def go_on(self):
        unit = Unit.objects.get(pk=self.unit.pk)
        assert life_cycle.returns_to(unit) == self.home

    @invariant()
    def the_record_is_a_chain(self):
        rows = list(Transition.objects.filter(unit=self.unit).order_by("number"))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert [row.at for row in rows] == sorted(row.at for row in rows)
        assert all(a.to == b.was for a, b in pairwise(rows))
        if rows:
            assert rows[-1].to == Unit.objects.get(pk=self.unit.pk).state


@pytest.mark.slow
def test_no_sequence_of_acts_breaks_the_record(django_db_setup, django_db_blocker):
    with written("beta", django_db_blocker) as unit:
        Life.unit = unit
        case = Life.TestCase
        case.settings = settings(
            max_examples=15, stateful_step_count=14, deadline=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        case().runTest()
