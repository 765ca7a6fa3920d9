"""The highest organisation of a unit that was opened without a roster.

Its name is made of the unit's.  It stands in until a roster says what the unit's own one is
called, and gives way to that as long as nothing depends on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from kernel.actor import Actor
from kernel.unit import current_unit, current_unit_id, shared_context
from onboarding.models import BatchRow
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.organizations.services import intake
from tenants.models import Unit, UnitProfile

_OF_ONE_BRANCH: Final = (UnitProfile.VILLAGE, UnitProfile.COMMUNITY, UnitProfile.NEW_ORGANIZATION)
"""Where the highest organisation usually is a branch (rulebook M2)."""


def plant(*, row: BatchRow, actor: Actor, now: dt.datetime) -> None:
    """Makes the organisation of the unit in force; doing it again makes nothing."""
    unit = current_unit()
    is_branch = _is_branch(unit)
    intake.plant_tree(
        nodes=[
            intake.NewOrganization(
                key="root",
                name=_name(unit),
                short_name=f"{unit.name}党{'支部' if is_branch else '委'}"[:60],
                kind="BRANCH" if is_branch else "COMMITTEE",
                parent_key=None,
            )
        ],
        import_id=row.id,
        actor=actor,
        now=now,
    )


def is_alone(known: Sequence[KnownOrganization]) -> bool:
    """Whether the unit in force has the stand-in, as it was made, and nothing else."""
    return len(known) == 1 and known[0].name == _name(current_unit()) and _row() is not None


def give_way(*, actor: Actor, now: dt.datetime) -> None:
    """Takes the stand-in away before a roster's own tree, unless somebody belongs to it."""
    row = _row() if is_alone(organizations.known_organizations()) else None
    if row is not None:
        intake.uproot(import_id=row.id, actor=actor, now=now)


def _is_branch(unit: Unit) -> bool:
    return unit.profile in _OF_ONE_BRANCH


def _name(unit: Unit) -> str:
    return f"中共{unit.name}{'支部' if _is_branch(unit) else ''}委员会"


def _row() -> BatchRow | None:
    """The row of the sheet by which the unit in force was opened."""
    unit_id = current_unit_id()
    with shared_context():
        return BatchRow.objects.filter(unit_id=unit_id, done_at__isnull=False).first()
