"""Probes below the pages: cache, files, keys, rows, jobs and the connection itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.core.cache import cache as raw_cache
from django.db import DatabaseError, connection, transaction

from kernel import cache, jobs, storage
from kernel.actor import Actor, Holding
from kernel.clock import now
from kernel.crypto import Unreadable, platform_cipher, sign, unit_cipher, unsign
from kernel.errors import DomainError
from kernel.models import ForeignRow, uuid7
from kernel.permissions import can
from kernel.unit import NoUnit, current_unit_id, scope_name, shared_context, unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import Order
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member
from tenant_apps.members.selectors import search
from tests.isolation.doors import undone
from tests.isolation.findings import Findings
from tests.isolation.world import JOB, Side, World


def _raises(act: Callable[[], Any], *kinds: type[BaseException]) -> bool:
    """Whether the act is refused in one of these ways; anything else is not a refusal."""
    with undone():
        try:
            act()
        except kinds:
            return True
        except Exception:  # noqa: BLE001 - refused for another reason proves nothing
            return False
    return False


def cached(world: World, us: Side, them: Side, found: Findings) -> None:
    """The same key in two units and on the platform holds three values."""
    raw_cache.clear()
    with unit_context(them.unit.id):
        cache.put("roster", them.mark.word, seconds=60)
        cache.count("tries", seconds=60)
    with unit_context(us.unit.id):
        found.cell("cache", cache.get("roster") is None, "another unit's value")
        cache.put("roster", us.mark.word, seconds=60)
        found.cell("cache", cache.count("tries", seconds=60) == 1, "another unit's count")
        found.cell("cache, own", cache.get("roster") == us.mark.word, "own value")
        raw_cache.set(f"{us.unit.id}:forged", (str(them.unit.id), them.mark.word))
        found.cell("cache", cache.get("forged") is None, "a value that says another unit")
        found.cell("cache", cache.get_shared("roster") is None, "a unit's value as shared")
    with unit_context(them.unit.id):
        found.cell("cache, own", cache.get("roster") == them.mark.word, "overwritten")
    with shared_context():
        found.cell("cache", cache.get("roster") is None, "a unit's value on the platform")
    raw_cache.clear()


def files(world: World, us: Side, them: Side, found: Findings) -> None:
    """A key of another unit's file reads, replaces and deletes nothing."""
    store = storage.unit_files()
    with unit_context(them.unit.id):
        theirs = store.save("name.txt", them.mark.word.encode())
    platforms = storage.shared_files().save("name.txt", b"shared")
    with unit_context(us.unit.id):
        own = store.save("name.txt", us.mark.word.encode())
        found.cell("file, own", store.read(own) == us.mark.word.encode(), own)
        sneaky = f"units/{us.unit.id}/../{them.unit.id}/{theirs.rpartition('/')[2]}"
        for key in (theirs, platforms, sneaky):
            found.cell("file", _raises(lambda k=key: store.read(k), storage.ForeignFile), key)
            found.cell("file", _raises(lambda k=key: store.delete(k), storage.ForeignFile), key)
            opening = _raises(lambda k=key: store.reading(k).__enter__(), storage.ForeignFile)
            found.cell("file", opening, key)
        found.cell("file", theirs not in list(store.keys()), "listed")
        store.delete(own)
    with unit_context(them.unit.id):
        found.cell("file, own", store.read(theirs) == them.mark.word.encode(), "gone")
        store.delete(theirs)
    storage.shared_files().delete(platforms)
    found.cell("file", _raises(lambda: _outside(store, theirs), NoUnit), "outside a unit")


def _outside(store: storage.Files, key: str) -> None:
    with shared_context():
        store.read(key)


