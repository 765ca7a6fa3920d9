"""The line 党内职务 of a member's file: the posts on record, and what else a roster said there."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.elections.models import Post
from tenant_apps.elections.selectors import reading
from tenant_apps.elections.selectors.composition import OTHER_MEMBER, POSTS, is_of_board
from tenant_apps.elections.selectors.reading import Part, Place
from tenant_apps.members import selectors as members
from tenant_apps.organizations import selectors as organizations

_JOB: Final = Actor.system("elections")
_LABEL: Final = 4
"""Characters of a path per level of the tree."""
_CUT: Final = "…"
"""Ends a line that was too long for its column."""


def label_of(post: Post) -> str:
    return post.title or POSTS.get(post.code, "")


def line_of(post: Post, own: UUID) -> str:
    """A post in the line: in one's own branch by itself, elsewhere with the place."""
    place = "" if post.org_id == own else post.org.short_name or post.org.name
    return f"{place}{label_of(post)}"


def texts_of(
    member_ids: Iterable[UUID], *, on: dt.date, renewed: Iterable[str] = ()
) -> dict[UUID, str]:
    """The line of each member: posts held on the day, own branch first, then the parts that
    nobody has recorded (「工会主席」).

    What a roster said of posts that are on record, and of the boards at ``renewed``, which have
    been elected anew since, is gone.  Whoever holds no post is told by an empty line.
    """
    wanted = list(member_ids)
    rows = list(Post.objects.filter(member_id__in=wanted).select_related("org", "member"))
    people = {post.member_id: post.member for post in rows}
    others = members.members_visible_to(_JOB).filter(
        pk__in=[pk for pk in wanted if pk not in people]
    )
    people |= {one.pk: one for one in others}
    places = places_of(people.values(), extra=[post.org for post in rows])
    posts: dict[UUID, list[Post]] = defaultdict(list)
    for post in rows:
        posts[post.member_id].append(post)
    cleared = set(renewed)
    return {
        pk: "、".join(_line(person, posts[pk], places, on, cleared))
        for pk, person in people.items()
    }


def _line(
    person: Any, posts: Sequence[Post], places: Sequence[Place], on: dt.date, cleared: set[str]
) -> list[str]:
    held = [
        one for one in posts if one.began_on <= on and not (one.ended_on and one.ended_on <= on)
    ]
    held.sort(key=lambda one: (one.org_id != person.org_id, one.code))
    lines = [line_of(one, person.org_id) for one in held]
    rest = unrecorded(person, posts, places)
    kept = [
        part.text for part in rest
        if not (part.is_read and part.path in cleared and is_of_board(part.code))
    ]  # fmt: skip
    return [*lines, *(text for text in kept if text not in lines)]


def unrecorded(person: Any, posts: Sequence[Post], places: Sequence[Place]) -> list[Part]:
    """The parts of a line that no post on record, now or before, is behind."""
    told = {line_of(one, person.org_id) for one in posts} | {label_of(one) for one in posts}
    known = {(one.code, one.org.path) for one in posts}
    boards = {one.org.path for one in posts if is_of_board(one.code)}
    return [
        part
        for part in reading.read(person.posts, own=person.org_path, places=places)
        if part.text not in told
        and not part.text.endswith(_CUT)
        and (part.code, part.path) not in known
        and not (part.code == OTHER_MEMBER and not part.title and part.path in boards)
    ]


def places_of(
    people: Iterable[Any], *, extra: Iterable[Any] = (), named: bool = False
) -> list[Place]:
    """The organisations above these members; with ``named``, those that their lines may name."""
    everybody = list(people)
    above = {
        one.org_path[:end]
        for one in everybody
        for end in range(_LABEL, len(one.org_path) + 1, _LABEL)
    }
    known = organizations.organizations_visible_to(_JOB)
    found = {one.path: one for one in known.filter(path__in=above)}
    if named:
        words = {word for one in everybody for word in reading.names_in(one.posts)}
        names = [*words, *(f"{word}委员会" for word in words)]
        for field in ("name", "short_name"):
            found |= {one.path: one for one in known.filter(**{f"{field}__in": names})}
    found |= {one.path: one for one in extra}
    return [_place(one) for one in found.values()]


def _place(org: Any) -> Place:
    return Place(org.path, org.kind, (org.name, org.short_name))
