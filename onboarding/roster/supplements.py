"""Sheets that say more about people listed elsewhere: a sheet of dues bases beside the roster.

Such a sheet names people and their identity numbers but neither organisation nor admission, and
most of its people stand in another sheet.  Its rows fill what that sheet has no column for; they
are not people listed twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from kernel.sheets.reading import Cell

from .fields import Field
from .rows import MemberSheet, Walk
from .values import identity_key

More = Mapping[str, Mapping[Field, Cell]]
_FILLS = (
    Field.DUES_BASE,
    Field.PENSION,
    Field.DUES_CATEGORY,
    Field.RETIRED,
    Field.PHONE,
    Field.POSTS,
)


def set_apart(sources: list[MemberSheet]) -> tuple[list[MemberSheet], list[MemberSheet]]:
    """The sheets of people, and those that only say more about them."""
    full = [one for one in sources if not _is_slight(one)]
    slight = [one for one in sources if _is_slight(one)]
    if not full or not slight:
        return sources, []
    listed = {key for one in full for key in _keys(one)}
    more = [one for one in slight if _mostly_in(_keys(one), listed)]
    return [one for one in sources if one not in more], more


def gathered(supplements: list[MemberSheet]) -> More:
    """Identity number -> what the supplements say; who stands there twice is left out."""
    found: dict[str, dict[Field, Cell]] = {}
    for source in supplements:
        at = source.mapped.index(Field.IDENTITY)
        places = {one: i for one in _FILLS if (i := source.mapped.index(one)) is not None}
        seen: set[str] = set()
        for _, cells, _ in Walk(source):
            key = identity_key(cells[at]) if at is not None else ""
            if key in seen:
                found.pop(key, None)
            elif key:
                filled = {one: cells[i] for one, i in places.items() if cells[i] != ""}
                found.setdefault(key, {}).update(filled)
            seen.add(key)
    return found


def _is_slight(source: MemberSheet) -> bool:
    has = source.mapped.index
    placed = source.levels or has(Field.MEMBER_ORG_CODE) is not None
    return not placed and has(Field.JOINED) is None and has(Field.PERSON_CATEGORY) is None


def _keys(source: MemberSheet) -> list[str]:
    at = source.mapped.index(Field.IDENTITY)
    return [identity_key(cells[at]) for _, cells, _ in Walk(source)] if at is not None else []


def _mostly_in(keys: list[str], listed: set[str]) -> bool:
    return bool(keys) and sum(key in listed for key in keys) * 2 >= len(keys)
