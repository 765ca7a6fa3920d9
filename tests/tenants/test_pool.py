"""The pool of ready schemas: whole or absent, given out once, full again by itself."""

import datetime as dt
import itertools
import re
import threading
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import settings as configured
from django.db import OperationalError, connection, connections, transaction
from psycopg.conninfo import make_conninfo

from kernel.clock import now
from kernel.unit import unit_context
from tenant_apps.members.models import Member
from tenants.models import ReadySchema, TemplateStep, Transition, Unit, UnitState
from tenants.services import pool, schemas, units

DSN = make_conninfo(configured.TEST_DATABASE_SERVER, dbname=configured.DATABASES["owner"]["NAME"])
pytestmark = pytest.mark.usefixtures("written")


@pytest.fixture
def written(really_written, django_db_setup, django_db_blocker):
    """Everything is really written; units and ready schemas made here go again."""
    with django_db_blocker.unblock():
        before = set(Unit.objects.values_list("id", flat=True))
        yield
        connection.set_schema_to_public()
        for unit in Unit.objects.exclude(id__in=before):
            schemas.discard(unit=unit)
            Unit.objects.using("owner").filter(pk=unit.pk).delete()
        with connections["owner"].cursor() as cursor:
            for ready in ReadySchema.objects.using("owner"):
                schemas.drop(cursor, ready.schema_name)
                ready.delete()
        for alias in connections:
            connections[alias].close()


@pytest.fixture
def unhurried(monkeypatch):
    """A turn that ends on no machine, however busy."""
    monkeypatch.setattr(pool, "TURN", dt.timedelta(hours=1))


@pytest.fixture
def ready(settings, unhurried):
    """Fills the pool to a size."""

    def fill(size):
        settings.READY_SCHEMAS = size
        pool.refill()
        return list(ReadySchema.objects.all())

    return fill


def register(label="qingshan", code="91320303MA20QING07", **values):
    return units.register(
        name="青山合作社",
        label=label,
        credit_code=code,
        region_code="320300",
        now=now(),
        **values,
    )


