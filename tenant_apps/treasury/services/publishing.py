"""The yearly publication to the members (rulebook 4.7, 10.6), and what they say about it.

Published figures are frozen.  A correction withdraws the year, which opens its books again, and
publishes it anew.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Forbidden, Invalid
from tenant_apps.audit.services import record
from tenant_apps.treasury.models import Comment, Publication, PublicationState
from tenant_apps.treasury.selectors.publications import figures_of
from tenant_apps.treasury.services.bookkeeping import person_of
from tenant_apps.treasury.services.folding import hold_books

FIRST_YEAR: Final = 2000
LONGEST: Final = 500
MOST_COMMENTS: Final = 20
"""Of one member about one year."""


class NotAYear(Invalid):
    code = "treasury_not_a_year"
    sentence = "只能公示今年或以前年度的党费。"


class AlreadyPublished(Conflict):
    code = "treasury_already_published"
    sentence = "{year} 年度党费已由{who}公示。需要更正的，请先撤回。"


class NotPublished(Conflict):
    code = "treasury_not_published"
    sentence = "{year} 年度党费没有在公示。"


class CommentRefused(Invalid):
    code = "treasury_comment_refused"
    sentence = "{problem}"


@transaction.atomic
def publish(*, year: int, note: str, actor: Actor, now: dt.datetime) -> Publication:
    """Shows the members the year as the books say now.  Raises NotAYear, AlreadyPublished."""
    today = day_of(now)
    if not FIRST_YEAR <= year <= today.year:
        raise NotAYear
    hold_books()
    held = Publication.objects.select_for_update().filter(year=year).first()
    if held is None:
        held = Publication(year=year)
    elif held.state == PublicationState.PUBLISHED:
        raise AlreadyPublished(year=year, who=held.published_by_name)
    held.state, held.figures = PublicationState.PUBLISHED, figures_of(year, today)
    held.note, held.published_at = note.strip()[:LONGEST], now
    held.published_by, held.published_by_name = person_of(actor), actor.name
    held.save()
    _tell("treasury.published", held, actor, now)
    return held


@transaction.atomic
def withdraw(*, year: int, reason: str, actor: Actor, now: dt.datetime) -> Publication:
    """Takes the year back from the members.  Raises NotPublished, CommentRefused."""
    held = Publication.objects.select_for_update().filter(year=year).first()
    if held is None or held.state != PublicationState.PUBLISHED:
        raise NotPublished(year=year)
    if len(reason.strip()) < 4:
        raise CommentRefused(problem="请写明撤回的理由（至少 4 个字）。")
    held.state = PublicationState.WITHDRAWN
    held.save(update_fields=["state"])
    _tell("treasury.publication_withdrawn", held, actor, now, reason=reason.strip())
    return held


@transaction.atomic
def comment(*, publication: Publication, text: str, actor: Actor, now: dt.datetime) -> Comment:
    """What a member says to the treasurer.  Raises Forbidden, CommentRefused."""
    if actor.member_id is None:
        raise Forbidden
    said = text.strip()
    Publication.objects.select_for_update().get(pk=publication.pk)
    before = Comment.objects.filter(publication=publication, member_id=actor.member_id).count()
    for problem, is_so in (
        (f"请写下意见，不超过 {LONGEST} 个字。", not 1 <= len(said) <= LONGEST),
        (f"每个年度最多提 {MOST_COMMENTS} 条意见。", before >= MOST_COMMENTS),
    ):
        if is_so:
            raise CommentRefused(problem=problem)
    made: Comment = Comment.objects.create(
        publication=publication, member_id=actor.member_id, text=said, said_at=now
    )
    record(
        "treasury.commented", actor=actor, now=now, subject_type="comment", subject_id=made.pk,
        year=publication.year,
    )  # fmt: skip
    return made


@transaction.atomic
def answer(
    *, comment: Comment, text: str, is_shown: bool, actor: Actor, now: dt.datetime
) -> Comment:
    """The treasurer's answer, and whether all members see both.  Raises CommentRefused."""
    told = text.strip()
    if len(told) > LONGEST:
        raise CommentRefused(problem=f"答复不超过 {LONGEST} 个字。")
    held: Comment = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
    held.answer, held.is_shown = told, is_shown
    held.answered_by_name, held.answered_at = actor.name, now
    held.save()
    record(
        "treasury.comment_answered", actor=actor, now=now, subject_type="comment",
        subject_id=held.pk, is_shown=is_shown,
    )  # fmt: skip
    return held


def _tell(code: str, held: Publication, actor: Actor, now: dt.datetime, **data: object) -> None:
    record(
        code, actor=actor, now=now, subject_type="publication", subject_id=held.pk,
        year=held.year, **data,
    )  # fmt: skip
