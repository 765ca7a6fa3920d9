"""A report that was filed, with everybody of the tree at the places they have."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tenant_apps.insight.models import Line, Place

_PLACE = "000100010001"
SHAPED = {
    "insight.Snapshot.cut": lambda unit: "YEAR",
    "insight.Snapshot.state": lambda unit: "FILED",
    "insight.Snapshot.as_of": lambda unit: dt.date(2026, 12, 31),
    "insight.Place.path": lambda unit: "00010009",
    "insight.Line.source": lambda unit: "PEOPLE",
    "insight.Line.org_path": lambda unit: _PLACE,
    "insight.Line.amount": lambda unit: 1,
    "insight.Line.is_probationary": lambda unit: False,
    "insight.Line.is_taiwanese": lambda unit: False,
}


def furnish(side: Any, own: Any) -> None:
    """The planted line is the one who signs in; the others stand beside."""
    snapshot = side.row("insight.Snapshot")
    snapshot.taken_at = snapshot.submitted_at = snapshot.filed_at = snapshot.requested_at
    snapshot.save()
    for path, org in side.orgs.items():
        Place.objects.create(
            snapshot=snapshot, org_id=org.id, path=path, name=org.name, kind=org.kind
        )
    line = Line.objects.get(pk=side.planted_key("insight.Line"))
    line.member_id, line.org_id = own, side.orgs[_PLACE].id
    line.save()
    others = [(path, one) for path, one in side.members.items() if one != own]
    for path, member_id in others:
        fields = {field.name: getattr(line, field.name) for field in Line._meta.concrete_fields}
        del fields["id"]
        fields |= {"member_id": member_id, "org_id": side.orgs[path].id, "org_path": path}
        Line.objects.create(**fields)