def keys(world: World, us: Side, them: Side, found: Findings) -> None:
    """What one unit sealed, indexed or signed says nothing in another, nor in another column."""
    moment = now()
    with unit_context(them.unit.id):
        sealed = unit_cipher().seal("13812345678", column="members.phone")
        index = unit_cipher().index("13812345678", purpose="phone")
        token = sign({"a": 1}, purpose="test", now=moment)
        opened = unit_cipher().open(sealed, column="members.phone")
        found.cell("key, own", opened == "13812345678", "sealed")
    shared = platform_cipher().index("13812345678", purpose="phone")
    with unit_context(us.unit.id):
        cipher = unit_cipher()
        open_it = _raises(lambda: cipher.open(sealed, column="members.phone"), Unreadable)
        found.cell("key", open_it, "sealed in another unit")
        own = cipher.seal("1", column="members.phone")
        wrong = _raises(lambda: cipher.open(own, column="members.identity"), Unreadable)
        found.cell("key", wrong, "moved to another column")
        mine = cipher.index("13812345678", purpose="phone")
        found.cell("key", mine not in {index, shared}, "blind index")
        other = cipher.index("13812345678", purpose="identity")
        found.cell("key", mine != other, "blind index of another purpose")
        for purpose in ("test", "other"):
            use = _raises(
                lambda p=purpose: unsign(token, purpose=p, now=moment, max_age=AN_HOUR), DomainError
            )
            found.cell("key", use, "signature", purpose)
        for number in them.numbers + us.numbers:
            hits = Member.objects.filter(search(number)).count()
            found.cell("key, search", hits == (number in us.numbers), number, hits)


def rows(world: World, us: Side, them: Side, found: Findings) -> None:
    """Rows and queries remember their unit: nothing read in one is written or run in another."""
    with unit_context(them.unit.id):
        row = Member.objects.get(pk=them.members["000100010001"])
        query = Member.objects.all()
        fresh = Member.objects.filter(pk=row.pk)
        stream = Member.objects.iterator(chunk_size=1)
    with unit_context(us.unit.id):
        for what, act in {
            "save": row.save,
            "delete": row.delete,
            "list": lambda: list(query),
            "count": query.count,
            "exists": query.exists,
            "first": query.first,
            "update": lambda: fresh.update(name="x"),
            "bulk delete": fresh.delete,
            "iterate": lambda: list(query.iterator()),
            "stream": lambda: next(iter(stream)),
            "clone": lambda: list(query.filter(name="x")),
        }.items():
            found.cell("row", _raises(act, ForeignRow), what)
        missing = Member.objects.filter(pk=row.pk).exists()
        found.cell("row", not missing, "found by key in another unit")
    found.cell("row", _raises(lambda: _lost(Member), NoUnit), "outside a unit")


def _lost(model: Any) -> None:
    with shared_context():
        list(model.objects.all())


def shared_rows(world: World, us: Side, them: Side, found: Findings) -> None:
    """Through Django as through SQL: a unit sees and writes its own rows of shared tables."""
    order = them.planted_key("payments.Order")
    with unit_context(us.unit.id):
        found.cell("shared row", not Order.objects.filter(pk=order).exists(), "seen")
        own = Order.objects.filter(pk=us.planted_key("payments.Order"))
        found.cell("shared row, own", own.exists(), "own order")
        changed = Order.objects.filter(pk=order).update(description="x")
        found.cell("shared row", changed == 0, "changed")
        by_key = _raises(lambda: payments.order_by_id(order), payments.UnknownOrder)
        found.cell("shared row", by_key, "by key")
        given = _raises(lambda: own.update(unit_role=them.unit.schema_name), DatabaseError)
        found.cell("shared row", given, "given away")
        payer = Order.objects.get(pk=us.planted_key("payments.Order")).payer_person_id
        mine = payments.order_of_payer(own.get().pk, payer)
        found.cell("shared row, own", mine.pk == own.get().pk, "payer's order")
        other = _raises(
            lambda: payments.order_of_payer(own.get().pk, uuid7()), payments.UnknownOrder
        )
        found.cell("shared row", other, "another payer's order")


def connections_(world: World, us: Side, them: Side, found: Findings) -> None:
    """Role and path follow the unit, through exceptions and savepoints, and never lag behind."""
    foreign = f"SELECT 1 FROM {them.unit.schema_name}.members_member"
    with unit_context(us.unit.id):
        found.cell("connection", _raises(lambda: _sql(foreign), DatabaseError), "raw SQL")
        directory = _raises(lambda: _sql("SELECT 1 FROM public.tenants_unit"), DatabaseError)
        found.cell("connection", directory, "the directory")
        role, path = _sql("SELECT current_user::text, current_schema()::text")
        is_ours = role == us.unit.schema_name == path
        found.cell("connection", is_ours, "role and path", role, path)
        found.cell("connection", _switched_back(us, them), "an exception in another unit")
        with shared_context():
            _sql("SELECT 1")
        found.cell("connection", scope_name() == str(us.unit.id), "back from the platform")
        role = _after_rollback(them)
        connection.set_tenant(us.unit)
        found.cell("connection", role == them.unit.schema_name, "a switch rolled back", role)
    found.cell("connection", _raises(lambda: _platform(foreign), DatabaseError), "platform")
    fall = _raises(lambda: _platform("SELECT 1 FROM members_member"), DatabaseError)
    found.cell("connection", fall, "fell through to a unit's table")


