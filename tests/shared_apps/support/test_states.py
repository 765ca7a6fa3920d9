"""An access as a machine: whatever is tried in whatever order, whatever the clock does."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel.actor import Actor
from kernel.clock import now as current
from kernel.errors import DomainError
from kernel.unit import shared_context
from shared_apps.people.models import PlatformGrant
from shared_apps.support.models import IN_FORCE, OPEN, Access, State
from shared_apps.support.services import accesses, visits
from tests.cast import person

NEXT = {
    State.ASKED: {State.ACCEPTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED},
    State.ACCEPTED: {State.ENDED},
    State.ACTIVE: {State.ENDED},
}


class Life(RuleBasedStateMachine):
    """``real`` seconds only ever pass; the clock on the wall is ``real + skew``."""

    unit = None

    def __init__(self):
        super().__init__()
        self.point = transaction.savepoint()
        self.start = current()
        self.real = self.skew = 0
        self.granted = None
        self.last = {}
        operator, unit_admin = person("operator-m"), person("admin-m")
        with shared_context():
            PlatformGrant.objects.get_or_create(
                person=operator, role="operator", defaults={"granted_at": self.start}
            )
        self.operator = Actor(kind="person", name="操作", person_id=operator.id)
        self.administrator = Actor(kind="person", name="管理", person_id=unit_admin.id)

    def teardown(self):
        transaction.savepoint_rollback(self.point)

    @property
    def now(self):
        return self.start + dt.timedelta(seconds=self.real + self.skew)

    def latest(self):
        return Access.objects.filter(unit=self.unit).order_by("-id").first()

    def attempt(self, act, **kwargs):
        before = self.latest()
        try:
            with shared_context():
                act(actor=self.actor_of(act), now=self.now, **kwargs)
        except DomainError:
            return False
        return before is not None

    def actor_of(self, act):
        unit_acts = (accesses.accept, accesses.refuse, accesses.end_by_unit)
        return self.administrator if act in unit_acts else self.operator

    @rule(hours=st.integers(1, 200))
    def ask(self, hours):
        self.attempt(
            accesses.ask, unit=self.unit, office="科技部", reason="核对账单与名册是否相符",
            areas=["members"], hours=hours,
        )  # fmt: skip

    @precondition(lambda self: self.latest())
    @rule(hours=st.integers(0, 200))
    def accept(self, hours):
        access = self.latest()
        done = self.attempt(
            accesses.accept, access_id=access.id, unit_id=self.unit.id, hours=hours,
            areas=["members"],
        )  # fmt: skip
        if done:
            assert hours <= access.asked_hours
            self.granted = (access.id, self.real + hours * 3600)

    @precondition(lambda self: self.latest())
    @rule(how=st.sampled_from(["refuse", "withdraw", "operator", "unit"]))
    def stop(self, how):
        key, unit_id = self.latest().id, self.unit.id
        if how == "refuse":
            self.attempt(accesses.refuse, access_id=key, unit_id=unit_id, reason="不便")
        elif how == "withdraw":
            self.attempt(accesses.withdraw, access_id=key)
        elif how == "operator":
            self.attempt(accesses.end_by_operator, access_id=key)
        else:
            self.attempt(accesses.end_by_unit, access_id=key, unit_id=unit_id)

    @rule(minutes=st.sampled_from([1, 59, 60, 600, 4320]))
    def wait(self, minutes):
        self.real += minutes * 60
        with shared_context():
            accesses.sweep(now=self.now)

    @rule(minutes=st.sampled_from([1, 60, 1440]))
    def clock_goes_back(self, minutes):
        self.skew -= minutes * 60
        with shared_context():
            accesses.sweep(now=self.now)

    @invariant()
    def nothing_is_longer_than_agreed(self):
        access = self.latest()
        if access is None or self.granted is None or access.id != self.granted[0]:
            return
        with shared_context():
            access = accesses.looked_at(access_id=access.id, now=self.now)
        if self.real >= self.granted[1]:
            assert access.state not in IN_FORCE

    @invariant()
    def one_is_open_and_steps_are_legal(self):
        rows = list(Access.objects.filter(unit=self.unit))
        assert sum(row.state in OPEN for row in rows) <= 1
        for row in rows:
            was = self.last.get(row.id, State.ASKED)
            assert row.state == was or row.state in NEXT.get(was, set()) | (
                {State.ENDED} if was == State.ASKED and row.decided_at else set()
            ), (was, row.state)
            self.last[row.id] = State(row.state)

    @invariant()
    def a_pass_needs_an_access_in_force(self):
        access = self.latest()
        if access is None or access.state in IN_FORCE:
            return
        with pytest.raises(DomainError), shared_context():
            visits.make_pass(access_id=access.id, device="", actor=self.operator, now=self.now)


def test_every_order_of_events(alpha):
    with shared_context():
        Life.unit = alpha
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=12,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_a_clock_that_goes_back_takes_as_much_off(alpha, db):
    start = current()
    operator = Actor(kind="person", name="操作", person_id=person("operator-m").id)
    administrator = Actor(kind="person", name="管理", person_id=person("admin-m").id)
    with shared_context():
        PlatformGrant.objects.create(person=person("operator-m"), role="operator", granted_at=start)
        access = accesses.ask(
            unit=alpha, office="科技部", reason="核对账单与名册是否相符", areas=["members"],
            hours=5, actor=operator, now=start,
        )  # fmt: skip
        accesses.accept(
            access_id=access.id, unit_id=alpha.id, hours=5, areas=["members"],
            actor=administrator, now=start,
        )  # fmt: skip
        accesses.sweep(now=start + dt.timedelta(hours=2))
        accesses.sweep(now=start + dt.timedelta(hours=1))
        accesses.sweep(now=start + dt.timedelta(hours=3, minutes=59))
        assert accesses.looked_at(
            access_id=access.id, now=start + dt.timedelta(hours=3, minutes=59)
        ).is_in_force
        accesses.sweep(now=start + dt.timedelta(hours=4))
        assert Access.objects.get(pk=access.id).state == State.ENDED
