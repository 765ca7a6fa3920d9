"""Calling off what was just decided about the tree, where nothing has happened since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, NotFound
from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.access.services import grants
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization, Turn, TurnKind
from tenant_apps.organizations.selectors import residents
from tenant_apps.organizations.services import aftermath, placement
from tenant_apps.organizations.services.absorbing import end, tell_members
from tenant_apps.organizations.services.labels import lock_tree
from tenant_apps.organizations.services.placement import MovedOnSince
from tenant_apps.organizations.services.refusals import refusal_of
from tenant_apps.organizations.services.rehanging import Hanging, rehang
from tenant_apps.organizations.services.turns import Act, Decision, state_of

UNDO_WITHIN: Final = dt.timedelta(minutes=10)
_ENDS: Final = (TurnKind.MERGED, TurnKind.DISSOLVED)


class ActUnknown(NotFound):
    code = "organization_act_unknown"
    sentence = "没有找到这次调整，或已超过可撤销的 10 分钟。"


class AlreadyUndone(Conflict):
    code = "organization_already_undone"
    sentence = "这次调整已经撤销。"


def undoable(*, act_id: UUID, actor: Actor, now: dt.datetime) -> list[Turn]:
    """The turns of an act that its author may still call off; raises ActUnknown."""
    turns = list(Turn.objects.filter(act=act_id).order_by("id"))
    is_own = bool(turns) and turns[0].recorded_by == actor.person_id
    if not is_own or now - turns[0].recorded_at > UNDO_WITHIN:
        raise ActUnknown
    if all(turn.kind in {TurnKind.REVISED, TurnKind.UNDONE} for turn in turns):
        raise ActUnknown
    return turns


@transaction.atomic
def undo(*, act_id: UUID, actor: Actor, now: dt.datetime) -> list[Organization]:
    """Puts everything back as it was before the act; returns the organisations changed.

    Within ten minutes, by who decided it, and only whole: raises ActUnknown, AlreadyUndone, and
    MovedOnSince when an organisation or somebody in it has changed since.
    """
    lock_tree()
    turns = undoable(act_id=act_id, actor=actor, now=now)
    ids = {turn.org_id for turn in turns} | {turn.other_id for turn in turns if turn.other_id}
    if Turn.objects.filter(undoes=act_id).exists():
        raise AlreadyUndone
    if Turn.objects.filter(org_id__in=ids, id__gt=turns[-1].id).exists():
        raise MovedOnSince
    states = {org.pk: state_of(org) for org in Organization.objects.filter(pk__in=ids)}
    _reopen(turns, now)
    _hang_back(turns)
    act = Act(Decision(day_of(now), "撤回"), actor=actor, now=now)
    for turn in turns:
        _give_back(turn, act, actor, now)
    _unfound(turns, now)
    concerned = list(
        Organization.objects.filter(pk__in={turn.org_id for turn in turns}).order_by("path")
    )
    for organization in concerned:
        act.tell(
            TurnKind.UNDONE, organization,
            before=states[organization.pk], after=state_of(organization), undoes=act_id,
        )  # fmt: skip
        record(
            "organization.undone",
            actor=actor, now=now, subject_type="organization", subject_id=organization.pk,
            undone=str(act_id),
        )  # fmt: skip
    act.close()
    return concerned


def _reopen(turns: Sequence[Turn], now: dt.datetime) -> None:
    """Ended organisations come back to their parents, types and names are as they were."""
    for turn in turns:
        if turn.kind not in {*_ENDS, TurnKind.RETYPED} or turn.before is None:
            continue
        organization = Organization.objects.get(pk=turn.org_id)
        organization.kind = turn.before["kind"]
        if turn.kind in _ENDS:
            organization.ended_on, organization.parent_id = None, UUID(turn.before["parent"])
            outbox.emit(unit=current_unit(), kind="organizations", now=now, delta=1)
        try:
            with transaction.atomic():
                organization.save()
        except IntegrityError as clash:
            raise refusal_of(clash, organization.name) from clash


def _hang_back(turns: Sequence[Turn]) -> None:
    moved = [turn for turn in turns if turn.kind == TurnKind.MOVED and turn.before is not None]
    parents = [UUID(turn.before["parent"]) for turn in moved if turn.before]
    known = Organization.objects.in_bulk([*(turn.org_id for turn in moved), *parents])
    if any(known[pk].ended_on for pk in parents):
        raise MovedOnSince
    rehang(
        [
            Hanging(known[turn.org_id], known[parent], turn.before["name"])
            for turn, parent in zip(moved, parents, strict=True)
            if turn.before
        ]
    )


def _give_back(turn: Turn, act: Act, actor: Actor, now: dt.datetime) -> None:
    taken = turn.data.get("taken")
    if taken and turn.other_id:
        orgs = Organization.objects.in_bulk([turn.org_id, turn.other_id])
        source, target = orgs[turn.org_id], orgs[turn.other_id]
        placement.take_back(taken=taken, source=source, target=target)
        tell_members(taken, source=target, target=source, act=act, actor=actor, now=now)
    aftermath.put_back_all(turn.data.get("closed", {}), actor=actor, now=now)
    placement.rejoin(left=turn.data.get("left", {}), group=turn.org_id)
    for grant_id in turn.data.get("grants", ()):
        grants.restore(grant_id=UUID(grant_id), actor=actor, now=now)


def _unfound(turns: Sequence[Turn], now: dt.datetime) -> None:
    """What the act founded ends again, unless something has come to it in between."""
    ids = [turn.org_id for turn in turns if turn.kind == TurnKind.FOUNDED]
    founded = list(Organization.objects.filter(pk__in=ids))
    is_used = residents.occupied([org.path for org in founded])
    if is_used or Organization.objects.filter(parent__in=founded).exists():
        raise MovedOnSince
    for organization in founded:
        end(organization, on=day_of(now), now=now)
