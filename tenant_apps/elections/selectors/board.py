"""The board of an organisation on a day, with what the rules say of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from tenant_apps.elections.models import Post
from tenant_apps.elections.selectors import cases, electors, inspection, posts
from tenant_apps.elections.selectors.composition import (
    Seat,
    Size,
    dated_wrongly,
    is_of_board,
    problems_of_board,
    size_of,
)


@dataclass(frozen=True, slots=True)
class Board:
    """Posts in office, the leading ones first; ``problems`` in sentences, people decide."""

    posts: list[tuple[Post, str]]
    size: Size
    full_members: int
    elected_on: dt.date | None
    problems: list[str]


def board_of(organization: Any, *, on: dt.date) -> Board:
    rows = list(posts.posts_of(organization.pk, on=on))
    full = electors.full_members(organization.path).count()
    held = cases.last_held(organization.pk)
    field = inspection.field_of(organization)
    seats = posts.seats_of(rows)
    found = problems_of_board(organization.kind, full, seats) if rows else []
    found += [
        f"{row.member.name} 的组织关系已不在本组织，请登记离任。"
        for row in rows
        if not row.member.org_path.startswith(field)
    ]
    if held is not None and held.held_on is not None:
        found += _misdated(rows, seats, held.held_on)
    return Board(
        posts=[(row, posts.label_of(row)) for row in rows],
        size=size_of(organization.kind, full),
        full_members=full,
        elected_on=held.held_on if held else None,
        problems=found,
    )


def _misdated(rows: list[Post], seats: list[Seat], elected_on: dt.date) -> list[str]:
    names = {row.member_id: row.member.name for row in rows if is_of_board(row.code)}
    return [
        f"{names[seat.member]} 的任职日期 {seat.began_on} 与换届日期 {elected_on} 不一致。"
        for seat in dated_wrongly(seats, elected_on)
    ]
