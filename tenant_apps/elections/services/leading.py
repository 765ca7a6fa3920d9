"""The leader of a Party group (党小组组长): a post in the group, named by the branch.

Neither an election nor a document of the superior stands behind it (rulebook 1.1 and 1.4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.clock import day_of
from tenant_apps.elections.models import Post, Reason
from tenant_apps.elections.selectors.composition import GROUP_LEADER
from tenant_apps.elections.services import appointing

_TITLE: Final = "组长"
_WHY: Final = "调整党小组组长"


class GroupLeaders:
    """Fills ``members.selectors.grouping.Leading``."""

    def leaders(self, group_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
        held = Post.objects.filter(org_id__in=group_ids, code=GROUP_LEADER, ended_on=None)
        return dict(held.order_by("began_on", "id").values_list("org_id", "member_id"))

    def lead(self, *, group: Any, member: Any | None, actor: Actor, now: dt.datetime) -> None:
        """Whoever leads stops today; the same day is the first of the next."""
        held = Post.objects.filter(org_id=group.pk, code=GROUP_LEADER, ended_on=None)
        for post in held:
            appointing.end(post=post, ended_on=day_of(now), reason=_WHY, actor=actor, now=now)
        if member is None:
            return
        made = Post.objects.create(
            member_id=member.pk, org_id=group.pk, org_path=group.path, code=GROUP_LEADER,
            title=_TITLE, began_on=day_of(now), reason=Reason.APPOINTED,
            recorded_by=actor.person_id, recorded_at=now,
        )  # fmt: skip
        appointing.tell("post.appointed", made, actor, now)
