"""A small tree, planted as a roster plants it."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from uuid import uuid4

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import current_unit_id
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import intake
from tenant_apps.organizations.services.intake import NewOrganization
from tenant_apps.organizations.services.turns import Decision

NOW = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 22)
JOB = Actor.system("test")


def somebody(*holdings: tuple[str, str], member_id=None, name: str = "艾达") -> Actor:
    """A person of the unit in force who holds (role, scope) pairs."""
    return Actor(
        kind="person",
        name=name,
        person_id=uuid7(),
        unit_id=current_unit_id(),
        member_id=member_id,
        holdings=tuple(Holding(role, scope) for role, scope in holdings),
        is_second_factor_passed=True,
    )


def admin(scope: str = "") -> Actor:
    return somebody(("unit_admin", scope))


def new(
    key: str, kind: str = Kind.BRANCH, parent: str | None = "root", **fields
) -> NewOrganization:
    """What a roster says of one organisation; its names are its key."""
    return NewOrganization(
        key=key, name=f"中共{key}", short_name=key, kind=kind, parent_key=parent, **fields
    )


def plant(*nodes: NewOrganization, import_id=None) -> dict[str, intake.Planted]:
    return intake.plant_tree(nodes=nodes, import_id=import_id or uuid4(), actor=JOB, now=NOW)


def small_tree() -> SimpleNamespace:
    """root > (left > (l1, l2), right > r1, alone): two general branches and four branches."""
    plant(
        new("root", Kind.COMMITTEE, None),
        new("left", Kind.GENERAL_BRANCH),
        new("right", Kind.GENERAL_BRANCH),
        new("alone"),
        new("l1", parent="left"),
        new("l2", parent="left"),
        new("r1", parent="right"),
    )
    return SimpleNamespace(**{org.short_name: org for org in Organization.objects.all()})


def decided(on: dt.date = TODAY, reason: str = "机构改革", document: str = "") -> Decision:
    """A decision of today without a document."""
    return Decision(on=on, reason=reason, document=document)
