"""Posts in the growth of a member (rulebook 11, I6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel.actor import Actor
from tenant_apps.elections.selectors import posts
from tenant_apps.members.selectors.growth import Moment, Sort


def posts_in_growth(actor: Actor, member: Any) -> Iterable[Moment]:
    """Each post when it was taken up, and when it was laid down."""
    del actor
    for post in posts.of_member(member.pk):
        what = f"{post.org.short_name or post.org.name}{posts.label_of(post)}"
        told = "　".join(part for part in (post.get_reason_display(), post.document) if part)
        yield Moment.of(post.began_on, Sort.POST, f"任{what}", told)
        if post.ended_on:
            yield Moment.of(post.ended_on, Sort.POST, f"不再担任{what}", post.end_reason)
