"""Merging an organisation into another one, and dissolving one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from tenant_apps.access.services import grants
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Kind, Organization, TurnKind
from tenant_apps.organizations.services import aftermath, placement
from tenant_apps.organizations.services.absorbing import absorb, children_of, end
from tenant_apps.organizations.services.open_matters import refuse_open
from tenant_apps.organizations.services.refusals import OwnDescendant, RootStays
from tenant_apps.organizations.services.rehanging import locked
from tenant_apps.organizations.services.turns import Act, Decision, state_of


class NotEmpty(Conflict):
    code = "organization_not_empty"
    sentence = (
        "「{name}」还有 {members} 名党员、{children} 个下级组织，"
        "撤销前须指明并入哪个组织，或先把他们转走。"
    )


class GroupsDoNotMerge(Conflict):
    code = "organization_groups_do_not_merge"
    sentence = "党小组是支部内部的编组，不能合并；可以撤销后把党员重新编组。"


@transaction.atomic
def merge(
    *,
    source: Organization,
    target: Organization,
    decision: Decision,
    actor: Actor,
    now: dt.datetime,
) -> UUID:
    """``source`` ends and its children and members go over to ``target``; returns the act.

    Raises RootStays, OwnDescendant, GroupsDoNotMerge, HoldsNoMembers, KindDoesNotFit, TreeTooDeep,
    StillOpen where something under way cannot go along, ReasonNeeded and DayNotPossible.
    """
    return _into(TurnKind.MERGED, source, target, decision, actor, now)


@transaction.atomic
def dissolve(
    *,
    organization: Organization,
    into: Organization | None,
    decision: Decision,
    actor: Actor,
    now: dt.datetime,
) -> UUID:
    """Ends an organisation that is empty, or with a place for everybody; returns the act.

    Raises NotEmpty without a place where one is needed, StillOpen, RootStays, else as ``merge``.
    """
    if into is not None:
        return _into(TurnKind.DISSOLVED, organization, into, decision, actor, now)
    act = Act(decision, actor=actor, now=now)
    (organization,) = locked(organization)
    _refuse_root(organization)
    act.concerns(organization)
    members = placement.staying(organization)
    children = children_of(organization)
    if members or children:
        raise NotEmpty(
            name=organization.short_name or organization.name,
            members=members,
            children=len(children),
        )
    refuse_open([organization], act="撤销", has_heir=False)
    ended = grants.revoke_at(scope=organization.path, actor=actor, now=now)
    left = placement.leave_group(organization.pk) if organization.kind == Kind.GROUP else {}
    before = state_of(organization)
    closed = aftermath.end_all(organization, on=decision.on, actor=actor, now=now)
    end(organization, on=decision.on, now=now)
    act.tell(
        TurnKind.DISSOLVED, organization,
        before=before, after=None, grants=[str(pk) for pk in ended], members=0, left=left,
        closed=closed,
    )  # fmt: skip
    _record(TurnKind.DISSOLVED, organization, None, decision, act, actor, now)
    return act.close()


def refuse_merger(source: Organization, target: Organization) -> None:
    """Raises what speaks against it whatever the moment."""
    _refuse_root(source)
    if Kind.GROUP in {source.kind, target.kind}:
        raise GroupsDoNotMerge
    if target.path.startswith(source.path):
        raise OwnDescendant(name=source.name)


def _into(
    kind: TurnKind,
    source: Organization,
    target: Organization,
    decision: Decision,
    actor: Actor,
    now: dt.datetime,
) -> UUID:
    act = Act(decision, actor=actor, now=now)
    source, target = locked(source, target)
    refuse_merger(source, target)
    act.concerns(source, target)
    refuse_open([source], act="合并" if kind == TurnKind.MERGED else "撤销", has_heir=True)
    absorb(act, source, target, kind=kind, on=decision.on, actor=actor, now=now)
    _record(kind, source, target, decision, act, actor, now)
    return act.close()


def _refuse_root(organization: Organization) -> None:
    if organization.parent_id is None:
        raise RootStays(name=organization.name)


def _record(
    kind: TurnKind,
    source: Organization,
    target: Organization | None,
    decision: Decision,
    act: Act,
    actor: Actor,
    now: dt.datetime,
) -> None:
    code = "organization.merged" if kind == TurnKind.MERGED else "organization.dissolved"
    for subject in filter(None, (source, target)):
        record(
            code,
            actor=actor, now=now, subject_type="organization", subject_id=subject.pk,
            source=str(source.pk), source_name=source.name,
            target=str(target.pk) if target else None, target_name=target.name if target else "",
            act=str(act.id), reason=decision.reason, document=decision.document,
        )  # fmt: skip
