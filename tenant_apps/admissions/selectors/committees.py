"""Which committee approves: the nearest one above a branch that may (rulebook 1.1).

It is read from the tree each time, so that a branch that was moved is approved by whoever is
above it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.organizations import selectors as organizations

APPROVING: Final = ("COMMITTEE", "ORGAN_COMMITTEE", "WORK_COMMITTEE")
ANYBODY: Final = Actor.system("admission")


class Place:
    """What the committee's permission is asked of: its path, the whole unit for none."""

    def __init__(self, path: str) -> None:
        self.org_path = path


def committee_of(org: Any) -> Any:
    """The committee that approves what a branch submits, or None where it lies outside the unit:
    its written decisions are then recorded by who administers the whole unit.
    """
    above = organizations.ancestors_of(ANYBODY, org)[:-1]
    return next((one for one in reversed(above) if one.kind in APPROVING), None)


def place_of(case: Case) -> Place:
    """Where the right to decide on a case is asked."""
    committee = committee_of(case.org)
    return Place(committee.path if committee else "")


def may_decide(actor: Actor, case: Case) -> bool:
    """Whether the actor acts for the committee that approves this case."""
    return can(actor, AdmissionPermission.DECIDE, place_of(case))


def places_of(cases: Iterable[Case]) -> Mapping[str, Place]:
    """``place_of`` of many cases by the path of their branch, in one statement."""
    found = organizations.organizations_visible_to(ANYBODY).filter(kind__in=APPROVING)
    paths = sorted(found.values_list("path", flat=True), key=len, reverse=True)
    wanted = {case.org_path for case in cases}
    return {
        branch: Place(next((p for p in paths if branch.startswith(p) and branch != p), ""))
        for branch in wanted
    }