def remains():
    """The schemas of units in the database, whoever knows of them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[a-z2-7]{26}$'")
        return {name for (name,) in cursor.fetchall()}


class Breaks:
    """Fails the ``at``-th statement that the owner sends, before or after it ran."""

    def __init__(self, at, *, after=False, kill=False):
        self.at, self.after, self.kill, self.seen, self.texts = at, after, kill, 0, []

    def __call__(self, execute, sql, params, many, context):
        self.seen += 1
        self.texts.append(sql)
        if self.seen != self.at:
            return execute(sql, params, many, context)
        if self.after:
            execute(sql, params, many, context)
        if self.kill:
            _terminate(context["connection"])
            return execute(sql, params, many, context)
        raise OperationalError("could not extend file: No space left on device")


def _terminate(owner):
    """What a worker sees when PostgreSQL is restarted or its backend killed."""
    with psycopg.connect(DSN, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [owner.connection.info.backend_pid])


def roles_of(names):
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [sorted(names)])
        return {name for (name,) in cursor.fetchall()}


def roles_tried(breaking):
    """Those of the roles which the broken attempt made that are there (roles are the server's)."""
    return roles_of(re.findall(r"CREATE ROLE (t_[a-z2-7]{26})", "".join(breaking.texts)))


def statements_of_one_refill(settings):
    """The statements that make one schema and its row when each is sent alone."""
    settings.DISTRIBUTED_SCHEMAS = True
    settings.READY_SCHEMAS = 1
    counting = Breaks(0)
    with connections["owner"].execute_wrapper(counting):
        pool.refill()
    with connections["owner"].cursor() as cursor, transaction.atomic(using="owner"):
        for one in ReadySchema.objects.using("owner"):
            schemas.drop(cursor, one.schema_name)
            one.delete()
    inserted = "INSERT INTO public.tenants_readyschema"
    last = next(n for n, text in enumerate(counting.texts, 1) if text.startswith(inserted))
    return counting.texts[:last]


def ends_of_each_kind(texts):
    """Where the first and the last statement of each kind stand; between them only names differ."""
    places = {}
    for at, text in enumerate(texts, 1):
        places.setdefault(tuple(text.split()[:2]), []).append(at)
    return sorted({at for of_kind in places.values() for at in (of_kind[0], of_kind[-1])})


class TestRefilling:
    def test_fills_up_and_stops(self, ready):
        made = ready(3)
        assert len(made) == 3
        assert {one.schema_version for one in made} == {newest()}
        pool.refill()
        assert ReadySchema.objects.count() == 3

    def test_a_ready_schema_is_like_one_made_directly(self, ready):
        (one,) = ready(1)
        unit = register()
        other = Unit.objects.get(label="alpha")
        assert shape(one.schema_name) == shape(other.schema_name)
        assert unit.schema_name == one.schema_name

    def test_replaces_what_is_behind_the_template(self, ready):
        old = ready(2)
        ReadySchema.objects.using("owner").filter(pk=old[0].pk).update(schema_version="dues.0000")
        pool.refill()
        now_there = set(ReadySchema.objects.values_list("id", flat=True))
        assert len(now_there) == 2
        assert old[0].pk not in now_there
        assert not roles_of([old[0].schema_name])

    def test_two_refillers_do_not_overfill(self, settings, unhurried):
        settings.READY_SCHEMAS = 3
        both = threading.Barrier(2)

        def work():
            both.wait()
            pool.refill()
            for alias in connections:
                connections[alias].close()

        crowd = [threading.Thread(target=work) for _ in range(2)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert ReadySchema.objects.count() == 3

    def test_who_finds_another_at_work_leaves_at_once(self, settings):
        settings.READY_SCHEMAS = 1
        with psycopg.connect(DSN) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [pool._LOCK])
            pool.refill()
            assert not ReadySchema.objects.exists()
        pool.refill()
        assert ReadySchema.objects.count() == 1

    def test_stops_at_the_end_of_its_turn(self, settings, monkeypatch):
        settings.READY_SCHEMAS = 3
        monkeypatch.setattr(pool, "TURN", dt.timedelta(0))
        pool.refill()
        assert not ReadySchema.objects.exists()

    def test_the_next_turn_goes_on_where_one_ended(self, settings, monkeypatch):
        settings.READY_SCHEMAS = 3
        moments = (now() + dt.timedelta(seconds=1.5 * at) for at in itertools.count())
        monkeypatch.setattr(pool, "clock", SimpleNamespace(now=lambda: next(moments)))
        there = []
        for _ in range(4):
            pool.refill()
            there.append(ReadySchema.objects.count())
        assert there == [1, 2, 3, 3]

    def test_a_turn_that_fails_lets_others_in(self, settings):
        settings.READY_SCHEMAS = 1
        with (
            connections["owner"].execute_wrapper(Breaks(4)),
            pytest.raises(OperationalError),
        ):
            pool.refill()
        with psycopg.connect(DSN) as other:
            got = other.execute("SELECT pg_try_advisory_xact_lock(%s)", [pool._LOCK]).fetchone()
        assert got == (True,)


class TestNothingIsEverHalfMade:
    def test_whichever_statement_fails(self, settings):
        texts = statements_of_one_refill(settings)
        assert len(texts) > 50
        tried = ends_of_each_kind(texts)
        assert len(tried) > 10
        before = remains()
        for at in [*tried, -len(texts)]:
            breaking = Breaks(abs(at), after=at < 0)
            with (
                connections["owner"].execute_wrapper(breaking),
                pytest.raises(OperationalError, match="No space left"),
            ):
                pool.refill()
            assert breaking.seen == abs(at), breaking.texts[-3:]
            assert remains() == before, at
            assert not roles_tried(breaking), at
            assert not ReadySchema.objects.exists()

    @pytest.mark.parametrize("is_distributed", [False, True])
    def test_when_the_database_goes_away(self, settings, is_distributed):
        settings.READY_SCHEMAS = 1
        settings.DISTRIBUTED_SCHEMAS = is_distributed
        before = remains()
        for at in (7, 10, 30, 50) if is_distributed else (1, 2, 3, 5):
            breaking = Breaks(at, kill=True)
            with connections["owner"].execute_wrapper(breaking), pytest.raises(OperationalError):
                pool.refill()
            connections["owner"].close()
            assert remains() == before
            assert not roles_tried(breaking)
        pool.refill()
        assert ReadySchema.objects.count() == 1

    @pytest.mark.parametrize("after", [False, True])
    def test_opening_directly_with_a_full_disk_can_be_done_again(self, settings, after):
        settings.DISTRIBUTED_SCHEMAS = True
        unit = register()
        for at in (2, 3, 5, 7, 30, 45):
            breaking = Breaks(at, after=after)
            with connections["owner"].execute_wrapper(breaking), pytest.raises(OperationalError):
                schemas.provision(unit=unit)
            unit.refresh_from_db()
            assert unit.schema_version == ""
            assert not roles_tried(breaking)
        schemas.provision(unit=unit)
        with unit_context(unit.id):
            assert not Member.objects.exists()


class TestClaiming:
    def test_a_registered_unit_has_its_schema(self, ready):
        (one,) = ready(1)
        unit = register()
        assert (unit.id, unit.schema_name) == (one.id, one.schema_name)
        assert unit.schema_version == newest()
        assert not ReadySchema.objects.exists()
        with unit_context(unit.id):
            assert not Member.objects.exists()

    def test_an_empty_pool_costs_time_only(self):
        unit = register()
        assert unit.schema_version == ""
        schemas.provision(unit=unit)
        assert unit.schema_version == newest()

    def test_a_schema_behind_the_template_is_not_given_out(self, ready):
        (one,) = ready(1)
        ReadySchema.objects.using("owner").update(schema_version="dues.0000")
        assert register().id != one.id

    def test_a_clash_gives_it_back(self, ready):
        ready(1)
        register()
        (two,) = ready(1)
        with pytest.raises(units.UnitAlreadyRegistered):
            register(label="another")
        with pytest.raises(units.LabelTaken):
            register(code="91320303MA20QING2K")
        assert list(ReadySchema.objects.values_list("id", flat=True)) == [two.id]

    def test_two_at_once_get_two(self, ready):
        ready(2)
        both = threading.Barrier(2)
        got = []

        def take():
            with transaction.atomic():
                one = pool.claim()
                both.wait()
                got.append(one.id)
            connection.close()

        crowd = [threading.Thread(target=take) for _ in range(2)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert len(set(got)) == 2
        assert not ReadySchema.objects.exists()

    def test_a_claim_that_is_rolled_back_never_was(self, ready):
        (one,) = ready(1)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert pool.claim().id == one.id
            raise ZeroDivisionError
        assert ReadySchema.objects.filter(pk=one.pk).exists()


class TestReclaiming:
    def test_takes_back_from_a_forsaken_draft_what_it_can_be_given_again(self, ready):
        ready(1)
        unit = register()
        Unit.objects.filter(pk=unit.pk).update(created_at=now() - pool.FORSAKEN * 1.1)
        pool.reclaim()
        unit.refresh_from_db()
        assert unit.schema_version == ""
        assert not roles_of([unit.schema_name])
        schemas.provision(unit=unit)
        assert unit.schema_version == newest()

    @pytest.mark.parametrize(
        ("state", "days"), [(UnitState.DRAFT, 89), (UnitState.OPENING, 900), (UnitState.TRIAL, 900)]
    )
    def test_leaves_everybody_else_alone(self, ready, state, days):
        ready(1)
        unit = register()
        Unit.objects.filter(pk=unit.pk).update(
            created_at=now() - dt.timedelta(days=days), state=state
        )
        pool.reclaim()
        assert roles_of([unit.schema_name])

    @pytest.mark.parametrize(("days", "stays"), [(89, True), (91, False)])
    def test_counts_from_the_day_a_unit_came_back_to_draft(self, ready, days, stays):
        ready(1)
        unit = register()
        Unit.objects.filter(pk=unit.pk).update(created_at=now() - pool.FORSAKEN * 9)
        returned = Transition.objects.using("owner").create(
            unit_id=unit.pk,
            number=1,
            was=UnitState.OPENING,
            to=UnitState.DRAFT,
            actor_name="system",
            at=now() - dt.timedelta(days=days),
        )
        pool.reclaim()
        Transition.objects.using("owner").filter(pk=returned.pk).delete()
        assert bool(roles_of([unit.schema_name])) is stays


def newest():
    return TemplateStep.objects.order_by("-position").first().migration


def shape(schema):
    """Tables, columns, indexes, constraints and rights, with the schema's name taken out."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = %s ORDER BY 1, 2",
            [schema],
        )
        columns = cursor.fetchall()
        cursor.execute(
            "SELECT replace(indexdef, schemaname, '') FROM pg_indexes WHERE schemaname = %s"
            " ORDER BY 1",
            [schema],
        )
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT relname, replace(relacl::text, %s, '') FROM pg_class WHERE relnamespace ="
            " %s::regnamespace AND relkind = 'r' ORDER BY 1",
            [schema, schema],
        )
        return columns, indexes, cursor.fetchall()
