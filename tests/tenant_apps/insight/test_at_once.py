"""Statistics while data changes, over real connections and real commits."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, connections, transaction

from kernel.unit import unit_context
from tenant_apps.insight.models import Line, Snapshot, State
from tenant_apps.insight.services import filing
from tenant_apps.insight.services.filing import WrongState
from tenants.models import Unit
from tenants.services import grants
from tests.database import leaving_nothing
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree
from tests.tenant_apps.insight.conftest import MORE_THAN_A_YEAR_ON, sheets_at, take
from tests.tenant_apps.insight.test_taking import turn

AT_FIRST = 5
ROUNDS = 4


@pytest.fixture(scope="module")
def place(django_db_setup, django_db_blocker):
    """Alpha with commits that last; the owner takes away afterwards what was written."""
    with django_db_blocker.unblock(), leaving_nothing():
        connection.set_schema_to_public()
        unit = Unit.objects.get(label="alpha")
        try:
            with unit_context(unit.id):
                tree = small_tree()
                for _ in range(AT_FIRST):
                    make_member(tree.l1)
            tree.unit = unit
            yield tree
        finally:
            own = [f'{unit.schema_name}."{one._meta.db_table}"' for one in grants.unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE usage_outbox, people_affiliation, {', '.join(own)}")
            connection.close()


class Writer(threading.Thread):
    """Takes one member after another in, each with the event that says so, until it is told."""

    def __init__(self, place) -> None:
        super().__init__()
        self.place, self.done, self.stop = place, 0, threading.Event()

    def run(self) -> None:
        try:
            with unit_context(self.place.unit.id):
                while not self.stop.wait(0.005):
                    with transaction.atomic():
                        turn(make_member(self.place.l1), "ADMITTED", dt.date(2026, 5, 4))
                    self.done += 1
        finally:
            connection.close()


def test_a_snapshot_sees_one_moment_while_somebody_writes(place):
    """Whoever is counted as a member has the event in the same snapshot, and nobody else."""
    writer = Writer(place)
    writer.start()
    try:
        with unit_context(place.unit.id):
            taken = [take() for _ in range(ROUNDS)]
            before = [sheets_at(one) for one in taken]
    finally:
        writer.stop.set()
        writer.join()
    assert writer.done > ROUNDS
    with unit_context(place.unit.id):
        for snapshot, sheets in zip(taken, before, strict=True):
            admitted = Line.objects.filter(snapshot=snapshot, source="CHANGE").count()
            assert snapshot.people == AT_FIRST + admitted
            assert sheets[2].value("all", "all") == AT_FIRST + sheets[14].value("all", "all")
            assert sheets_at(snapshot) == sheets


def test_of_two_who_file_at_the_same_moment_one_does(place):
    with unit_context(place.unit.id):
        snapshot = take()
        filing.submit(snapshot=snapshot, note="已核对", actor=admin(), now=MORE_THAN_A_YEAR_ON)
    gate, results = threading.Barrier(2), []

    def act() -> None:
        try:
            with unit_context(place.unit.id):
                gate.wait()
                filing.file(snapshot=snapshot, actor=admin(), now=NOW)
                results.append("filed")
        except WrongState:
            results.append("told")
        finally:
            connection.close()

    crowd = [threading.Thread(target=act) for _ in range(2)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(results) == ["filed", "told"]
    with unit_context(place.unit.id):
        assert Snapshot.objects.get(pk=snapshot.pk).state == State.FILED
