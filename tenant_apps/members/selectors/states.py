"""The special states of rulebook 2.5 with their clocks: who is in one, what is due, and why.

A clock computes and reminds; what it says may be resolved is a suggestion, never a decision
(rulebook 0.2 rule 5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Max, QuerySet

from kernel.actor import Actor
from kernel.clock import months_later
from tenant_apps.members.models import ChangeKind, Entry, EntryKind, Member, Standing, whole_months
from tenant_apps.members.selectors.former import former_visible_to
from tenant_apps.members.selectors.lists import members_visible_to
from tenant_apps.members.selectors.turns import SUSPENDED_MONTHS

AWAY_MONTHS: Final = 6
"""Who cannot attend for so long is a mobile member."""
LOST_MONTHS: Final = 6
"""From so many months without contact on a member is lost, and suspension can be studied."""
ABROAD_MONTHS: Final = 60
CONTACT_MONTHS: Final = 6
AMENDS_MONTHS, AMENDS_MOST = 6, 12
SOON: Final = dt.timedelta(days=30)


class StateKind(StrEnum):
    """A state; the value names it in addresses."""

    AWAY = "away"
    LOST = "lost"
    ABROAD = "abroad"
    AMENDS = "amends"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class StateRule:
    """What the pages say of a state.  ``entry`` is the set in which its rows lie, ``column`` the
    day in the file on which it began; suspension is an event and has neither.
    """

    kind: StateKind
    label: str
    rule: str
    began: str
    ended: str
    entry: EntryKind | None = None
    column: str = ""
    keeps_contact: bool = False


STATES: Final[Mapping[StateKind, StateRule]] = {
    rule.kind: rule
    for rule in (
        StateRule(
            StateKind.AWAY, "流动党员",
            "外出 6 个月以上、不能正常参加所在支部组织生活而组织关系未转出的，登记为流动党员；"
            "原支部保持经常联系，至少每半年联系一次。",
            "外出日期", "返回日期", EntryKind.AWAY, "away_since", keeps_contact=True,
        ),
        StateRule(
            StateKind.LOST, "失联党员",
            "与党组织失去联系 6 个月以上；失联日期按最后一次参加组织生活或交纳党费的日期认定。"
            "经查找仍无法取得联系的，可研究停止党籍。",
            "失去联系日期", "恢复联系日期", EntryKind.LOST, "lost_since",
        ),
        StateRule(
            StateKind.ABROAD, "出国（境）党员",
            "出国（境）保留党籍一般不超过 5 年，党组织每半年至少联系一次；"
            "超过 5 年未归的，可研究停止党籍。",
            "出境日期", "回国日期", EntryKind.ABROAD, "abroad_since", keeps_contact=True,
        ),
        StateRule(
            StateKind.AMENDS, "限期改正",
            "限期改正一般 6 个月，最长不超过 1 年；期间党员权利义务不变。"
            "期满由支部大会作出评议和处理。",
            "起始日期", "结束日期", EntryKind.AMENDS,
        ),
        StateRule(
            StateKind.SUSPENDED, "停止党籍",
            "停止党籍两年内可以书面申请恢复；两年后仍无法取得联系的，可按规定予以除名。",
            "停止日期", "",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """What a state asks for next, from which day on, and on what that rests."""

    on: dt.date
    text: str
    basis: str

    def is_over(self, today: dt.date) -> bool:
        return self.on <= today

    def tone(self, today: dt.date) -> str:
        if self.on <= today:
            return "late"
        return "warn" if self.on - today <= SOON else "mute"


@dataclass(frozen=True, slots=True)
class StateRow:
    """One member in one state.  ``entry`` holds what was registered, ``contacted_on`` the last
    contact, ``dues`` what is due, the earliest first.
    """

    member: Member
    kind: StateKind
    since: dt.date
    entry: Entry | None
    contacted_on: dt.date | None
    dues: tuple[Due, ...]

    @property
    def place(self) -> str:
        """Where the person is, where that was registered."""
        data = self.entry.data if self.entry else {}
        return str(data.get("destination") or data.get("country") or "")

    @property
    def cause(self) -> str:
        """Why, in the words that were registered."""
        data = self.entry.data if self.entry else {}
        return str(data.get("reason") or data.get("purpose") or "")

    def months(self, today: dt.date) -> int:
        return whole_months(self.since, today)


def dues_of(
    kind: StateKind,
    *,
    since: dt.date,
    contacted_on: dt.date | None = None,
    until: dt.date | None = None,
) -> tuple[Due, ...]:
    """The clocks of a state that began on ``since``, by calendar months (rulebook 0.2 rule 10).

    ``until`` is the end of a time to make amends.
    """
    found: list[Due] = []
    if STATES[kind].keeps_contact:
        last = max(since, contacted_on or since)
        found.append(
            Due(
                months_later(last, CONTACT_MONTHS), "应联系一次",
                f"最近联系 {last}，每半年至少联系一次",
            )
        )  # fmt: skip
    if kind == StateKind.LOST:
        found.append(
            Due(
                months_later(since, LOST_MONTHS), "可研究停止党籍",
                f"{since} 起失联，满 {LOST_MONTHS} 个月",
            )
        )  # fmt: skip
    if kind == StateKind.ABROAD:
        found.append(
            Due(
                months_later(since, ABROAD_MONTHS), "超过 5 年未归，可研究停止党籍",
                f"{since} 出境，满 5 年",
            )
        )  # fmt: skip
    if kind == StateKind.AMENDS:
        end = until or months_later(since, AMENDS_MONTHS)
        found.append(Due(end, "期满，召开支部大会评议", f"{since} 起限期改正，至 {end}"))
    if kind == StateKind.SUSPENDED:
        end = months_later(since, SUSPENDED_MONTHS)
        found.append(Due(end, "满两年，可研究予以除名", f"{since} 停止党籍，两年内可申请恢复"))
    return tuple(sorted(found, key=lambda due: due.on))


def in_state(actor: Actor, kind: StateKind, *, org_path: str = "") -> QuerySet[Member]:
    """The members in a state within the actor's sub-trees, who is in it longest first."""
    rule = STATES[kind]
    if kind == StateKind.SUSPENDED:
        return (
            former_visible_to(actor, kind=ChangeKind.SUSPENDED, org_path=org_path)
            .filter(standing=Standing.SUSPENDED)
            .order_by("left_on", "id")
        )
    members = members_visible_to(actor, org_path=org_path)
    if rule.column:
        return members.filter(**{f"{rule.column}__isnull": False}).order_by(rule.column, "id")
    return members.filter(pk__in=open_rows(kind).values("member_id")).order_by("name_pinyin", "id")


