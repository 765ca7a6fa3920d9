"""Taking posts over that a roster told in words: what somebody accepted becomes a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record_many
from tenant_apps.elections.models import Post, Reason
from tenant_apps.elections.selectors import lines, taking_over
from tenant_apps.elections.selectors.composition import SECRETARY
from tenant_apps.elections.selectors.taking_over import Proposal
from tenant_apps.elections.services.acting import hold
from tenant_apps.members.services import posting

MOST: Final = 500
"""Posts taken over in one act."""
_DOCUMENT: Final = "名册登记"


class NotToTakeOver(Invalid):
    code = "post_not_to_take_over"
    sentence = "{name}「{text}」不能登记：{problem}。"


class TakenMeanwhile(Conflict):
    code = "post_taken_meanwhile"
    sentence = "刚刚有人登记了其中的职务，请刷新页面后重试。"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody accepted: a part of a member's line, and the day from which it is held."""

    member_id: UUID
    text: str
    since: dt.date | None = None


@transaction.atomic
def accept(*, choices: Sequence[Choice], actor: Actor, now: dt.datetime) -> list[Post]:
    """Records these posts.  What is proposed is read again here: only member, words and day come
    from outside.  The rest of each line stays.

    Raises NotToTakeOver, TakenMeanwhile.
    """
    proposed = {
        (one.member.pk, one.part.text): one
        for one in taking_over.proposals_for(actor, member_ids=[one.member_id for one in choices])
    }
    wanted = []
    for choice in choices:
        found = proposed.get((choice.member_id, choice.text))
        if found is None:
            raise NotToTakeOver(name="", text=choice.text, problem="名册中没有这项写法，或已登记")
        since = choice.since or found.since
        problem = found.problem or _problem_of_day(found, since, day_of(now))
        if problem or since is None:
            raise NotToTakeOver(name=found.member.name, text=choice.text, problem=problem)
        wanted.append((found, since))
    return _kept(wanted, actor, now)


@transaction.atomic
def accept_ready(*, actor: Actor, now: dt.datetime) -> tuple[int, int]:
    """Records every proposal that needs nothing more, up to MOST; how many, and how many are
    left for the next time.  What has a problem or no day stays.

    Raises TakenMeanwhile.
    """
    ready = [
        one
        for one in taking_over.proposals_for(actor)
        if one.is_ready and not _problem_of_day(one, one.since, day_of(now))
    ]
    made = _kept([(one, one.since) for one in ready[:MOST] if one.since], actor, now)
    return len(made), len(ready) - len(made)


def _problem_of_day(one: Proposal, since: dt.date | None, today: dt.date) -> str:
    founded = one.org.founded_on if one.org is not None else None
    checks = [
        ("请填写任职日期", since is None),
        ("任职日期不能晚于今天", since is not None and since > today),
        (
            f"任职日期不能早于组织成立日期 {founded}",
            since is not None and founded is not None and since < founded,
        ),
    ]
    return next((text for text, is_wrong in checks if is_wrong), "")


def _refuse_second_secretary(wanted: Sequence[tuple[Proposal, dt.date]]) -> None:
    """Of two at once the second waits for the first, and finds the post taken."""
    led = [one.org.pk for one, _ in wanted if one.part.code == SECRETARY]
    hold(led)
    held = Post.objects.filter(org_id__in=led, code=SECRETARY, ended_on__isnull=True)
    if held.exists() or len(led) != len(set(led)):
        raise TakenMeanwhile


def _kept(wanted: Sequence[tuple[Proposal, dt.date]], actor: Actor, now: dt.datetime) -> list[Post]:
    _refuse_second_secretary(wanted)
    rows = [
        Post(
            member_id=one.member.pk, org_id=one.org.pk, org_path=one.org.path, code=one.part.code,
            title=one.part.title, began_on=since, reason=Reason.ROSTER, document=_DOCUMENT,
            recorded_by=actor.person_id, recorded_at=now,
        )
        for one, since in wanted
    ]  # fmt: skip
    try:
        with transaction.atomic():
            made = Post.objects.bulk_create(rows)
    except IntegrityError as clash:
        raise TakenMeanwhile from clash
    told = [
        (post.pk, {"org": str(post.org_id), "member": str(post.member_id), "post": post.code,
                   "text": one.part.text})
        for post, (one, _) in zip(made, wanted, strict=True)
    ]  # fmt: skip
    record_many("post.taken_over", actor=actor, now=now, subject_type="post", told=told)
    texts = lines.texts_of({post.member_id for post in made}, on=day_of(now))
    posting.keep(texts=texts, actor=actor, now=now)
    return made
