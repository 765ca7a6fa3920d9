"""How a turn of a membership is written down: the event, the record, the counts, the sign-in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from kernel.actor import Actor
from kernel.unit import current_unit
from shared_apps.people.services import affiliations
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record
from tenant_apps.members.models import Change, ChangeKind, Member
from tenant_apps.members.services import sealing


@dataclass(frozen=True, slots=True)
class Act:
    """What people resolved, and who writes it down when."""

    kind: ChangeKind
    on: dt.date
    document: str
    actor: Actor
    now: dt.datetime
    reason: str = ""


def turned(member: Member, *, now: dt.datetime, **values: Any) -> dict[str, Any]:
    """Sets the fields and saves them; returns what was there before, as JSON holds it."""
    before = {field: plain(getattr(member, field)) for field in values}
    for field, value in values.items():
        setattr(member, field, value)
    member.version += 1
    member.updated_at = now
    member.save(update_fields=[*values, "version", "updated_at"])
    return before


def note(
    member: Member,
    act: Act,
    *,
    before: dict[str, Any],
    data: dict[str, Any] | None = None,
    category: str = "",
) -> Change:
    """The event.  ``before`` is what undo puts back, ``category`` what held before the turn."""
    return Change.objects.create(
        member=member,
        kind=act.kind,
        happened_on=act.on,
        org_id=member.org_id,
        org_path=member.org_path,
        category=category or member.category,
        document=act.document.strip(),
        reason=act.reason.strip(),
        data={**(data or {}), "before": before},
        recorded_at=act.now,
        recorded_by=act.actor.person_id,
    )


def tell(code: str, member: Member, act: Act, **more: Any) -> None:
    """The line in the record."""
    record(
        code,
        actor=act.actor, now=act.now, subject_type="member", subject_id=member.pk,
        kind=str(act.kind), on=act.on.isoformat(), document=act.document.strip(),
        reason=act.reason.strip(), **more,
    )  # fmt: skip


def count(member: Member, delta: int, now: dt.datetime) -> None:
    """Tells the platform how many members there are; gives or takes the person's sign-in."""
    unit = current_unit()
    outbox.emit(unit=unit, kind="members", now=now, delta=delta)
    if delta < 0:
        affiliations.forget(member_ids=[member.pk])
        return
    affiliate(member)


def affiliate(member: Member) -> None:
    """Lets the person sign in by the phone that the file holds."""
    unit = current_unit()
    phone = sealing.open_phone(member.phone_sealed) if member.phone_sealed else None
    identity = sealing.open_identity(member.identity_sealed)
    affiliations.record(
        unit_id=unit.id, unit_role=unit.schema_name, rows=[(member.pk, phone, identity)]
    )


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def read(field: str, value: Any) -> Any:
    """A value as the column ``field`` takes it, from what JSON holds."""
    if value and field.endswith(("_on", "_until", "_since")):
        return dt.date.fromisoformat(value)
    return value