def open_rows(kind: StateKind) -> QuerySet[Entry]:
    """The rows of a state that have not ended."""
    rows: QuerySet[Entry] = Entry.objects.filter(
        kind=STATES[kind].entry, ended_on=None, struck_at=None
    )
    return rows


def rows_of(members: Iterable[Member], kind: StateKind) -> list[StateRow]:
    """The members of a page with what is due, in two statements."""
    shown = list(members)
    ids = [member.pk for member in shown]
    rule = STATES[kind]
    entries = _newest(open_rows(kind).filter(member_id__in=ids)) if rule.entry else {}
    contacts = last_contacts(ids) if rule.keeps_contact else {}
    return [_row(member, kind, entries.get(member.pk), contacts.get(member.pk)) for member in shown]


def last_contacts(member_ids: Iterable[UUID]) -> dict[UUID, dt.date]:
    """The day of the last recorded contact of each."""
    rows = Entry.objects.filter(
        member_id__in=list(member_ids), kind=EntryKind.CONTACT, struck_at=None
    )
    return dict(rows.values_list("member_id").annotate(last=Max("began_on")).order_by())


def counts(actor: Actor, *, org_path: str = "") -> dict[StateKind, int]:
    """How many are in each state."""
    return {kind: in_state(actor, kind, org_path=org_path).count() for kind in StateKind}


def overdue(actor: Actor, kind: StateKind, *, today: dt.date) -> tuple[int, dt.date | None]:
    """How many members of a state have something due, and since when the first has."""
    rows = rows_of(in_state(actor, kind)[:_MOST_LOOKED_AT], kind)
    late = [row.dues[0].on for row in rows if row.dues and row.dues[0].is_over(today)]
    return len(late), min(late, default=None)


_MOST_LOOKED_AT: Final = 2_000


def states_of(member: Member) -> list[StateRow]:
    """The states in which one member is."""
    found = []
    for kind, rule in STATES.items():
        if kind == StateKind.SUSPENDED:
            is_in = member.standing == Standing.SUSPENDED
        elif rule.column:
            is_in = getattr(member, rule.column) is not None
        else:
            is_in = open_rows(kind).filter(member=member).exists()
        if is_in:
            found += rows_of([member], kind)
    return found


def _row(
    member: Member, kind: StateKind, entry: Entry | None, contacted_on: dt.date | None
) -> StateRow:
    column = "left_on" if kind == StateKind.SUSPENDED else STATES[kind].column
    began = getattr(member, column) if column else entry.began_on if entry else None
    since: dt.date = began or member.created_at.date()
    until = entry.data.get("until") if entry and kind == StateKind.AMENDS else None
    dues = dues_of(
        kind,
        since=since,
        contacted_on=contacted_on,
        until=dt.date.fromisoformat(until) if until else None,
    )
    return StateRow(member, kind, since, entry, contacted_on, dues)


def _newest(entries: QuerySet[Entry]) -> dict[UUID, Entry]:
    return {entry.member_id: entry for entry in entries.order_by("began_on", "recorded_at")}
