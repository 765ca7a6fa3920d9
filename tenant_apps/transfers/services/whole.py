"""Several at once, and a branch with all its people to another unit (整建制).

Within the unit a branch moves in the tree of organisations; there is no transfer of persons.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.organizations.services import founding
from tenant_apps.organizations.services.sheets import Sheet
from tenant_apps.transfers.models import Handover
from tenant_apps.transfers.services import batches, drafting, receiving
from tenant_apps.transfers.services.stepping import SYSTEM


class NotWhole(Conflict):
    code = "transfer_not_whole"
    sentence = "这不是整建制转接，请逐人编入支部。"


def begin(*, branch: Any, plan: drafting.Plan, actor: Actor, now: dt.datetime) -> list[Handover]:
    """Begins the transfer of a branch with everybody in it; raises what ``batches.begin`` does."""
    found = members.members_visible_to(SYSTEM, org_path=branch.path, include_sub=False)
    ids = list(found.values_list("pk", flat=True))
    people = members.members_for(actor, ids, to=MemberPermission.READ)
    return batches.begin(members=people, plan=replace(plan, is_whole=True), actor=actor, now=now)


@transaction.atomic
def place(*, handover: Handover, parent: Any, actor: Actor, now: dt.datetime) -> Any:
    """Sets the branch up below ``parent`` and takes everybody in who came with it.

    Returns the branch.  Raises NotWhole and what ``founding.create`` and ``receiving.place`` do.
    """
    told = handover.preview.get("branch")
    if not handover.is_whole or not told:
        raise NotWhole
    branch = founding.create(
        parent=parent,
        sheet=Sheet(name=told["name"], short_name=told["short_name"], kind=told["kind"]),
        document=handover.letter,
        actor=actor,
        now=now,
    )

    def into(one: Handover) -> Handover:
        receiving.place_at(one, branch, now)
        return receiving.place(handover=one, actor=actor, now=now)

    batches.each(handover=handover, act=into)
    return branch
