"""The collection report (收缴报表): one dimension at a time, tied to the books and to the channels'
bills (rulebook 10.6; payments.md A14).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from shared_apps.payments.selectors import Channel
from shared_apps.reconciliation.selectors.sums import billed_by_day
from shared_apps.rules import selectors as rules
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.collected import (
    ENTRUSTED,
    OWN,
    By,
    Collected,
    CollectedLines,
    Stretch,
    collected,
    held_by_day,
)
from tenant_apps.treasury.selectors.balances import require_browsing, turnovers
from tenant_apps.treasury.selectors.places import (
    is_over_all,
    names_by_path,
    place_at,
    places_of,
    scopes_of,
)

LABELS: Final = {
    By.ORG: "组织",
    By.MONTH: "所属月份",
    By.CATEGORY: "党员类别",
    By.CHANNEL: "交纳渠道",
    By.KIND: "款项",
}
_UNKNOWN: Final = {
    By.ORG: "未归属组织",
    By.MONTH: "不分月份",
    By.CATEGORY: "不分类别",
    By.CHANNEL: "其他方式",
    By.KIND: "其他款项",
}
_WAYS: Final = {chart.COUNTER: "现金", chart.BANK: "直接存入专户"}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its name; ``is_own`` is the organisation itself without those below it."""

    figure: Collected
    label: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """A sum of the report beside another source's, fen; they agree or they do not."""

    label: str
    ours_fen: int
    theirs_fen: int
    waiting_fen: int = 0

    @property
    def off_fen(self) -> int:
        return self.ours_fen - self.theirs_fen


@dataclass(frozen=True, slots=True)
class Report:
    """``books`` ties the total to the accounts; ``channels`` each channel's account to its bills,
    the days of which a bill is there (``waiting_fen``: those of which it is not), and are told to
    whoever sees the whole unit only.
    """

    by: By
    stretch: Stretch
    rows: tuple[Row, ...]
    books: Tie
    channels: tuple[Tie, ...]

    @property
    def payments(self) -> int:
        return sum(row.figure.payments for row in self.rows)

    @property
    def received_fen(self) -> int:
        return sum(row.figure.received_fen for row in self.rows)

    @property
    def returned_fen(self) -> int:
        return sum(row.figure.returned_fen for row in self.rows)

    @property
    def net_fen(self) -> int:
        return self.received_fen - self.returned_fen


def collection(actor: Actor, *, by: By, first: dt.date, last: dt.date, below: str = "") -> Report:
    """The report over the days from ``first`` to ``last`` in the actor's sub-trees.

    Raises PlaceNotFound for a place outside.
    """
    stretch = _stretch(actor, first, last, below)
    figures = collected(by, stretch)
    names = names_by_path() if by is By.ORG else {}
    rows = tuple(
        Row(one, name_of(by, one.key, names), by is By.ORG and one.key == stretch.below)
        for one in figures
    )
    booked = Tie(
        "账簿", sum(one.booked_fen for one in figures), _in_books(actor, first, last, below)
    )
    is_whole = is_over_all(actor) and not below
    return Report(by, stretch, rows, booked, _channels(first, last) if is_whole else ())


def lines_behind(
    actor: Actor, *, by: By, key: str, first: dt.date, last: dt.date, below: str = ""
) -> CollectedLines:
    """The lines behind one figure of that report."""
    return CollectedLines(by, _stretch(actor, first, last, below), key)


def name_of(by: By, key: str, names: dict[str, str]) -> str:
    """What a figure is called; ``names`` are those of the organisations, by path."""
    if not key:
        return _UNKNOWN[by]
    if by is By.ORG:
        return names.get(key, "已调整的组织")
    if by is By.MONTH:
        return Month(int(key)).label
    if by is By.CATEGORY:
        pack = rules.dues_pack(clock.today())
        known = pack.rated.get(key) or pack.fixed.get(key)
        return known.label if known else key
    if by is By.CHANNEL:
        return _WAYS.get(key) or Channel.word_for(key)
    return chart.label_of(key)


def _stretch(actor: Actor, first: dt.date, last: dt.date, below: str) -> Stretch:
    require_browsing(actor)
    place_at(actor, below)
    scopes = scopes_of(actor)
    like = (below,) if below else scopes
    roots = [place.path for place in places_of(actor)]
    outermost = below or (min(roots, key=len) if roots else "")
    if any(not path.startswith(outermost) for path in roots if not below):
        outermost = ""
    return Stretch(first, last, tuple(f"{path}%" for path in like), outermost)


def _in_books(actor: Actor, first: dt.date, last: dt.date, below: str) -> int:
    """What the accounts say: net of the unit's own, received of what is entrusted."""
    rows = turnovers(actor, first, last, below=below)
    own = sum(row.credit_fen - row.debit_fen for row in rows if row.number in OWN)
    return own + sum(row.credit_fen for row in rows if row.number in ENTRUSTED)


def _channels(first: dt.date, last: dt.date) -> tuple[Tie, ...]:
    billed = {(one.channel, one.mchid, one.day): one for one in billed_by_day(first, last)}
    ours: dict[str, int] = defaultdict(int)
    theirs: dict[str, int] = defaultdict(int)
    waiting: dict[str, int] = defaultdict(int)
    for one in billed.values():
        theirs[one.channel] += one.in_fen - one.out_fen
    for held in held_by_day(first, last):
        net = held.received_fen - held.returned_fen
        known = (held.channel, held.mchid, held.day) in billed
        (ours if known else waiting)[held.channel] += net
    return tuple(
        Tie(Channel.word_for(name), ours[name], theirs[name], waiting[name])
        for name in sorted({*ours, *theirs, *waiting})
        if ours[name] or theirs[name] or waiting[name]
    )
