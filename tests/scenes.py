"""Scenes: rows with which the tests of a file begin, made once and found by each as they were made.

A scene is made in a transaction around those of the tests.  What a test does to it is rolled back
with the test, and the scene itself before the first test that asks for another one or for none.
One may stand on another.  The tests of a file are put in such an order that each is made once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from inspect import isgeneratorfunction
from typing import Any

import pytest
from django.db import connection, transaction

from kernel.unit import unit_context
from tenants.models import Unit

Fixture = Callable[..., Any]


@dataclass
class _Standing:
    fixture: Fixture
    made: Any
    transaction: ExitStack


_standing: list[_Standing] = []


def scene(make: Callable[..., Any], *, on: Any = None, is_copied: bool = True) -> Any:
    """A fixture: what ``make`` returned in the unit alpha, given what the scene ``on`` returned.

    Each test has a copy of its own, so nothing that it does to the objects reaches the next;
    unless they are made to be shared.  If ``make`` yields, it goes on when the scene is left.
    """

    def fixture(alpha):
        made = next(one.made for one in _standing if one.fixture is fixture)
        return copy.deepcopy(made) if is_copied else made

    fixture.make, fixture.on = make, on and on.__wrapped__
    return pytest.fixture(fixture)


def together(items: list[pytest.Item], place_of: Callable[[str], str]) -> None:
    """Tests of the same scene one after the other, within what one test process runs."""
    places: dict[str, int] = {}
    numbers: dict[Fixture, int] = {}
    keys = {}
    for item in items:
        place = places.setdefault(place_of(item.nodeid), len(places))
        chain = tuple(numbers.setdefault(one, len(numbers)) for one in _wanted(item))
        keys[item] = (place, chain)
    items.sort(key=keys.__getitem__)


def leave_what_is_not_wanted(item: pytest.Item | None) -> None:
    """Before a test's own transaction begins; all scenes if there is no further test."""
    wanted = _wanted(item) if item else []
    kept = 0
    while kept < len(_standing) and wanted[kept : kept + 1] == [_standing[kept].fixture]:
        kept += 1
    while len(_standing) > kept:
        _standing.pop().transaction.close()


@pytest.fixture(autouse=True)
def _scenes(request):
    """Makes what the test wants and does not stand yet; before its own transaction begins."""
    missing = _wanted(request.node)[len(_standing) :]
    if missing:
        request.getfixturevalue("django_db_setup")
        for fixture in missing:
            _make(fixture, request.getfixturevalue("django_db_blocker").unblock)


def _make(fixture: Fixture, unblocked: Callable[[], Any]) -> None:
    below = [copy.deepcopy(_standing[-1].made)] if fixture.on else []
    with ExitStack() as stack:
        stack.enter_context(_rolled_back(unblocked))
        with unblocked(), unit_context(Unit.objects.get(label="alpha").id):
            if isgeneratorfunction(fixture.make):
                made = stack.enter_context(contextmanager(fixture.make)(*below))
            else:
                made = fixture.make(*below)
        _standing.append(_Standing(fixture, made, stack.pop_all()))


@contextmanager
def _rolled_back(unblocked: Callable[[], Any]) -> Iterator[None]:
    around = transaction.atomic()
    around._from_testcase = True  # what the product holds durable may nest
    with unblocked():
        around.__enter__()
    try:
        yield
    finally:
        with unblocked():
            connection.set_schema_to_public()
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


def _wanted(item: pytest.Item) -> list[Fixture]:
    """The scenes of a test, the lowest first."""
    info = getattr(item, "_fixtureinfo", None)
    named = [each[-1].func for each in info.name2fixturedefs.values()] if info else []
    found = [one for one in named if hasattr(one, "make")]
    chains = [_chain(one) for one in found]
    chain = max(chains, key=len, default=[])
    if not set(found) <= set(chain):
        raise pytest.UsageError(f"{item.nodeid} asks for scenes beside each other")
    return chain


def _chain(fixture: Fixture) -> list[Fixture]:
    return [*(_chain(fixture.on) if fixture.on else []), fixture]
