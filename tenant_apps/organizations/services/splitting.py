"""Splitting: some members or some children of an organisation become a new one beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization, TurnKind
from tenant_apps.organizations.selectors import residents, rules
from tenant_apps.organizations.services import aftermath, placement
from tenant_apps.organizations.services.absorbing import (
    children_of,
    refuse_members,
    take_over_children,
    tell_members,
)
from tenant_apps.organizations.services.founding import found
from tenant_apps.organizations.services.refusals import (
    RootStays,
    refuse_kind,
    refuse_too_few,
)
from tenant_apps.organizations.services.rehanging import locked
from tenant_apps.organizations.services.sheets import Sheet
from tenant_apps.organizations.services.turns import Act, Decision, state_of


class NothingChosen(Invalid):
    code = "organization_nothing_to_split"
    sentence = "请选择划入新组织的党员或下级组织。"


class ChosenNotThere(Conflict):
    code = "organization_chosen_not_there"
    sentence = "所选的党员或下级组织已不在「{name}」，请刷新后重新选择。"


@transaction.atomic
def split(
    *,
    source: Organization,
    sheet: Sheet,
    members: Sequence[UUID],
    children: Sequence[UUID],
    decision: Decision,
    actor: Actor,
    now: dt.datetime,
) -> tuple[Organization, UUID]:
    """Founds an organisation beside ``source`` with some of its members and children; returns it
    and the act.

    A member leaves the Party group unless the group goes along; who led a group and is parted from
    it leads it no more.  Raises RootStays, NothingChosen,
    ChosenNotThere, HoldsNoMembers, KindDoesNotFit, TooFewFullMembers where a regular branch would
    have, or keep, fewer than three full members without a document (rulebook 1.2), NameTaken,
    CodeTaken, ReasonNeeded and DayNotPossible.
    """
    act = Act(decision, actor=actor, now=now)
    (source,) = locked(source)
    going = _chosen(source, members, children)
    refuse_split(source, sheet, members, document=decision.document)
    act.concerns(source)
    made = found(act, parent=source.parent, sheet=sheet, other=source.pk, now=now)
    if members:
        refuse_members(made)
    take_over_children(act, going, source=source, target=made)
    taken = placement.hand_over(
        source=source, target=made, members=members, groups=[child.pk for child in going]
    )
    tell_members(taken, source=source, target=made, act=act, actor=actor, now=now)
    closed = aftermath.part_all(source, made, decision=decision, actor=actor, now=now)
    same = state_of(source)
    act.tell(
        TurnKind.PARTED, source,
        before=same, after=same, other=made.pk, taken=taken, members=len(members), name=made.name,
        closed=closed,
    )  # fmt: skip
    act.close()
    told = {"members": len(members), "children": len(going), "act": str(act.id)}
    _record(source, made, told, decision=decision, actor=actor, now=now)
    return made, act.id


def refuse_split(
    source: Organization, sheet: Sheet, members: Sequence[UUID], *, document: str
) -> None:
    """Raises what speaks against it: the type, the sizes on both sides."""
    if source.parent is None:
        raise RootStays(name=source.name)
    refuse_kind(sheet.kind, source.parent)
    if not rules.holds_members(source.kind) and not members:
        return
    chosen = set(members)
    people = residents.people(source.pk)
    full = {person.id for person in people if person.is_full}
    if not chosen <= {person.id for person in people}:
        raise ChosenNotThere(name=source.short_name or source.name)
    refuse_too_few(sheet.name, sheet.kind, len(full & chosen), document)
    refuse_too_few(source.short_name or source.name, source.kind, len(full - chosen), document)


def _record(
    source: Organization, made: Organization, told: Mapping[str, Any], *, decision: Decision,
    actor: Actor, now: dt.datetime,
) -> None:  # fmt: skip
    """The line in the record, of both."""
    for subject in (source, made):
        record(
            "organization.split",
            actor=actor, now=now, subject_type="organization", subject_id=subject.pk,
            source=str(source.pk), source_name=source.name, target=str(made.pk),
            target_name=made.name, reason=decision.reason, document=decision.document, **told,
        )  # fmt: skip


def _chosen(
    source: Organization, members: Sequence[UUID], children: Sequence[UUID]
) -> list[Organization]:
    if not members and not children:
        raise NothingChosen
    going = [child for child in children_of(source) if child.pk in set(children)]
    if len(going) != len(set(children)):
        raise ChosenNotThere(name=source.short_name or source.name)
    return going
