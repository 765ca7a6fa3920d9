"""Posts between elections: the committee above appoints (指派), and a post is ended."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record
from tenant_apps.elections.models import Post, Reason
from tenant_apps.elections.selectors import inspection, posts
from tenant_apps.elections.selectors.composition import POSTS, SECRETARY
from tenant_apps.elections.services.acting import hold
from tenant_apps.members.services import posting

LONGEST_TITLE: Final = 30


class PostDoesNotFit(Invalid):
    code = "post_does_not_fit"
    sentence = "{problem}"


class PostHeldAlready(Conflict):
    code = "post_held_already"
    sentence = "{name} 已经在任「{post}」，没有重复登记。"


class SecretaryInOffice(Conflict):
    code = "post_secretary_in_office"
    sentence = "书记 {name} 仍在任，请先登记其离任，再指派新的书记。"


class PostEnded(Conflict):
    code = "post_ended"
    sentence = "这一职务已于 {day} 离任，没有重复登记。"


@transaction.atomic
def appoint(
    *,
    org: Any,
    member: Any,
    code: str,
    began_on: dt.date,
    document: str,
    actor: Actor,
    now: dt.datetime,
    title: str = "",
) -> Post:
    """Records that the committee above appointed a full member to a post (rulebook 1.5).

    The term is not touched.  Raises PostDoesNotFit, PostHeldAlready, SecretaryInOffice.
    """
    _refuse(org, member, code, began_on, document, day_of(now))
    if code == SECRETARY:
        hold([org.pk])
        held = posts.posts_of(org.pk, on=max(began_on, day_of(now))).filter(code=SECRETARY).first()
        if held is not None and held.member_id != member.pk:
            raise SecretaryInOffice(name=held.member.name)
    try:
        with transaction.atomic():
            made: Post = Post.objects.create(
                member_id=member.pk, org_id=org.pk, org_path=org.path, code=code,
                title=title.strip()[:LONGEST_TITLE], began_on=began_on,
                reason=Reason.APPOINTED, document=document.strip()[:80],
                recorded_by=actor.person_id, recorded_at=now,
            )  # fmt: skip
    except IntegrityError as clash:
        raise PostHeldAlready(name=member.name, post=POSTS[code]) from clash
    tell("post.appointed", made, actor, now, document=made.document)
    return made


@transaction.atomic
def end(*, post: Post, ended_on: dt.date, reason: str, actor: Actor, now: dt.datetime) -> Post:
    """Records that somebody left a post.  Raises PostEnded, PostDoesNotFit."""
    held: Post = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
    if held.ended_on is not None:
        raise PostEnded(day=held.ended_on)
    problems = [
        ("请写明离任的原因。", not reason.strip()),
        ("离任日期不能晚于今天。", ended_on > day_of(now)),
        (f"离任日期不能早于任职日期 {held.began_on}。", ended_on < held.began_on),
    ]
    _first(problems)
    held.ended_on, held.end_reason = ended_on, reason.strip()[:200]
    held.save(update_fields=["ended_on", "end_reason"])
    tell("post.ended", held, actor, now, reason=held.end_reason)
    return held


def tell(event: str, post: Post, actor: Actor, now: dt.datetime, **data: Any) -> None:
    """Records what became of a post, and keeps the line of the member's file in step."""
    record(
        event,
        actor=actor, now=now, subject_type="post", subject_id=post.pk,
        org=str(post.org_id), member=str(post.member_id), post=post.code, **data,
    )  # fmt: skip
    texts = posts.texts_of([post.member_id], on=day_of(now))
    posting.keep(texts=texts, actor=actor, now=now)


def _refuse(
    org: Any, member: Any, code: str, began_on: dt.date, document: str, today: dt.date
) -> None:
    _first(
        [
            ("请选择职务。", code not in POSTS),
            ("请填写任职的批复或通知文号。", not document.strip()),
            ("任职日期不能晚于今天。", began_on > today),
            (
                "任职日期不能早于组织成立日期。",
                org.founded_on is not None and began_on < org.founded_on,
            ),
            ("党内职务须由正式党员担任。", member.category != "FULL"),
            (
                "只能指派本组织（含下级）的党员。",
                not member.org_path.startswith(inspection.field_of(org)),
            ),
        ]
    )


def _first(problems: list[tuple[str, bool]]) -> None:
    for problem, is_wrong in problems:
        if is_wrong:
            raise PostDoesNotFit(problem=problem)
