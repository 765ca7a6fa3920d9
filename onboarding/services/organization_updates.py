"""Organisation sets of the exchange format held against the tree (rulebook 8.3 and 8.4).

What is written about an organisation is proposed and applied: names, code, contact, region, the
units behind it, organisations that are not there yet.  What people resolve on is only reported:
another superior, another type, an end (rulebook 1.1, 1.2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.masks import masked
from onboarding.exchange.checking import Record
from onboarding.exchange.sets import ExchangeSet
from tenant_apps.members.selectors.updates import RowKind, RowOutcome
from tenant_apps.members.services.proposing import Pairs, Proposal, Refused, applied_row
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import contacts, exchange
from tenant_apps.organizations.services import founding, merging, revising
from tenant_apps.organizations.services.sheets import Sheet, sheet_of
from tenant_apps.organizations.services.turns import Decision

_WRITTEN: Final = (
    "name", "short_name", "code", "founded_on", "contact", "contact_phone", "unit_situation",
    "region",
)  # fmt: skip
_BEHIND: Final = ("unit_name", "unit_nature", "credit_code")
_SEALED: Final = "contact_phone"
_DAY: Final = "founded_on"
_JOINED: Final = "、"
_CHANGED_SINCE: Final = "核对之后，这个党组织的同一项又有更改"
_MOST_NAME: Final = 60


@dataclass(slots=True)
class Found:
    """Proposals in the order in which they can be applied, figures, and what is only reported."""

    proposals: list[Proposal] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"rows": 0, "unchanged": 0})
    left_out: list[tuple[int, str]] = field(default_factory=list)


def compare(records: Sequence[Record], wanted: ExchangeSet, paths: tuple[str, ...]) -> Found:
    """Holds a whole file against the organisations of the sub-trees ``paths``."""
    return _Comparison(wanted, paths).of(records)


class _Comparison:
    def __init__(self, wanted: ExchangeSet, paths: tuple[str, ...]) -> None:
        self._keys = {one.key for one in wanted.fields}
        known = exchange.organization_records(paths, is_full=True, with_ended=False)
        self._ids = {record["uid"]: pk for pk, record in known}
        self._here = {record["uid"]: record for _, record in known}
        self._by_code = {
            record["code"]: uid for uid, record in self._here.items() if record["code"]
        }
        self._by_name: dict[str, list[str]] = {}
        for uid, record in self._here.items():
            self._by_name.setdefault(record["name"], []).append(uid)
        self._named: set[str] = set()
        self._fresh: dict[str, str] = {}
        self._coming: set[str] = set()
        self._found = Found()

    def of(self, records: Sequence[Record]) -> Found:
        fresh: list[Record] = []
        for record in records:
            self._found.counts["rows"] += 1
            uid = self._match(record.values)
            if uid:
                self._named.add(uid)
                self._differs(record, self._here[uid], self._ids[uid])
            else:
                fresh.append(record)
        self._found.proposals += self._founded(fresh)
        self._found.proposals += [
            Proposal("", RowKind.MISSING, record["name"], org_id=self._ids[uid])
            for uid, record in self._here.items()
            if uid not in self._named
        ]
        return self._found

    def _match(self, given: Mapping[str, Any]) -> str:
        """By the identifier, else by the code, else by a name that only one bears."""
        uid = str(given.get("uid", ""))
        if uid in self._here:
            return uid
        by_code = self._by_code.get(str(given.get("code", "")), "")
        named = self._by_name.get(str(given.get("name", "")), [])
        return by_code or (named[0] if len(named) == 1 else "")

    def _differs(self, record: Record, here: Mapping[str, Any], org_id: UUID) -> None:
        given = record.values
        pairs: dict[str, tuple[Any, Any]] = {
            key: (_plain(here[key]), _plain(given[key]))
            for key in _WRITTEN
            if key in given and given[key] != (here[key] or "") and "*" not in str(given[key])
        }
        pairs |= self._behind(given, here)
        for rule, is_so in self._resolved(given, here):
            if is_so:
                self._found.left_out.append((record.row, rule))
        if not pairs:
            self._found.counts["unchanged"] += 1
            return
        self._found.proposals.append(_change(record, here["name"], org_id, pairs))

    def _behind(
        self, given: Mapping[str, Any], here: Mapping[str, Any]
    ) -> dict[str, tuple[Any, Any]]:
        """A unit behind the organisation that is not entered yet."""
        known = set(str(here["unit_name"]).split(_JOINED))
        name = str(given.get("unit_name", ""))
        if not name or given.get("unit_situation") == "SAME" or set(name.split(_JOINED)) <= known:
            return {}
        return {key: (here[key], given[key]) for key in _BEHIND if given.get(key)}

    def _resolved(
        self, given: Mapping[str, Any], here: Mapping[str, Any]
    ) -> list[tuple[str, bool]]:
        parent = str(given.get("parent_uid", ""))
        return [
            ("kind_differs", given.get("kind", here["kind"]) != here["kind"]),
            ("parent_differs", parent in self._here and parent != here["parent_uid"]),
            ("ended_in_file", bool(given.get("is_deleted"))),
        ]

    def _founded(self, fresh: list[Record]) -> list[Proposal]:
        """Organisations that are not there, those above before those below them."""
        waiting, made = list(fresh), []
        self._coming = {str(one.values.get("uid", "")) for one in fresh}
        while waiting:
            placed = [one for one in waiting if self._parent_of(one.values)]
            if not placed:
                break
            for one in placed:
                made.append(self._new(one))
                self._fresh[str(one.values.get("uid", ""))] = str(one.values["name"])
            waiting = [one for one in waiting if one not in placed]
        for one in waiting:
            rule = "ended_in_file" if one.values.get("is_deleted") else "parent_unknown"
            self._found.left_out.append((one.row, rule))
        return made

    def _parent_of(self, given: Mapping[str, Any]) -> str:
        """The identifier of the superior, here or in the file; empty where it is neither."""
        if given.get("is_deleted"):
            return ""
        uid = str(given.get("parent_uid", ""))
        if uid and (uid in self._here or uid in self._fresh):
            return uid
        if uid in self._coming:  # its turn comes when that one has a place
            return ""
        named = self._by_name.get(str(given.get("parent_name", "")), [])
        return named[0] if len(named) == 1 else ""

    def _new(self, record: Record) -> Proposal:
        given = record.values
        above = self._parent_of(given)
        keys = ("kind", "uid", "parent_name", *_WRITTEN, *_BEHIND)
        pairs = {key: ("", _plain(given[key])) for key in keys if given.get(key)}
        pairs["above"] = ("", above)
        name = self._here[above]["name"] if above in self._here else self._fresh[above]
        proposal = _change(record, str(given["name"]), self._ids.get(above), pairs)
        return replace(proposal, kind=RowKind.NEW, note=f"设在「{name}」之下")


def _change(
    record: Record, name: str, org_id: UUID | None, pairs: Mapping[str, tuple[Any, Any]]
) -> Proposal:
    shown = {
        key: (masked(str(old or "")), masked(str(new))) if key == _SEALED else (old, new)
        for key, (old, new) in pairs.items()
    }
    sealed = {key: pair for key, pair in pairs.items() if key == _SEALED}
    return Proposal(str(record.row), RowKind.CHANGE, name, shown, sealed, org_id)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value or ""


class OrganizationWriter:
    """Writes a row by the verbs of the tree (``members.services.proposing.Writer``)."""

    def apply(
        self, row: Any, pairs: Pairs, *, reason: str, actor: Actor, now: dt.datetime
    ) -> Mapping[str, Any]:
        if row.kind == RowKind.NEW:
            return self._found(row, pairs, reason, actor, now)
        org = _organization(row.org_id)
        _refuse_changed(org, pairs, 0)
        _revise(org, _news(pairs, 1), reason, actor, now)
        return {"units": self._enter_units(org, pairs, actor, now)}

    def restore(
        self, row: Any, pairs: Pairs, *, reason: str, actor: Actor, now: dt.datetime
    ) -> None:
        if row.kind == RowKind.NEW:
            decision = Decision(on=day_of(now), reason=reason[:400])
            org = _organization(UUID(pairs["made"][1]))
            merging.dissolve(organization=org, into=None, decision=decision, actor=actor, now=now)
            return
        org = _organization(row.org_id)
        _refuse_changed(org, pairs, 1)
        _revise(org, _news(pairs, 0), reason, actor, now)
        for unit in pairs.get("units", ["", []])[1]:
            revising.remove_workplace(
                organization=org, workplace_id=UUID(unit), actor=actor, now=now
            )

    def _found(
        self, row: Any, pairs: Pairs, reason: str, actor: Actor, now: dt.datetime
    ) -> Mapping[str, Any]:
        values = _news(pairs, 1)
        approved = pairs.get("parent_name", ["", ""])[1]
        document = f"{approved}批准（{reason}）"[:80] if approved else ""
        short = values.get("short_name") or values["name"][:_MOST_NAME]
        sheet = Sheet(**{**values, "short_name": short, "kind": pairs["kind"][1]})
        made = founding.create(
            parent=_above(row, pairs), sheet=sheet, document=document, actor=actor, now=now
        )
        units = self._enter_units(made, pairs, actor, now)
        return {"made": str(made.pk), "units": units}

    def _enter_units(self, org: Any, pairs: Pairs, actor: Actor, now: dt.datetime) -> list[str]:
        old, new = pairs.get("unit_name", ("", ""))
        names = [name for name in new.split(_JOINED) if name and name not in old.split(_JOINED)]
        only = len(names) == 1
        return [
            str(
                revising.add_workplace(
                    organization=org,
                    name=name,
                    nature=pairs.get("unit_nature", ["", ""])[1] if only else "",
                    credit_code=pairs.get("credit_code", ["", ""])[1] if only else "",
                    actor=actor,
                    now=now,
                ).pk
            )
            for name in names
        ]


def _news(pairs: Pairs, side: int) -> dict[str, Any]:
    """The old (0) or the new values (1) as the sheet takes them."""
    return {
        key: dt.date.fromisoformat(pair[side]) if key == _DAY and pair[side] else pair[side]
        for key, pair in pairs.items()
        if key in _WRITTEN
    }


def _revise(org: Any, values: dict[str, Any], reason: str, actor: Actor, now: dt.datetime) -> None:
    values = {key: value or None if key == _DAY else value for key, value in values.items()}
    sheet = replace(sheet_of(org), **values)
    revising.revise(organization=org, sheet=sheet, document=reason[:80], actor=actor, now=now)


def _refuse_changed(org: Any, pairs: Pairs, side: int) -> None:
    """Raises Refused where a field says neither what it said then nor what is wanted."""
    for key, value in _news(pairs, side).items():
        now_says = contacts.open_phone(org) if key == _SEALED else getattr(org, key)
        if (now_says or "") != (value or ""):
            raise Refused(_CHANGED_SINCE, RowOutcome.STALE)


def _above(row: Any, pairs: Pairs) -> Any:
    """The superior: here already, or made by an earlier row of the same file."""
    if row.org_id is not None:
        return _organization(row.org_id)
    made = applied_row(row.update_of_id, "uid", pairs["above"][1])
    if made is None:
        raise Refused("上级党组织没有新建成功")
    return _organization(UUID(made["made"][1]))


def _organization(org_id: UUID) -> Any:
    found = organizations.organizations_by_id([org_id]).get(org_id)
    if found is None or found.ended_on is not None:
        raise Refused("党组织已不存在")
    return found
