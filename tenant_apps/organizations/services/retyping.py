"""Raising and lowering: 支部 → 总支 → 党委 and back, by decision (rulebook 1.1 and 1.2)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import HOLDS_FORMAL_RELATION, Kind, Organization, TurnKind
from tenant_apps.organizations.selectors import headcounts, rules
from tenant_apps.organizations.services import placement
from tenant_apps.organizations.services.absorbing import (
    absorb,
    children_of,
    take_over_children,
    tell_members,
)
from tenant_apps.organizations.services.founding import found
from tenant_apps.organizations.services.open_matters import refuse_open
from tenant_apps.organizations.services.refusals import (
    refuse_children,
    refuse_kind,
    refuse_too_few,
)
from tenant_apps.organizations.services.rehanging import locked
from tenant_apps.organizations.services.sheets import Sheet
from tenant_apps.organizations.services.turns import Act, Decision, state_of


class NotConvertible(Invalid):
    code = "organization_not_convertible"
    sentence = "「{name}」不能改设为{kind}。"


class BranchNeeded(Conflict):
    code = "organization_branch_needed"
    sentence = "{kind}不直接管理党员：请写明原有 {members} 名党员编入的党支部名称。"


@transaction.atomic
def retype(
    *,
    organization: Organization,
    kind: str,
    branch: str = "",
    decision: Decision,
    actor: Actor,
    now: dt.datetime,
) -> UUID:
    """Makes an organisation one of another type; returns the act.

    A branch that becomes a general branch or a committee holds no members any more: they, and the
    Party groups, go to a new branch below, called ``branch``.  The other way round the branches
    below are merged into it.  Raises NotConvertible, BranchNeeded, KindDoesNotFit (above or
    below), TooFewFullMembers, StillOpen, NameTaken, ReasonNeeded and DayNotPossible.
    """
    act = Act(decision, actor=actor, now=now)
    (organization,) = locked(organization)
    refuse_retyping(organization, kind, branch, document=decision.document)
    act.concerns(organization, *children_of(organization))
    before = state_of(organization)
    goes_down = rules.holds_members(before["kind"] or "") and not rules.holds_members(kind)
    goes_up = rules.holds_members(kind) and not rules.holds_members(before["kind"] or "")
    if goes_up:
        refuse_open(children_of(organization), act="改设", has_heir=True)
    organization.kind = kind
    organization.save(update_fields=["kind"])
    told: dict[str, Any] = {}
    if goes_down:
        told = _into_a_branch(act, organization, branch, actor=actor, now=now)
    act.tell(TurnKind.RETYPED, organization, before=before, after=state_of(organization), **told)
    for child in children_of(organization) if goes_up else ():
        absorb(act, child, organization, kind=TurnKind.MERGED, on=decision.on, actor=actor, now=now)
    record(
        "organization.retyped",
        actor=actor, now=now, subject_type="organization", subject_id=organization.pk,
        changes={"kind": [before["kind"], kind]}, act=str(act.id), reason=decision.reason,
        document=decision.document,
    )  # fmt: skip
    return act.close()


def refuse_retyping(organization: Organization, kind: str, branch: str, *, document: str) -> None:
    """Raises what speaks against it: the types above and below, people without a place, sizes."""
    name = organization.short_name or organization.name
    if {kind, organization.kind} - set(rules.CONVERTIBLE) or kind == organization.kind:
        raise NotConvertible(name=name, kind=Kind(kind).label)
    refuse_kind(kind, organization.parent)
    count = headcounts([organization.path])[organization.path]
    if rules.holds_members(organization.kind) == rules.holds_members(kind):
        refuse_children(kind, organization)
        if rules.holds_members(kind):
            refuse_too_few(name, kind, count.full, document)
    elif rules.holds_members(kind):
        refuse_children(kind, organization, but=HOLDS_FORMAL_RELATION)
        below = headcounts([child.path for child in children_of(organization)])
        refuse_too_few(name, kind, sum(one.full for one in below.values()), document)
    elif count.direct:
        if not branch.strip():
            raise BranchNeeded(kind=Kind(kind).label, members=count.direct)
        refuse_too_few(branch, Kind.BRANCH, count.full, document)


def _into_a_branch(
    act: Act, organization: Organization, branch: str, *, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Members and groups go one level down; says so for the turn of the organisation."""
    groups = children_of(organization)
    if not branch.strip():
        refuse_children(organization.kind, organization)
        return {}
    sheet = Sheet(name=branch.strip(), short_name=branch.strip()[:60], kind=Kind.BRANCH)
    made = found(act, parent=organization, sheet=sheet, other=organization.pk, now=now)
    take_over_children(act, groups, source=organization, target=made)
    taken = placement.hand_over(
        source=organization, target=made, groups=[group.pk for group in groups]
    )
    tell_members(taken, source=organization, target=made, act=act, actor=actor, now=now)
    return {"other": made.pk, "taken": taken, "members": len(placement.members_in(taken))}
