"""Hanging an organisation with all that belongs to it below another one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization, TurnKind
from tenant_apps.organizations.services.refusals import (
    AlreadyThere,
    OwnDescendant,
    RootStays,
    refuse_kind,
)
from tenant_apps.organizations.services.rehanging import Hanging, locked, rehang
from tenant_apps.organizations.services.turns import Act, Decision, state_of


@transaction.atomic
def move(
    *,
    organization: Organization,
    parent: Organization,
    decision: Decision,
    actor: Actor,
    now: dt.datetime,
) -> UUID:
    """Hangs a sub-tree below ``parent``; returns the act, by which it can be called off.

    One statement rewrites the paths of the whole sub-tree; whatever lies in it (members, bills,
    the scopes of grants) follows in the same transaction.
    Raises RootStays, OwnDescendant, AlreadyThere, KindDoesNotFit, NameTaken, TreeTooDeep,
    ReasonNeeded, DayNotPossible.
    """
    act = Act(decision, actor=actor, now=now)
    organization, parent = locked(organization, parent)
    refuse_move(organization, parent)
    act.concerns(organization)
    before, old_parent, old_path = state_of(organization), organization.parent_id, organization.path
    followers = rehang([Hanging(organization, parent, organization.name)])
    organization.refresh_from_db()
    act.tell(
        TurnKind.MOVED, organization,
        before=before, after=state_of(organization), other=parent.pk, came_from=str(old_parent),
    )  # fmt: skip
    record(
        "organization.moved",
        actor=actor, now=now, subject_type="organization", subject_id=organization.id,
        old_parent=str(old_parent), new_parent=str(parent.id), new_parent_name=parent.name,
        old_path=old_path, new_path=organization.path, followers=followers, act=str(act.id),
        reason=decision.reason, document=decision.document,
    )  # fmt: skip
    return act.close()


def refuse_move(organization: Organization, parent: Organization) -> None:
    """Raises what speaks against it whatever the moment."""
    if organization.parent_id is None:
        raise RootStays(name=organization.name)
    if parent.path.startswith(organization.path):
        raise OwnDescendant(name=organization.name)
    if organization.parent_id == parent.pk:
        raise AlreadyThere(name=organization.name, parent=parent.name)
    refuse_kind(organization.kind, parent)
