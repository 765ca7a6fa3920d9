"""Members as the exchange sets of rulebook 8.2 ask for them: values by the keys of the sets.

Codes are those of the code tables; numbers are masked unless the caller was allowed the full ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from kernel.crypto import unit_cipher
from kernel.unit import current_unit
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import (
    DECREASES,
    INCREASES,
    Change,
    Entry,
    EntryKind,
    Member,
    party_age,
)
from tenant_apps.members.selectors import ranks
from tenant_apps.organizations.selectors import organizations_by_id
from tenant_apps.organizations.selectors.gates import within

BATCH: Final = 2_000
_GENDERS: Final = {"M": "1", "F": "2"}
_PLAIN: Final = (
    "name", "birth_on", "category", "joined_on", "full_on", "occupation", "standing", "stratum",
    "is_migrant_worker", "household_place", "joined_kind", "conversion", "joined_place",
    "staff_number", "native_place", "work_started_on", "workplace", "department", "job_title",
    "party_age_adjust_months", "probation_until", "lost_since",
)  # fmt: skip
_BY_LABEL: Final = ("ethnicity", "education", "degree", "technical_post")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which members: of which sub-trees, changed since when, with those who left or not."""

    paths: tuple[str, ...]
    since: dt.datetime | None = None
    with_departed: bool = False

    def members(self) -> QuerySet[Member]:
        found = Member.objects.filter(within(self.paths, field="org_path"))
        if not self.with_departed:
            found = found.filter(is_active=True)
        if self.since is not None:
            found = found.filter(Q(updated_at__gte=self.since) | Q(created_at__gte=self.since))
        return found.order_by("org_path", "name_pinyin", "id")


def member_records(
    wanted: Wanted, *, is_full: bool, today: dt.date
) -> Iterator[list[dict[str, Any]]]:
    """The records in batches; each costs a fixed number of statements."""
    ids = list(wanted.members().values_list("pk", flat=True))
    writer = _Writer(is_full=is_full, today=today)
    for start in range(0, len(ids), BATCH):
        yield writer.batch(ids[start : start + BATCH], first=start + 1)


def residents_of(paths: Iterable[str]) -> dict[UUID, int]:
    """How many members each organisation holds itself."""
    found = Member.objects.filter(within(paths, field="org_path"), is_active=True)
    rows = found.order_by().values_list("org_id").annotate(Count("pk"))
    return dict(rows)


def secretaries_of(paths: Iterable[str]) -> dict[UUID, dict[str, str]]:
    """The secretary and the deputies of each organisation, by the posts in the files."""
    found = Member.objects.filter(
        within(paths, field="org_path"), is_active=True, posts__contains="书记"
    )
    offices: dict[UUID, dict[str, str]] = {}
    for org_id, name, posts in found.values_list("org_id", "name", "posts"):
        key = "deputy" if "副书记" in posts else "secretary"
        held = offices.setdefault(org_id, {})
        held[key] = f"{held[key]}、{name}" if key in held else name
    return offices


class _Writer:
    """Turns files into records; what a batch needs besides is read once for all of it."""

    def __init__(self, *, is_full: bool, today: dt.date) -> None:
        self._is_full, self._today = is_full, today
        self._cipher = unit_cipher()
        self._unit_name = current_unit().name
        self._tables = {key: codes.table(key) for key in _BY_LABEL}

    def batch(self, ids: Sequence[UUID], *, first: int) -> list[dict[str, Any]]:
        members = {one.pk: one for one in Member.objects.filter(pk__in=ids).select_related("org")}
        turns = _turns_of(ids)
        away = _destinations(ids)
        orgs = organizations_by_id(
            list({turn.org_id for pair in turns.values() for turn in pair.values()})
        )
        return [
            {
                **self._person(members[pk]),
                **self._place(members[pk]),
                **self._coming_and_going(turns.get(pk, {}), orgs),
                "place": number,
                "away_to": away.get(pk, ""),
            }
            for number, pk in enumerate(ids, first)
            if pk in members
        ]

    def _person(self, member: Member) -> dict[str, Any]:
        record: dict[str, Any] = {key: getattr(member, key) for key in _PLAIN}
        for key, table in self._tables.items():
            record[key] = table.code_of(getattr(member, key))
        record[ranks.LEVEL] = member.technical_duty or record[ranks.LEVEL]
        record["gender"] = _GENDERS.get(member.gender, "")
        record["identity"] = self._number(
            member.identity_sealed, member.identity_masked, "members.identity"
        )
        record["phone"] = self._number(member.phone_sealed, member.phone_masked, "members.phone")
        record["address"] = self._number(
            member.address_sealed, member.address_masked, "members.address"
        )
        record["party_age"] = party_age(member.full_on, self._today, member.party_age_adjust_months)
        record["is_lost"] = member.lost_since is not None
        record["is_away"] = member.away_since is not None
        record["is_deleted"] = not member.is_active
        record["updated_at"] = member.updated_at or member.created_at
        record["uid"] = member.pk.hex
        return record

    def _place(self, member: Member) -> dict[str, Any]:
        org = member.org
        return {
            "org": org.name,
            "org_uid": org.pk.hex,
            "unit_name": self._unit_name,
            "operator_org": org.name,
            "joint_unit": member.workplace if org.kind == "JOINT_BRANCH" else "",
        }

    def _coming_and_going(self, turns: dict[str, Change], orgs: dict[UUID, Any]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for way, table in (("entered", "increase"), ("left", "decrease")):
            turn = turns.get(way)
            if turn is None:
                continue
            org = orgs.get(turn.org_id)
            label = codes.table(table).label_of(turn.kind)
            record[way] = f"{turn.happened_on:%Y-%m-%d} {label}"
            record[f"{way}_kind"], record[f"{way}_on"] = turn.kind, turn.happened_on
            record[f"{way}_org_uid"] = org.pk.hex if org else ""
        return record

    def _number(self, blob: bytes | memoryview | None, masked: str, column: str) -> str:
        if not self._is_full or not blob:
            return masked
        return self._cipher.open(bytes(blob), column=column)


def _turns_of(ids: Sequence[UUID]) -> dict[UUID, dict[str, Change]]:
    """The last increase and, after it, the last decrease of each member."""
    found: dict[UUID, dict[str, Change]] = {}
    changes = Change.objects.filter(
        member_id__in=ids, undone_at=None, kind__in=[*INCREASES, *DECREASES]
    ).order_by("happened_on", "recorded_at", "id")
    for change in changes:
        pair = found.setdefault(change.member_id, {})
        if change.kind in INCREASES:
            pair["entered"] = change
            pair.pop("left", None)
        else:
            pair["left"] = change
    return found


def _destinations(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where mobile members have gone, as the open row of that set says."""
    rows = Entry.objects.filter(
        member_id__in=ids, kind=EntryKind.AWAY, struck_at=None, ended_on=None
    ).order_by("began_on")
    return {row.member_id: str(row.data.get("destination", "")) for row in rows}
