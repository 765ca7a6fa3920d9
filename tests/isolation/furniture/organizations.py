"""A branch that was hung elsewhere, with a unit behind it: turns are only added, never changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel.models import uuid7
from kernel.storage import unit_files
from tenant_apps.organizations.models import Turn, Workplace

_PLACE = "000100010001"
_DAY = dt.date(2026, 10, 1)
SHAPED = {
    "organizations.Organization.unit_situation": lambda unit: "LEGAL",
    "organizations.Organization.ended_on": lambda unit: None,
    "organizations.Organization.temporary_until": lambda unit: None,
    "organizations.Honour.struck_at": lambda unit: None,
    "organizations.Turn.kind": lambda unit: "FOUNDED",
    "organizations.Turn.before": lambda unit: None,
    "organizations.Turn.after": lambda unit: None,
    "organizations.Turn.undoes": lambda unit: None,
    "organizations.Turn.happened_on": lambda unit: _DAY,
}


def furnish(side: Any, own: Any) -> None:
    org, old, key = side.orgs[_PLACE], side.orgs["00010002"], uuid7()
    word = side.mark.word
    state = {"name": f"{word}旧名", "short_name": f"{word}旧", "kind": "BRANCH"}
    scan = unit_files().save("approval.pdf", f"%PDF {word}".encode())
    paper = {"key": scan, "name": f"{word}批复.pdf", "size": 4}
    Turn.objects.create(
        id=key, act=key, kind="MOVED", happened_on=_DAY, org_id=org.id, other_id=org.parent_id,
        before={**state, "parent": str(old.id)}, after={**state, "parent": str(org.parent_id)},
        reason=f"{word}机构改革", document=f"{word}文号", recorded_at=org.created_at,
        recorded_by_name=f"{word}经办人", data={"paper": paper},
    )  # fmt: skip
    Workplace.objects.create(org=org, name=f"{word}厂", nature=f"{word}企业")
