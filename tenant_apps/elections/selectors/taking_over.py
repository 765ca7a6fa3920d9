"""What rosters say of posts, beside what is on record: proposals to take over, and what is left."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from kernel.actor import Actor
from kernel.clock import months_later
from kernel.permissions import can
from tenant_apps.elections.models import Act, CaseKind, Election, Post
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import cases, inspection, reading
from tenant_apps.elections.selectors.composition import SECRETARY, is_of_board
from tenant_apps.elections.selectors.lines import places_of, unrecorded
from tenant_apps.elections.selectors.reading import Part
from tenant_apps.elections.selectors.terms import ELECTED, term_years
from tenant_apps.members import selectors as members
from tenant_apps.organizations import selectors as organizations

MOST_READ: Final = 20_000
"""Files whose line is read at once."""
_FULL: Final = "FULL"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One part of a line: whose, which post where, since when and how that is known.

    ``problem`` says why it cannot be taken over as it stands; without ``since`` somebody has to
    say the day.
    """

    member: Any
    part: Part
    org: Any = None
    since: dt.date | None = None
    source: str = ""
    problem: str = ""

    @property
    def label(self) -> str:
        return reading.label_of(self.part)

    @property
    def is_ready(self) -> bool:
        return not self.problem and self.since is not None


def proposals_for(actor: Actor, *, member_ids: Sequence[UUID] | None = None) -> list[Proposal]:
    """Every part of a line in the actor's sub-trees that no post on record is behind."""
    people = members.members_visible_to(actor).exclude(posts="")
    if member_ids is not None:
        people = people.filter(pk__in=list(member_ids))
    found = list(people.order_by("org_path", "name_pinyin", "id")[:MOST_READ])
    posts: dict[UUID, list[Post]] = defaultdict(list)
    rows = Post.objects.filter(member_id__in=[one.pk for one in found]).select_related("org")
    for post in rows:
        posts[post.member_id].append(post)
    extra = [post.org for held in posts.values() for post in held]
    places = places_of(found, extra=extra, named=True)
    parts = [(one, part) for one in found for part in unrecorded(one, posts[one.pk], places)]
    return _judged(actor, [Proposal(one, part) for one, part in parts])


def _judged(actor: Actor, proposals: list[Proposal]) -> list[Proposal]:
    """With organisation, day and what speaks against it."""
    paths = {one.part.path for one in proposals if one.part.is_read}
    known = organizations.organizations_visible_to(Actor.system("elections"))
    bodies = {org.path: org for org in known.filter(path__in=paths)}
    superiors = cases.superiors_of(bodies)
    mine = {
        path
        for path in bodies
        if actor.kind == "job" or can(actor, ElectionPermission.APPOINT, superiors[path])
    }
    since = _since(bodies.values())
    led = _led(bodies.values())
    claims = Counter(one.part.path for one in proposals if one.part.code == SECRETARY)
    told = []
    for one in proposals:
        org = bodies.get(one.part.path)
        if org is None:
            told.append(replace(one, problem=one.part.reason or "没有找到这个党组织"))
            continue
        day, source = since.get(org.pk, (None, "")) if is_of_board(one.part.code) else (None, "")
        problem = _problem(one, org, mine=mine, led=led, claims=claims)
        told.append(replace(one, org=org, since=day, source=source, problem=problem))
    return told


def _problem(
    one: Proposal, org: Any, *, mine: set[str], led: set[UUID], claims: Mapping[str, int]
) -> str:
    is_secretary = one.part.code == SECRETARY
    checks = [
        ("须由上级党组织登记", org.path not in mine),
        ("不是正式党员", one.member.category != _FULL),
        (
            "不在这个党组织内",
            not one.member.org_path.startswith(inspection.field_of(org)),
        ),
        ("这个党组织已有在任书记", is_secretary and org.pk in led),
        ("名册中有多人写作这个党组织的书记", is_secretary and claims[org.path] > 1),
    ]
    return next((text for text, is_wrong in checks if is_wrong), "")


def _led(bodies: Iterable[Any]) -> set[UUID]:
    held = Post.objects.filter(org__in=list(bodies), code=SECRETARY, ended_on__isnull=True)
    return set(held.values_list("org_id", flat=True))


def _since(bodies: Iterable[Any]) -> dict[UUID, tuple[dt.date | None, str]]:
    """When the board in office began: the day on which it was elected, else computed from the
    end of its term.
    """
    listed = list(bodies)
    held = Election.objects.filter(org__in=listed, kind=CaseKind.REELECTION, act=Act.DONE)
    elected = dict(held.order_by().values_list("org_id").annotate(Max("held_on")))
    found: dict[UUID, tuple[dt.date | None, str]] = {}
    for org in listed:
        if elected.get(org.pk):
            found[org.pk] = (elected[org.pk], "本届选举日期")
        elif org.term_ends_on and org.kind in ELECTED:
            began = months_later(org.term_ends_on, -12 * term_years(org.kind))
            found[org.pk] = (began, "按任期届满日推算")
    return found
