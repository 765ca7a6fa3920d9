"""The whole battery and its mutation run, for the tests and for ``bench isolation``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction

from kernel import crypto
from kernel.unit import unit_context
from tenants.models import Unit
from tests.isolation import applicants, database, doors, inside, pages, visitors, world
from tests.isolation.findings import Enough, Findings
from tests.isolation.mutants import CODE, STATEMENTS
from tests.isolation.mutation import Mutant, Statement, red_cell
from tests.isolation.world import World

PAGES = (
    pages.foreign_keys_in_paths,
    pages.own_keys_in_paths,
    pages.lists_and_sprays,
    pages.scopes_inside,
    pages.seats_elsewhere,
    pages.console_roles,
    pages.keys_in_bodies,
)
PROBES = (*PAGES, *visitors.PROBES, *doors.PROBES, *applicants.PROBES, *inside.PROBES)


@contextmanager
def furnished(alpha: Unit, beta: Unit) -> Iterator[World]:
    """The two units with their canaries, in a transaction that is rolled back."""
    work = transaction.atomic()
    work._from_testcase = True  # type: ignore[attr-defined]  # what views hold durable may nest
    with work:
        made = world.build(alpha, beta)
        with world.listening(made):
            yield made
        transaction.set_rollback(True)


def run_probe(made: World, probe: Any, found: Findings, *, is_turned: bool = False) -> None:
    """One probe in a savepoint of its own; ``is_turned`` has beta ask for alpha's things."""
    us, them = (made.beta, made.alpha) if is_turned else (made.alpha, made.beta)
    tenant = connection.tenant
    with doors.undone():
        connection.set_schema_to_public()
        try:
            probe(made, us, them, found)
        finally:
            connection.set_tenant(tenant)


def survivors(made: World, mutants: Iterable[Mutant] = CODE) -> list[str]:
    """The mutants of the code that no probe turned red."""
    alive = []
    for mutant in mutants:
        _forget_signing_keys(made)
        seen = red_cell(lambda probe, found: run_probe(made, probe, found), mutant)
        if not seen:
            alive.append(mutant.name)
    _forget_signing_keys(made)
    return alive


def _forget_signing_keys(made: World) -> None:
    """Ciphers are at hand, and derive again what they sign with: mutants change how."""
    ciphers = [crypto.platform_cipher()]
    for side in (made.alpha, made.beta):
        with unit_context(side.unit.id):
            ciphers.append(crypto.unit_cipher())
    for cipher in ciphers:
        cipher._signing.clear()


def probe_database(us: Unit, them: Unit, found: Findings, probe: Any, before: str = "") -> None:
    """A probe of the database, after a statement that takes a control away."""
    names = {"us": us.schema_name, "them": them.schema_name}
    roles = (us.schema_name, them.schema_name, settings.SHARED_DATABASE_ROLE)
    with database.owner_transaction(*roles) as cursor:
        if before:
            cursor.execute(before.format(**names, shared=settings.SHARED_DATABASE_ROLE))
        probe(cursor, us, them, found)


def surviving_statements(
    us: Unit, them: Unit, statements: Iterable[Statement] = STATEMENTS
) -> list[str]:
    """The statements that took a control of the database away unseen."""
    alive = []
    for statement in statements:
        found = Findings(is_hasty=True)
        try:
            with suppress(Enough):
                for probe in statement.probes:
                    probe_database(us, them, found, probe, statement.sql)
        except psycopg.errors.InsufficientPrivilege:
            continue  # not even the owner's login may take this one away
        if not found.leaks:
            alive.append(statement.name)
    return alive
