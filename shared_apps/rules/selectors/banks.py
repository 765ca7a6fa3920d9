"""The banks at which dues may be kept (Art. 24; rulebook 4.7), as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from shared_apps.rules.models import RulePack

from .packs import NoRulesInForce


class AllowedBank(NamedTuple):
    """``cnaps`` is what the numbers of its branches in the payment system begin with."""

    code: str
    label: str
    cnaps: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """The list in force from a day, with the article that it comes from."""

    effective_from: dt.date
    effective_to: dt.date | None
    article: str
    banks: tuple[AllowedBank, ...]


def allowed(on: dt.date) -> Allowed:
    """The list in force on a day; raises NoRulesInForce."""
    for one in _lists():
        if one.effective_from <= on and (one.effective_to is None or on <= one.effective_to):
            return one
    forget()  # perhaps asked before the first ``setup``
    raise NoRulesInForce(on=on.isoformat())


def forget() -> None:
    """Drops what this process remembers; for the service that stores packs."""
    _lists.cache_clear()


@lru_cache(maxsize=1)
def _lists() -> tuple[Allowed, ...]:
    rows = RulePack.objects.filter(code="banks").order_by("-effective_from")
    return tuple(read_banks(row.content) for row in rows)


def read_banks(content: Mapping[str, Any]) -> Allowed:
    """Turns a pack file into the object; a malformed file raises KeyError or ValueError."""
    ends = content["effective_to"]
    return Allowed(
        dt.date.fromisoformat(content["effective_from"]),
        dt.date.fromisoformat(ends) if ends else None,
        content["document"] + content["article"],
        tuple(AllowedBank(one["code"], one["label"], one["cnaps"]) for one in content["banks"]),
    )
