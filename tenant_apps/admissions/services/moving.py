"""The file passes to another branch with the person; the time goes on (rulebook 2.3, step 6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.services import going
from tenant_apps.admissions.services.opening import refuse_branch
from tenant_apps.members import selectors as members
from tenant_apps.organizations.services import open_matters


class NotToMove(Conflict):
    code = "admission_not_to_move"
    sentence = "{problem}"


@transaction.atomic
def move(*, case: Case, org: Any, actor: Actor, now: dt.datetime) -> Case:
    """Hands an open case over to the branch ``org`` of the unit, with everything in it.

    Raises CannotAdmit, and NotToMove for the same branch, while something waits for the
    committee, or for a member, to another branch than where the formal relation is by now.
    """
    held = going.locked(case, actor=actor)
    refuse_branch(open_matters.hold(org))
    for problem, is_so in (
        ("已在这个支部。", held.org_id == org.pk),
        ("正在等待审批或公示，请先完成或撤回。", going.pending_step(held) is not None),
        ("已是预备党员，只能转到其组织关系所在的支部。", not _may_follow(held, org)),
    ):
        if is_so:
            raise NotToMove(problem=problem)
    old = held.org
    held.org, held.org_path = org, org.path
    held.save()
    going.tell(
        "admission.moved", held, actor=actor, now=now, old_org=str(old.pk), new_org=str(org.pk),
        old_org_name=old.short_name or old.name, new_org_name=org.short_name or org.name,
    )  # fmt: skip
    return held


def _may_follow(case: Case, org: Any) -> bool:
    """Of a member the case follows the formal relation, and goes nowhere else."""
    if case.member_id is None:
        return True
    place = members.places_of([case.member_id]).get(case.member_id)
    return place is not None and place[1] == org.path
