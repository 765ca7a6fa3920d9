"""What the unit's own record says of a support access."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.actor import Actor
from shared_apps.support.selectors import Access
from tenant_apps.access.selectors import neighbours
from tenant_apps.access.selectors.neighbours import Place
from tenant_apps.audit.selectors import Recorded, events_of_support

_MOST: Final = 500
_OFFERED: Final = 6
_LOOKED_AT: Final = 20
_STEPS: Final = {
    "support.asked": ("提出申请", "now"),
    "support.withdrawn": ("撤回申请", ""),
    "support.expired": ("逾期未答复，申请失效", ""),
    "support.accepted": ("同意访问", "ok"),
    "support.refused": ("拒绝访问", "late"),
    "support.entered": ("进入单位", "now"),
    "support.looked": ("查看", ""),
    "support.changed": ("提交", "late"),
    "support.denied": ("被阻止", "late"),
    "support.ended": ("访问结束", "ok"),
}
_PLACES: Final = (
    ("/support/visit/", "访问说明"),
    ("/api/", "接口"),
    ("/organizations/", "组织架构"),
    ("/members/", "党员名册"),
    ("/dues/receipts/", "党费收据"),
    ("/dues/checks/", "账目核对"),
    ("/dues/", "收缴台账"),
    ("/rules/", "党费规则"),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the record: when, what, where."""

    at: dt.datetime
    title: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The organisations to choose from when an operator is let in; ``likely`` is what was asked
    for, None where that is not clear.
    """

    places: list[Place]
    likely: Place | None


def acts_under(access_id: UUID) -> list[Act]:
    """Everything about one access, newest first; what services wrote as well."""
    return [_act(event) for event in events_of_support(access_id)[:_MOST]]


def place_meant(access: Access, actor: Actor) -> Place | None:
    """The one organisation that bears the name which the operator asked for; None when nothing or
    something unclear was named: then the unit's administrator says which is meant.
    """
    if not access.asked_place:
        return None
    found = neighbours.search_places(actor, access.asked_place, limit=_LOOKED_AT)
    same = [place for place in found if place.name == access.asked_place] or found
    return same[0] if len(same) == 1 else None


def offer_of(access: Access, actor: Actor, *, asked: str = "", chosen: str = "") -> Offer:
    """Where the operator may be let in: what the typed name finds within what was asked for, what
    is chosen already, and the whole unit unless only a part of it was asked for.
    """
    likely = place_meant(access, actor) if access.asked_place else Place("", "全单位")
    found = neighbours.search_places(actor, asked or access.asked_place, limit=_OFFERED)
    offered = {likely.path: likely.name} if likely else {}
    within = likely.path if likely else ""
    offered |= {place.path: place.name for place in found if place.path.startswith(within)}
    if chosen and chosen.startswith(within):
        offered |= {path: name for path, name in places_named([chosen]).items() if path}
    return Offer([Place(path, name) for path, name in offered.items()], likely)


def places_named(paths: list[str]) -> dict[str, str]:
    """What scopes are called; "" is the whole unit."""
    return neighbours.names_of_places(paths)


def is_place(path: str) -> bool:
    """Whether an organisation of the unit stands there."""
    return path in neighbours.names_of_places([path])


def _act(event: Recorded) -> Act:
    title, tone = _STEPS.get(event.code, ("修改", "late"))
    path = event.data.get("path", "")
    if path:
        place = next((label for prefix, label in _PLACES if path.startswith(prefix)), "")
        return Act(event.at, f"{title}{place and f'「{place}」'}", path, tone)
    if event.code not in _STEPS:
        return Act(event.at, title, event.code, tone)
    return Act(event.at, title, event.actor_name, tone)
