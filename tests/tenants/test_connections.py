"""The real pool: eight threads, random switches, exceptions and rollbacks, never a wrong unit."""

from __future__ import annotations

import copy
import random
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import Count

from kernel.actor import Actor
from kernel.clock import now
from kernel.models import ForeignRow
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record
from tenants.models import Unit
from tenants.services import grants

POOL = "pooled"
THREADS = 8
ROUNDS = 400


@pytest.fixture
def units(really_written, django_db_setup, django_db_blocker):
    """Alpha and beta, each with one committed row that names it."""
    with django_db_blocker.unblock():
        found = {unit.label: unit for unit in Unit.objects.filter(label__in=["alpha", "beta"])}
        for label, unit in found.items():
            with unit_context(unit.pk):
                record(f"{label}.marked", actor=Actor.system("test"), now=now())
        yield found
        connection.set_schema_to_public()
        for unit in found.values():
            own = [f'{unit.schema_name}."{m._meta.db_table}"' for m in grants.unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {', '.join(own)}")


@contextmanager
def through_a_pool(size):
    """A second way to the database."""
    options = copy.deepcopy(connections["default"].settings_dict)
    options["OPTIONS"] = {"pool": {"min_size": 1, "max_size": size, "timeout": 20}}
    connections.databases[POOL] = options
    try:
        yield
    finally:
        connections[POOL].close()
        connections[POOL].close_pool()
        del connections[POOL]
        del connections.databases[POOL]


@pytest.fixture
def pool(units, settings):
    """A pool of four for eight threads."""
    settings.UNITS_PER_CONNECTION = 1_000
    with through_a_pool(4):
        yield


@pytest.fixture
def single(units, settings):
    """A pool of one: what goes back is what comes out."""
    settings.UNITS_PER_CONNECTION = 1_000
    with through_a_pool(1):
        yield


def asked(sql):
    with connections[POOL].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def markers():
    with connections[POOL].cursor() as cursor:
        cursor.execute("SELECT code FROM audit_event")
        return [code for (code,) in cursor.fetchall()]


class Upset(Exception):
    """Raised on purpose, somewhere."""


class Reader:
    """One thread: goes somewhere at random, does something at random, and reads where it is."""

    def __init__(self, seed, units):
        self.chance = random.Random(seed)
        self.units = list(units.items())
        self.reads = self.wrong = 0

    def run(self):
        try:
            for _ in range(ROUNDS):
                act = self.chance.choice([self.plainly, self.failing, self.swallowing, self.torn])
                with suppress(Upset, DatabaseError):
                    act()
                self.read()
                if self.chance.random() < 0.5:
                    connections[POOL].close()
        finally:
            connections[POOL].close()

    def go(self):
        self.label, unit = self.chance.choice(self.units)
        connections[POOL].set_tenant(unit)

    def read(self):
        self.reads += 1
        self.wrong += markers() != [f"{self.label}.marked"]

    def plainly(self):
        self.go()

    def failing(self):
        """The switch happens inside a transaction that is rolled back."""
        with transaction.atomic(using=POOL):
            self.go()
            self.read()
            raise Upset

    def swallowing(self):
        """A statement fails, nobody tells Django, and COMMIT silently rolls back."""
        with transaction.atomic(using=POOL):
            self.go()
            self.read()
            with suppress(DatabaseError):
                asked("SELECT 1 / 0")

    def torn(self):
        """The switch happens after a savepoint that is rolled back to, in a living transaction."""
        with transaction.atomic(using=POOL):
            self.go()
            self.read()
            before = self.label
            try:
                with transaction.atomic(using=POOL):
                    self.go()
                    self.read()
                    if self.chance.random() < 0.5:
                        asked("SELECT 1 / 0")
                    raise Upset  # noqa: TRY301 - the point
            except (Upset, DatabaseError):
                self.read()
            if self.chance.random() < 0.5:
                self.label = before
                connections[POOL].set_tenant(dict(self.units)[before])
            self.read()


@pytest.mark.slow
class TestManyThreads:
    def test_never_read_another_units_rows(self, pool, units):
        readers = [Reader(seed, units) for seed in range(THREADS)]
        threads = [threading.Thread(target=reader.run) for reader in readers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(reader.reads for reader in readers) > 5_000
        assert sum(reader.wrong for reader in readers) == 0


class TestAConnectionFromThePool:
    def raw(self):
        """What the pool hands out, before the product has said where it is."""
        held = connections[POOL].pool
        taken = held.getconn()
        try:
            return taken.execute(
                "SELECT current_user = session_user, current_setting('search_path'),"
                " current_setting('default_transaction_read_only'),"
                " (SELECT count(*) FROM pg_cursors),"
                " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                "  AND pid = pg_backend_pid())"
            ).fetchone()
        finally:
            held.putconn(taken)

    def settle(self):
        """The pool cleans in a thread of its own."""
        held = connections[POOL].pool
        until = time.monotonic() + 10
        while held.get_stats()["pool_available"] < held.get_stats()["pool_size"]:
            assert time.monotonic() < until
            time.sleep(0.005)

    def test_is_in_no_unit_whatever_the_last_one_left(self, single, units):
        link = connections[POOL]
        link.set_tenant(units["alpha"])
        with link.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute("SELECT pg_advisory_lock(7)")
            cursor.execute("DECLARE left_open CURSOR WITH HOLD FOR SELECT 1")
        link.close()
        self.settle()
        assert self.raw() == (True, '""', "off", 0, 0)

    def test_cannot_read_a_unit_before_the_switch(self, single, units):
        link = connections[POOL]
        link.set_tenant(units["alpha"])
        assert markers() == ["alpha.marked"]
        link.close()
        self.settle()
        taken = link.pool.getconn()
        try:
            with pytest.raises(Exception, match="does not exist"):
                taken.execute("SELECT code FROM audit_event")
            with pytest.raises(Exception, match="permission denied"):
                taken.execute(f"SELECT code FROM {units['alpha'].schema_name}.audit_event")
        finally:
            link.pool.putconn(taken)


class TestAWornConnection:
    def pid(self):
        return asked("SELECT pg_backend_pid()")[0]

    def visit(self, unit):
        connections[POOL].set_tenant(unit)
        return self.pid()

    def test_is_replaced_at_the_next_switch(self, single, units, settings):
        settings.UNITS_PER_CONNECTION = 2
        first = self.visit(units["alpha"])
        assert self.visit(units["alpha"]) == first
        assert self.visit(units["beta"]) == first
        assert self.visit(units["alpha"]) != first
        assert markers() == ["alpha.marked"]

    def test_is_replaced_when_it_comes_back_to_the_pool(self, single, units, settings):
        settings.UNITS_PER_CONNECTION = 1
        first = self.visit(units["alpha"])
        connections[POOL].close()
        assert self.visit(units["alpha"]) != first

    def test_stays_while_a_transaction_runs(self, single, units, settings):
        settings.UNITS_PER_CONNECTION = 1
        with transaction.atomic(using=POOL):
            first = self.visit(units["alpha"])
            assert self.visit(units["beta"]) == first

    def test_stays_while_rows_are_read_from_the_server(self, single, units, settings):
        settings.UNITS_PER_CONNECTION = 1
        first = self.visit(units["alpha"])
        stream = connections[POOL].chunked_cursor()
        stream.execute("SELECT generate_series(1, 10)")
        assert self.visit(units["beta"]) == first
        assert len(stream.fetchall()) == 10
        stream.close()
        assert self.visit(units["alpha"]) != first

    def test_is_replaced_without_a_pool_too(self, units, settings):
        settings.UNITS_PER_CONNECTION = 1
        pids = set()
        for label in ("alpha", "beta", "alpha"):
            with unit_context(units[label].pk), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.add(cursor.fetchone()[0])
        assert len(pids) == 3


class TestAQueryOfAnotherUnit:
    """What is asked of the database in one unit was built in it."""

    def test_does_not_begin_to_stream(self, units):
        with unit_context(units["alpha"].pk):
            events = audit.all_events().iterator()
        with unit_context(units["beta"].pk), pytest.raises(ForeignRow):
            next(events)

    def test_does_not_go_on_streaming(self, units):
        with unit_context(units["alpha"].pk):
            record("alpha.marked", actor=Actor.system("test"), now=now())
            events = audit.all_events().iterator(chunk_size=1)
            assert next(events).code == "alpha.marked"
        with unit_context(units["beta"].pk), pytest.raises(ForeignRow):
            next(events)
        connection.close()

    @pytest.mark.parametrize(
        "act",
        [
            lambda rows: rows.count(),
            lambda rows: rows.exists(),
            lambda rows: rows.aggregate(n=Count("id")),
            lambda rows: rows.update(code="x"),
            lambda rows: rows.delete(),
            lambda rows: rows.first(),
        ],
        ids=["count", "exists", "aggregate", "update", "delete", "first"],
    )
    def test_does_nothing_else_either(self, units, act):
        with unit_context(units["alpha"].pk):
            events = audit.all_events()
        with unit_context(units["beta"].pk), pytest.raises(ForeignRow):
            act(events)
