"""Lists of transfers within somebody's sub-trees, and what of them waits for that person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from tenant_apps.transfers.models import OPEN, TRAVELLING, Handover, Kind, Side, State
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import machine, places

SEALED: Final = ("file_sealed",)


class TransferNotFound(NotFound):
    code = "transfer_not_found"
    sentence = "没有找到这次转接，可能不在您的管理范围内。"


class Tab(StrEnum):
    """The lists of the first page."""

    OPEN = "open"
    MINE = "mine"
    INCOMING = "incoming"
    POCKET = "pocket"
    DONE = "done"


TABS: Final = {
    Tab.OPEN: "办理中",
    Tab.MINE: "待我办理",
    Tab.INCOMING: "转入",
    Tab.POCKET: "口袋党员",
    Tab.DONE: "已办结",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; empty means everything."""

    q: str = ""
    kind: str = ""
    state: str = ""


def handovers_visible_to(actor: Actor) -> QuerySet[Handover]:
    """Transfers from, into or within the actor's sub-trees; sealed files are not loaded."""
    if actor.kind == "job":
        return Handover.objects.defer(*SEALED)
    scopes = actor.scopes("unit_admin", "secretary")
    wanted = within(scopes, "org_path") | within(scopes, "to_path")
    return Handover.objects.filter(wanted).defer(*SEALED)


def handover_for(actor: Actor, handover_id: UUID, *, to: TransferPermission) -> Handover:
    """Loads and authorises.  Raises TransferNotFound outside the actor's sub-trees, Forbidden
    where the actor may not do ``to`` at all; each step asks again of its organisation.
    """
    found = handovers_visible_to(actor).filter(pk=handover_id).first()
    if found is None:
        raise TransferNotFound
    if actor.kind != "job":
        require(actor, to)
    return found


def own_handover(actor: Actor, handover_id: UUID) -> Handover:
    """A transfer of the member who asks; raises TransferNotFound for anybody else's."""
    found = own_handovers(actor).filter(pk=handover_id).first()
    if found is None:
        raise TransferNotFound
    return found


def own_handovers(actor: Actor) -> QuerySet[Handover]:
    """The transfers of the member who asks, newest first."""
    if actor.member_id is None:
        return Handover.objects.none()
    rows = Handover.objects.filter(member_id=actor.member_id).defer(*SEALED)
    return rows.order_by("-created_at", "-id")


def listed(actor: Actor, tab: Tab, filters: Filters, *, today: dt.date) -> QuerySet[Handover]:
    """One list of the page, the most pressing first."""
    rows = handovers_visible_to(actor).filter(_of_tab(actor, tab, today))
    if filters.q:
        asked = filters.q.strip()
        rows = rows.filter(
            Q(name__contains=asked) | Q(letter__contains=asked) | Q(other_name__contains=asked)
        )
    if filters.kind in Kind.values:
        rows = rows.filter(kind=filters.kind)
    if filters.state in State.values:
        rows = rows.filter(state=filters.state)
    if tab == Tab.POCKET:
        return rows.order_by("valid_until", "id")
    return rows.order_by("-changed_at", "-id")


def counts(actor: Actor, *, today: dt.date) -> dict[Tab, int]:
    """How many each list holds."""
    visible = handovers_visible_to(actor)
    return {tab: visible.filter(_of_tab(actor, tab, today)).count() for tab in TABS}


def pocket(today: dt.date) -> Q:
    """Letters out beyond their last day without a receipt (rulebook 3.3, A6)."""
    return Q(side=Side.OUT, state__in=TRAVELLING, valid_until__lt=today)


def running_out(today: dt.date) -> Q:
    """Letters out that run out within the first of the days of reminding."""
    until = today + dt.timedelta(days=30)
    return Q(side=Side.OUT, state__in=TRAVELLING, valid_until__range=(today, until))


def waiting_for(actor: Actor) -> Q:
    """What somebody can do next: approve, accept, place, submit what members applied for.

    Whoever submitted does not approve, so those do not wait for that person.
    """
    decides = places.committee_scopes(actor) if can(actor, TransferPermission.APPROVE) else []
    works = actor.scopes("unit_admin", "secretary")
    foreign = ~Q(submitted_by=actor.person_id)
    sends, receives = within(decides, "org_path"), within(decides, "to_path")
    paper_in = Q(side=Side.IN, kind__in=machine.PAPER)
    return (
        Q(state=State.SUBMITTED) & foreign & sends
        | Q(state=State.IN_TRANSIT, side=Side.WITHIN) & receives
        | Q(state=State.IN_TRANSIT, side=Side.IN) & sends
        | Q(state=State.RECEIVER_ACCEPTED, side=Side.WITHIN) & within(works, "to_path")
        | Q(state=State.RECEIVER_ACCEPTED, side=Side.IN) & within(works, "org_path")
        | Q(state=State.PLACED) & paper_in & sends
        | Q(state=State.RECEIPT_RETURNED, side=Side.OUT) & sends
        | Q(state=State.DRAFT) & within(works, "org_path")
    )


def open_verbs(actor: Actor, handover: Handover) -> list[machine.Verb]:
    """What the actor can do to the transfer where it stands, in the order of the table."""
    return [
        line.verb
        for line in machine.TABLE
        if line.permission is not None
        and line.fits(handover)
        and can(actor, line.permission, places.asked_of(handover, line.where))
        and not (line.is_second and actor.person_id in (handover.submitted_by, handover.applied_by))
    ]


def together(handover: Handover) -> int:
    """How many transfers were begun together with this one and stand where it does."""
    rows = Handover.objects.filter(batch_id=handover.batch_id, side=handover.side)
    return rows.filter(state=handover.state).count()


def within(scopes: list[str] | tuple[str, ...], column: str) -> Q:
    """Rows at or below one of the places; no place, no row."""
    wanted = Q(pk__in=())
    for scope in scopes:
        if not scope:
            return Q()
        wanted |= Q(**{f"{column}__startswith": scope})
    return wanted


def _of_tab(actor: Actor, tab: Tab, today: dt.date) -> Q:
    if tab == Tab.MINE:
        return waiting_for(actor)
    if tab == Tab.INCOMING:
        return Q(side=Side.IN, state__in=OPEN) | Q(
            side=Side.WITHIN, state__in=(State.IN_TRANSIT, State.RECEIVER_ACCEPTED)
        )
    if tab == Tab.POCKET:
        return pocket(today)
    return Q(state__in=OPEN) if tab == Tab.OPEN else ~Q(state__in=OPEN)
