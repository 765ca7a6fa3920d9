"""Posts end with the organisation that they were held in, and come back with it; who leads a group
is named anew where a split takes the group to another branch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.clock import day_of
from tenant_apps.audit.services import record_many
from tenant_apps.elections.models import Post, Reason
from tenant_apps.elections.selectors import posts
from tenant_apps.elections.selectors.composition import GROUP_LEADER
from tenant_apps.members.services import posting

_WHY: Final = "所在党组织合并或撤销"
_PARTED: Final = "党支部拆分，重新确定党小组组长"
_CALLED_OFF: Final = "撤回党支部拆分"


class Posts:
    """Fills ``organizations.selectors.aftermath.Aftermath``."""

    key = "posts"

    def words(self, organization: Any) -> Sequence[str]:
        held = _held(organization).select_related("member")
        return [f"{posts.label_of(one)} {one.member.name}" for one in held]

    def end(self, organization: Any, *, on: dt.date, actor: Actor, now: dt.datetime) -> list[str]:
        held = list(_held(organization).select_for_update(of=("self",)))
        for post in held:
            post.ended_on, post.end_reason = max(on, post.began_on), _WHY
        _keep(held, "post.ended", actor, now)
        return [str(post.pk) for post in held]

    def part(
        self, source: Any, target: Any, *, decision: Any, actor: Actor, now: dt.datetime
    ) -> dict[str, list[str]]:
        """Ends the leading of every group that went over, and of those left by who led them; who
        went along with a group leads it for the new branch.
        """
        is_parted = Q(org__parent_id=target.pk) | (
            Q(org__parent_id=source.pk) & ~Q(member__org_id=source.pk)
        )
        led = Post.objects.filter(is_parted, code=GROUP_LEADER, ended_on=None)
        held = list(
            led.select_for_update(of=("self",)).select_related("org", "member").order_by("pk")
        )
        on: dt.date = decision.on
        for post in held:
            post.ended_on, post.end_reason = max(on, post.began_on), _PARTED
        _keep(held, "post.ended", actor, now)
        along = [
            post
            for post in held
            if post.org.parent_id == target.pk and post.member.org_id == target.pk
        ]
        begun = Post.objects.bulk_create(
            Post(
                member_id=post.member_id, org_id=post.org_id, org_path=post.org.path,
                code=GROUP_LEADER, title=post.title, began_on=max(on, post.began_on),
                reason=Reason.APPOINTED, document=decision.document[:80],
                recorded_by=actor.person_id, recorded_at=now,
            )
            for post in along
        )  # fmt: skip
        _tell(begun, "post.appointed", actor, now)
        ended = [str(post.pk) for post in held]
        return {"ended": ended, "begun": [str(post.pk) for post in begun]} if held else {}

    def put_back(self, kept: Any, *, actor: Actor, now: dt.datetime) -> None:
        """What has been set right in between stays."""
        begun = kept["begun"] if isinstance(kept, dict) else ()
        ended = kept["ended"] if isinstance(kept, dict) else kept
        rows = Post.objects.select_for_update(of=("self",))
        made = list(rows.filter(pk__in=begun, ended_on=None))
        for post in made:
            post.ended_on, post.end_reason = post.began_on, _CALLED_OFF
        _keep(made, "post.ended", actor, now)
        held = list(rows.filter(pk__in=ended, end_reason__in=(_WHY, _PARTED)))
        for post in held:
            post.ended_on, post.end_reason = None, ""
        _keep(held, "post.restored", actor, now)


def _held(organization: Any) -> QuerySet[Post]:
    found: QuerySet[Post] = Post.objects.filter(org_id=organization.pk, ended_on=None)
    return found.order_by("code", "began_on", "id")


def _keep(held: Sequence[Post], event: str, actor: Actor, now: dt.datetime) -> None:
    """Saves, records, and keeps the members' lines in step: one statement each."""
    if not held:
        return
    Post.objects.bulk_update(held, ["ended_on", "end_reason"])
    _tell(held, event, actor, now)


def _tell(held: Sequence[Post], event: str, actor: Actor, now: dt.datetime) -> None:
    if not held:
        return
    told = [
        (one.pk, {"org": str(one.org_id), "member": str(one.member_id), "post": one.code,
                  "reason": one.end_reason})
        for one in held
    ]  # fmt: skip
    record_many(event, actor=actor, now=now, subject_type="post", told=told)
    texts = posts.texts_of({one.member_id for one in held}, on=day_of(now))
    posting.keep(texts=texts, actor=actor, now=now)
