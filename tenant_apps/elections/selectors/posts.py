"""Posts: who holds one, who held it, and what the member's file says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from tenant_apps.elections.models import Post
from tenant_apps.elections.selectors.composition import Seat
from tenant_apps.elections.selectors.lines import label_of, texts_of
from tenant_apps.organizations import selectors as organizations


class PostNotFound(NotFound):
    code = "post_not_found"
    sentence = "没有找到这条任职记录，可能不在您的管理范围内。"


def held_on(day: dt.date) -> Q:
    return Q(began_on__lte=day) & (Q(ended_on__isnull=True) | Q(ended_on__gt=day))


def posts_of(org_id: UUID, *, on: dt.date) -> QuerySet[Post]:
    """The posts held in an organisation on a day, the secretary first."""
    found: QuerySet[Post] = Post.objects.filter(held_on(on), org_id=org_id)
    return found.select_related("member", "org").order_by("code", "began_on", "id")


def past_posts_of(org_id: UUID, *, on: dt.date) -> QuerySet[Post]:
    """Those that had ended by then, the latest first."""
    found: QuerySet[Post] = Post.objects.filter(org_id=org_id, ended_on__lte=on)
    return found.select_related("member").order_by("-ended_on", "code", "id")


def of_member(member_id: UUID) -> QuerySet[Post]:
    """Every post of a member, those held now first, then the latest."""
    found: QuerySet[Post] = Post.objects.filter(member_id=member_id)
    return found.select_related("org").order_by("-ended_on", "-began_on", "code")


def post_for(actor: Actor, post_id: UUID) -> Post:
    """A post in the actor's sub-trees; raises PostNotFound outside them."""
    found = Post.objects.select_related("member", "org").filter(pk=post_id).first()
    scopes = organizations.scopes_of(actor)
    if found is None or not any(found.org_path.startswith(scope) for scope in scopes):
        raise PostNotFound
    return found


def seats_of(posts: Iterable[Post]) -> list[Seat]:
    return [Seat(one.member_id, one.code, one.began_on, one.reason) for one in posts]


__all__ = [
    "PostNotFound",
    "held_on",
    "label_of",
    "of_member",
    "past_posts_of",
    "post_for",
    "posts_of",
    "seats_of",
    "texts_of",
]
