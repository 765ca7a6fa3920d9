"""Posts end with the organisation that they were held in, and come back with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import day_of
from tenant_apps.audit.services import record_many
from tenant_apps.elections.models import Post
from tenant_apps.elections.selectors import posts
from tenant_apps.members.services import posting

_WHY: Final = "所在党组织合并或撤销"


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

    def put_back(self, kept: Any, *, actor: Actor, now: dt.datetime) -> None:
        """What has been set right in between stays."""
        ended = Post.objects.select_for_update(of=("self",)).filter(pk__in=kept, end_reason=_WHY)
        held = list(ended)
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
    told = [
        (one.pk, {"org": str(one.org_id), "member": str(one.member_id), "post": one.code,
                  "reason": _WHY})
        for one in held
    ]  # fmt: skip
    record_many(event, actor=actor, now=now, subject_type="post", told=told)
    texts = posts.texts_of({one.member_id for one in held}, on=day_of(now))
    posting.keep(texts=texts, actor=actor, now=now)