def _sql(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def _platform(sql: str) -> None:
    with shared_context():
        _sql(sql)


def _after_rollback(them: Side) -> str:
    """The role after a switch was undone with a savepoint that began before it."""
    undo = transaction.savepoint()
    connection.set_tenant(them.unit)
    _sql("SELECT 1")
    transaction.savepoint_rollback(undo)
    role: str = _sql("SELECT current_user::text")[0]
    return role


def _switched_back(us: Side, them: Side) -> bool:
    try:
        with transaction.atomic(), unit_context(them.unit.id):
            record("isolation.upset", actor=JOB, now=now())
            raise ValueError  # noqa: TRY301 - the exception is the point
    except ValueError:
        place = _sql("SELECT current_user::text, current_schema()::text")
        return place == (us.unit.schema_name,) * 2 and current_unit_id() == us.unit.id
    return False


def messages(world: World, us: Side, them: Side, found: Findings) -> None:
    """A job runs in the unit that its message names, or not at all."""
    seen = PLACES
    for scope, is_own in ((str(us.unit.id), True), ("", False), (str(uuid7()), False)):
        seen.clear()
        with undone():
            try:
                _call(scope)
            except (jobs.NoScope, jobs.UnknownScope):
                ran = "refused"
            except Exception as error:  # noqa: BLE001 - any other end is no clear refusal
                ran = type(error).__name__
            else:
                ran = "done"
        is_right = (ran == "done" and seen == [scope]) if is_own else ran == "refused"
        found.cell("message", is_right, scope, ran, seen)
    held = _raises(lambda: _left_elsewhere(us, them), jobs.LeftElsewhere, jobs.NoSchema)
    found.cell("message", held, "left the connection elsewhere")


PLACES: list[str] = []


@jobs.job()
def note_place() -> None:
    """A job that says where it ran."""
    PLACES.append(str(current_unit_id()))


def _call(scope: str) -> None:
    """As a worker does it, with the headers of a message."""
    with shared_context():
        note_place.task.apply(headers={jobs.HEADER: scope} if scope else {}, throw=True)


def _left_elsewhere(us: Side, them: Side) -> None:
    with jobs.job_context(str(us.unit.id)):
        connection.set_tenant(them.unit)


def life(world: World, us: Side, them: Side, found: Findings) -> None:
    """A unit that is suspended is not entered for work, by anybody."""
    with undone():
        with shared_context():
            type(us.unit).objects.filter(pk=us.unit.pk).update(state="suspended")
        entered = _raises(lambda: unit_context(us.unit.id).__enter__(), DomainError)
        found.cell("life", entered, "work in a suspended unit")
    with undone():
        with shared_context():
            type(us.unit).objects.filter(pk=us.unit.pk).update(state="read_only")
        written = _raises(lambda: _write_in(us), DatabaseError)
        found.cell("life", written, "a write in a read-only unit")


def _write_in(side: Side) -> None:
    with unit_context(side.unit.id):
        record("isolation.write", actor=JOB, now=now())


def policies(world: World, us: Side, them: Side, found: Findings) -> None:
    """A role counts in its own sub-tree only, whatever other roles the person has elsewhere."""
    actor = Actor(
        kind="person",
        person_id=uuid7(),
        holdings=(Holding("secretary", "00010001"), Holding("treasurer", "00010002")),
    )
    for path, is_open in (("000100010001", True), ("000100020001", False), ("0001", False)):
        on = SimpleNamespace(org_path=path)
        found.cell("policy", can(actor, "members:edit", on) == is_open, path)
    found.cell("policy", not can(actor, "no:such", None), "a permission that nobody declared")
    found.cell("policy", not can(Actor(), "members:browse", None), "nobody")


AN_HOUR = dt.timedelta(hours=1)
PROBES = (policies, cached, files, keys, rows, shared_rows, connections_, messages, life)
