"""What a membership leaves open here when it ends: posts in office, and standing for election."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from kernel.actor import Actor
from kernel.clock import day_of
from tenant_apps.audit.services import record
from tenant_apps.elections.models import Act, Election, Post, Step, Verdict
from tenant_apps.elections.selectors import posts
from tenant_apps.elections.selectors.composition import SECRETARY
from tenant_apps.elections.selectors.procedure import RULES
from tenant_apps.elections.services.preparing import lacks_candidates
from tenant_apps.members.services import posting
from tenant_apps.members.services.departures import Ended

_STANDING: Final = (Act.PROPOSE, Act.EXAMINE, Act.PUBLICISE, Act.ASSEMBLE)
"""What comes next while a list of candidates can still be changed."""


class Offices:
    """Fills ``members.services.departures.Departure``: who leaves holds no post any more, and
    stands for none.  A list that gets too short goes back to be proposed again.
    """

    key = "elections"

    def preview(self, member: Any, *, actor: Actor) -> Ended:
        del actor
        return _told(member, *_found(member))

    def end(self, member: Any, *, change: Any, actor: Actor, now: dt.datetime) -> Ended:
        held, standing, chosen = _found(member, is_locked=True)
        told, why = _told(member, held, standing, chosen), change.get_kind_display()
        for post in held:
            post.ended_on = max(change.happened_on, post.began_on)
            post.end_reason = why
            record(
                "post.ended",
                actor=actor, now=now, subject_type="post", subject_id=post.pk,
                org=str(post.org_id), member=str(member.pk), post=post.code, reason=why,
            )  # fmt: skip
        Post.objects.bulk_update(held, ["ended_on", "end_reason"])
        for case in standing:
            _strike(case, member, why, actor=actor, now=now)
        if held:
            posting.keep(texts=posts.texts_of([member.pk], on=day_of(now)), actor=actor, now=now)
        return told

    def put_back(
        self, member: Any, *, kept: Any, change: Any, actor: Actor, now: dt.datetime
    ) -> None:
        """Posts go on unless somebody else has taken over; a candidate stands again while the
        list is open.
        """
        why = change.get_kind_display()
        ended = Post.objects.select_for_update(of=("self",)).filter(
            pk__in=kept["posts"], end_reason=why
        )
        again = [post for post in ended if not _taken_over(post)]
        for post in again:
            post.ended_on, post.end_reason = None, ""
        Post.objects.bulk_update(again, ["ended_on", "end_reason"])
        rows = Election.objects.select_for_update(of=("self",)).filter(
            pk__in=list(kept["stood"]), act__in=_STANDING
        )
        for case in rows:
            case.nominees = [*case.nominees, *kept["stood"][str(case.pk)]]
            case.save(update_fields=["nominees"])
        if again:
            posting.keep(texts=posts.texts_of([member.pk], on=day_of(now)), actor=actor, now=now)


def _found(
    member: Any, *, is_locked: bool = False
) -> tuple[list[Post], list[Election], list[Election]]:
    """Posts in office, cases whose list of candidates is open, and those that have voted."""
    held = Post.objects.filter(member_id=member.pk, ended_on__isnull=True).select_related("org")
    cases = Election.objects.select_related("org").filter(
        closed_at__isnull=True, nominees__contains=[{"member": str(member.pk)}]
    )
    if is_locked:
        held = held.select_for_update(of=("self",))
        cases = cases.select_for_update(of=("self",))
    named = list(cases)
    return (
        list(held),
        [one for one in named if one.act in _STANDING],
        [one for one in named if one.act not in _STANDING],
    )


def _strike(case: Election, member: Any, why: str, *, actor: Actor, now: dt.datetime) -> None:
    """Takes the candidate off the list; one that is too short has to be proposed again."""
    case.nominees = [one for one in case.nominees if one["member"] != str(member.pk)]
    is_short = case.act != Act.PROPOSE and lacks_candidates(case)
    if is_short:
        case.act = Act.PROPOSE
    case.save(update_fields=["nominees", "act"])
    note = f"候选人{member.name}：{why}，从名单中除去"
    Step.objects.create(
        election=case, act=Act.PROPOSE, state=RULES[Act.PROPOSE].state, verdict=Verdict.NOTED,
        happened_on=max(day_of(now), case.acted_on),
        note=f"{note}；候选人不足，须重新提名呈报。" if is_short else f"{note}。",
        by_id=actor.person_id, by_name=actor.name, at=now,
    )  # fmt: skip
    record(
        "election.nominee_left",
        actor=actor, now=now, subject_type="election", subject_id=case.pk,
        org=str(case.org_id), member=str(member.pk), reason=why, proposed_again=is_short,
    )  # fmt: skip


def _taken_over(post: Post) -> bool:
    """Whether the post has gone to somebody since, or been given to the same person again."""
    held = Post.objects.filter(org_id=post.org_id, code=post.code, ended_on__isnull=True)
    return held.exists() if post.code == SECRETARY else held.filter(member=post.member_id).exists()


def _told(member: Any, held: list[Post], standing: list[Election], chosen: list[Election]) -> Ended:
    own = str(member.pk)
    words = [f"{_place(one.org)}{posts.label_of(one)}" for one in held]
    words += [f"{_place(one.org)}{one.get_kind_display()}的候选人" for one in standing]
    return Ended(
        words=words,
        kept={
            "posts": [str(one.pk) for one in held],
            "stood": {
                str(case.pk): [one for one in case.nominees if one["member"] == own]
                for case in standing
            },
        },
        left=[
            f"{_place(one.org)}{one.get_kind_display()}已投票，当选的在批准时不再登记任职"
            for one in chosen
        ],
    )


def _place(org: Any) -> str:
    return str(org.short_name or org.name)
