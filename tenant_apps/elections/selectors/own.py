"""What a member sees of the elections of the own organisations, and of those above them.

Only what members are told anyway: when and where, whom the list names once it was made public,
who was elected once the committee above approved it.  Nothing of turnout by name, nothing of votes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from kernel.clock import months_later
from tenant_apps.elections.models import Act, Assembly, CaseKind, Election, Office, Post
from tenant_apps.elections.selectors.lines import label_of
from tenant_apps.elections.selectors.procedure import STATE_LABELS, State, state_of
from tenant_apps.elections.selectors.terms import Level, level_of

_LABEL: Final = 4
"""Characters of a path per level of the tree."""
_TOLD_MONTHS: Final = 6
"""How long a result is shown after it was approved."""
_SECRET: Final = (Act.DECIDE, Act.REQUEST, Act.REPLY, Act.PROPOSE, Act.EXAMINE, Act.PUBLICISE)
"""What comes next while members have not been told of the list yet."""


@dataclass(frozen=True, slots=True)
class OwnElection:
    """One election as its members are told of it; ``place`` and ``candidates`` once it is public,
    ``elected`` once it is approved.
    """

    id: UUID
    organization: str
    kind: str
    state: State
    planned_on: dt.date | None
    held_on: dt.date | None
    assembly: str
    place: str
    may_vote: bool
    candidates: Mapping[str, Sequence[str]]
    elected: Sequence[tuple[str, str]]
    ends_on: dt.date | None

    @property
    def state_label(self) -> str:
        return "已办结" if self.state is State.HANDOVER else STATE_LABELS[self.state]

    @property
    def is_called(self) -> bool:
        """Whether members have been called and the meeting is still to come."""
        return self.state is State.PUBLICISE


def elections_of(member: Any, *, today: dt.date) -> list[OwnElection]:
    """Under way in the organisations that the member belongs to, and results of late, the nearest
    organisation first.
    """
    path = str(member.org_path)
    above = [path[:end] for end in range(_LABEL, len(path) + 1, _LABEL)]
    since = months_later(today, -_TOLD_MONTHS)
    lately = Q(act=Act.DONE, held_on__gte=since)
    rows = Election.objects.filter(Q(closed_at__isnull=True) | lately, org_path__in=above)
    rows = rows.exclude(kind=CaseKind.EXTENSION).exclude(act=Act.CANCELLED)
    found = sorted(rows.select_related("org"), key=lambda one: (-len(one.org_path), one.opened_at))
    elected = _elected([one for one in found if one.act in (Act.ARCHIVE, Act.DONE)])
    return [_told(one, member, elected.get(one.pk, [])) for one in found]


def own_terms(member: Any, *, today: dt.date) -> tuple[dt.date | None, Level]:
    """The end of the term of the member's branch."""
    ends_on = member.org.term_ends_on
    return ends_on, level_of(ends_on, today)


def _told(one: Election, member: Any, elected: Sequence[tuple[str, str]]) -> OwnElection:
    is_public = one.act not in _SECRET
    return OwnElection(
        id=one.pk,
        organization=one.org.short_name or one.org.name,
        kind=one.get_kind_display(),
        state=state_of(one),
        planned_on=one.planned_on if is_public else None,
        held_on=one.held_on,
        assembly=one.get_assembly_display(),
        place=one.place if is_public else "",
        may_vote=member.category == "FULL" and one.assembly == Assembly.MEETING,
        candidates=_candidates(one) if is_public and not elected else {},
        elected=elected,
        ends_on=one.new_ends_on if elected else None,
    )


def _candidates(one: Election) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for nominee in one.nominees:
        found.setdefault(Office(nominee["office"]).label, []).append(nominee["name"])
    return found


def _elected(cases: Sequence[Election]) -> dict[UUID, list[tuple[str, str]]]:
    """Post and name of everybody who was seated by these elections, the leading ones first."""
    rows = Post.objects.filter(election__in=list(cases)).select_related("member", "org")
    found: dict[UUID, list[tuple[str, str]]] = {}
    for post in rows.order_by("org__depth", "code", "member__name_pinyin"):
        beside = "" if post.org.kind != "DISCIPLINE_COMMITTEE" else "纪委"
        told = found.setdefault(post.election_id or post.pk, [])
        told.append((f"{beside}{label_of(post)}", post.member.name))
    return found
