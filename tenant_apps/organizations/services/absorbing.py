"""One organisation goes into another: its children, its members, the rights over it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.access.services import grants
from tenant_apps.audit.services import record_each
from tenant_apps.organizations.models import Organization, TurnKind
from tenant_apps.organizations.services import aftermath, placement
from tenant_apps.organizations.services.refusals import HoldsNoMembers, refuse_kind
from tenant_apps.organizations.services.rehanging import Hanging, rehang
from tenant_apps.organizations.services.turns import Act, state_of


def children_of(organization: Organization) -> list[Organization]:
    """Those directly below, in tree order."""
    return list(Organization.objects.filter(parent=organization).order_by("path"))


def names_below(
    target: Organization, children: Sequence[Organization], source: Organization
) -> dict[UUID, str]:
    """What ``children`` of ``source`` will be called below ``target``: two of one name cannot be,
    so one that is taken there is told apart by where it came from.
    """
    taken = set(Organization.objects.filter(parent=target).values_list("name", flat=True))
    origin = source.short_name or source.name
    names: dict[UUID, str] = {}
    for child in children:
        name = child.name if child.name not in taken else f"{child.name}（原{origin}）"[:120]
        names[child.pk] = name
        taken.add(name)
    return names


def take_over_children(
    act: Act, children: Sequence[Organization], *, source: Organization, target: Organization
) -> None:
    """Hangs ``children`` below ``target``.  Raises KindDoesNotFit, NameTaken, TreeTooDeep."""
    for child in children:
        refuse_kind(child.kind, target)
    names = names_below(target, children, source)
    before = {child.pk: state_of(child) for child in children}
    rehang([Hanging(child, target, names[child.pk]) for child in children])
    for child in children:
        child.refresh_from_db()
        act.tell(
            TurnKind.MOVED, child,
            before=before[child.pk], after=state_of(child), other=target.pk,
            came_from=str(source.pk),
        )  # fmt: skip


def absorb(
    act: Act,
    source: Organization,
    target: Organization,
    *,
    kind: TurnKind,
    on: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """``source`` ends and ``target`` has what was its own.

    Roles that were held in exactly ``source`` end with it: they are not rights over ``target``;
    so do the posts of its board.
    Raises HoldsNoMembers where members would come to an organisation that holds none.
    """
    members = placement.staying(source)
    if members:
        refuse_members(target)
    children = children_of(source)
    take_over_children(act, children, source=source, target=target)
    target.refresh_from_db()
    taken = placement.hand_over(
        source=source, target=target, groups=[child.pk for child in children]
    )
    tell_members(taken, source=source, target=target, act=act, actor=actor, now=now)
    ended = grants.revoke_at(scope=source.path, actor=actor, now=now)
    before = state_of(source)
    closed = aftermath.end_all(source, on=on, actor=actor, now=now)
    end(source, on=on, now=now)
    act.tell(
        kind, source,
        before=before, after=None, other=target.pk, taken=taken, grants=[str(pk) for pk in ended],
        members=members, closed=closed,
    )  # fmt: skip
    same = state_of(target)
    act.tell(
        TurnKind.GAINED, target,
        before=same, after=same, other=source.pk, members=members, name=source.name,
    )  # fmt: skip


def refuse_members(target: Organization) -> None:
    """Raises HoldsNoMembers for committees, general branches, groups and temporary bodies."""
    if not target.can_hold_members:
        name = target.short_name or target.name
        raise HoldsNoMembers(name=name, kind=target.get_kind_display())


def end(organization: Organization, *, on: dt.date, now: dt.datetime) -> None:
    """Takes it out of the tree; the row stays, so that history has its name."""
    organization.ended_on, organization.parent = on, None
    organization.save(update_fields=["ended_on", "parent"])
    outbox.emit(unit=current_unit(), kind="organizations", now=now, delta=-1)


def tell_members(
    taken: placement.Taken,
    *,
    source: Organization,
    target: Organization,
    act: Act,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Enters in each member's record where the membership went."""
    told: dict[str, Any] = {
        "act": str(act.id),
        "old_org": str(source.pk),
        "new_org": str(target.pk),
        "old_org_name": source.short_name or source.name,
        "new_org_name": target.short_name or target.name,
    }
    moved = placement.members_in(taken)
    if moved:
        record_each(
            "member.moved", actor=actor, now=now, subject_type="member", subject_ids=moved, **told
        )
