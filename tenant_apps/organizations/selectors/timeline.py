"""Turns in words, for lists beside a drawing and for whoever does not see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tenant_apps.organizations.models import Kind, Organization, Turn, TurnKind

_SENTENCES: Final[Mapping[str, str]] = {
    TurnKind.FOUNDED: "成立{from_}",
    TurnKind.MOVED: "改隶「{other}」",
    TurnKind.GAINED: "「{other}」并入，转来党员 {members} 名",
    TurnKind.PARTED: "分出「{other}」，转去党员 {members} 名",
    TurnKind.MERGED: "并入「{other}」",
    TurnKind.DISSOLVED: "撤销{into}",
}


@dataclass(frozen=True, slots=True)
class TurnEntry:
    """One line: the day, whose, what, why and by which document; ``paper`` names its file."""

    day: dt.date
    org_id: UUID
    organization: str
    text: str
    reason: str
    document: str
    kind: str
    act: UUID
    paper: str = ""


def entries_of(turns: Iterable[Turn]) -> list[TurnEntry]:
    """The lines of these turns, with the names of today in one statement."""
    told = list(turns)
    names = _names(told)
    return [
        TurnEntry(
            day=turn.happened_on,
            org_id=turn.org_id,
            organization=names.get(turn.org_id, ""),
            text=_text(turn, names),
            reason=turn.reason,
            document=turn.document,
            kind=turn.kind,
            act=turn.act,
            paper=turn.data.get("paper", {}).get("name", ""),
        )
        for turn in told
    ]


def _names(turns: Sequence[Turn]) -> dict[UUID, str]:
    """What each is called; a Party group after the branch that it belongs to, or belonged to last,
    for every branch has a first one.
    """
    branches: dict[UUID, UUID] = {}
    for turn in turns:
        for state in (turn.before, turn.after):
            if state and state.get("kind") == Kind.GROUP and state.get("parent"):
                branches[turn.org_id] = UUID(state["parent"])
    ids = {turn.org_id for turn in turns} | {turn.other_id for turn in turns if turn.other_id}
    rows = Organization.objects.filter(pk__in=ids | set(branches.values()))
    found = {
        pk: (short or name, kind, above or above_name or "")
        for pk, short, name, kind, above, above_name in rows.values_list(
            "pk", "short_name", "name", "kind", "parent__short_name", "parent__name"
        )
    }
    names = {pk: name for pk, (name, _, _) in found.items()}
    for pk, (name, kind, above) in found.items():
        if kind == Kind.GROUP:
            last = found.get(branches[pk], ("",))[0] if pk in branches else ""
            names[pk] = f"{above or last}{name}"
    return names


def _text(turn: Turn, names: Mapping[UUID, str]) -> str:
    before, after = turn.before or {}, turn.after or {}
    if turn.kind == TurnKind.REVISED:
        return "；".join(_changed(before, after))
    if turn.kind == TurnKind.RETYPED:
        return f"由{_kind(before)}改设为{_kind(after)}"
    other = names.get(turn.other_id, "") if turn.other_id else ""
    return _SENTENCES[turn.kind].format(
        other=other,
        members=turn.data.get("members", 0),
        from_=f"，由「{other}」分出" if other else "",
        into=f"，党员和下级组织转入「{other}」" if other else "",
    )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    lines = []
    if before.get("name") != after.get("name"):
        lines.append(f"更名：{before.get('name')} → {after.get('name')}")
    elif before.get("short_name") != after.get("short_name"):
        lines.append(f"简称：{before.get('short_name')} → {after.get('short_name')}")
    if before.get("kind") != after.get("kind"):
        lines.append(f"类型更正：{_kind(before)} → {_kind(after)}")
    return lines


def _kind(state: Mapping[str, Any]) -> str:
    return str(Kind(state["kind"]).label)
