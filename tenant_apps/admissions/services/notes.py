"""Inspections, thought reports, objections: added by day, struck out and never erased."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.papers import Upload
from tenant_apps.admissions.models import Case, Note, NoteKind, StepState
from tenant_apps.admissions.services import going, papers, texting

__all__ = ["NoteKind", "add", "notify", "report_own", "strike"]
_LONGEST = 4000


class NoteRefused(Invalid):
    code = "admission_note_refused"
    sentence = "{problem}"


class NoNoticeRunning(Conflict):
    code = "admission_no_notice_running"
    sentence = "公示期间方可登记异议，当前没有进行中的公示。"


@transaction.atomic
def add(
    *,
    case: Case,
    kind: NoteKind,
    on: dt.date,
    by: str,
    text: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Note:
    """Keeps one of them.  ``by`` is who inspected, reported or objected.

    Raises NoteRefused for an empty text or a day out of order, NoNoticeRunning.
    """
    held = going.locked(case, actor=actor)
    if kind == NoteKind.OBJECTION and not held.steps.filter(state=StepState.BEGUN).exists():
        raise NoNoticeRunning
    return _kept(held, kind, on, by=by, text=text, actor=actor, today=today, now=now)


@transaction.atomic
def notify(
    *, case: Case, on: dt.date, by: str, text: str, actor: Actor, today: dt.date, now: dt.datetime
) -> tuple[Note, bool]:
    """Writes to the person, of a meeting for example, and tells by text message that there is
    something to read: once a day, and to nobody without a phone; returns whether one was sent.

    Raises as ``add`` does.
    """
    kind = NoteKind.NOTICE
    note = add(case=case, kind=kind, on=on, by=by, text=text, actor=actor, today=today, now=now)
    return note, texting.notice(going.locked(case, actor=actor), actor=actor, now=now)


@transaction.atomic
def report_own(
    *, case: Case, text: str, actor: Actor, today: dt.date, now: dt.datetime,
    file: Upload | None = None,
) -> Note:  # fmt: skip
    """A thought report that the person hands in on the phone, on the own case only: written
    there, or by hand with its scan.  Raises NoteRefused, PaperRefused.
    """
    held = going.locked_own(case, actor=actor)
    if file is not None:
        paper = papers.keep_report(case=held, file=file, on=today, actor=actor, now=now)
        text = text.strip() or f"手写的思想汇报，见附件「{paper.title}」。"
    kind = NoteKind.THOUGHT
    return _kept(held, kind, today, by=held.name, text=text, actor=actor, today=today, now=now)


@transaction.atomic
def strike(*, note: Note, actor: Actor, now: dt.datetime) -> Note:
    """Takes a note out that was made by mistake; it stays as struck out."""
    held = going.locked(note.case, actor=actor)
    found: Note = Note.objects.select_for_update().get(pk=note.pk)
    if found.struck_at is None:
        found.struck_at = now
        found.save(update_fields=["struck_at"])
        going.tell(
            "admission.note_struck", held, actor=actor, now=now, note=str(found.pk), kind=found.kind
        )
    return found


def _kept(
    case: Case, kind: NoteKind, on: dt.date, *, by: str, text: str, actor: Actor, today: dt.date,
    now: dt.datetime,
) -> Note:  # fmt: skip
    text = text.strip()
    if not text or len(text) > _LONGEST:
        raise NoteRefused(problem=f"请填写内容，最多 {_LONGEST} 个字。")
    if not case.applied_on <= on <= today:
        raise NoteRefused(problem=f"日期应在递交申请（{case.applied_on}）之后、不晚于今天。")
    note: Note = Note.objects.create(
        case=case, kind=kind, on=on, by=by.strip()[:60], text=text, recorded_at=now,
        recorded_by=actor.person_id,
    )  # fmt: skip
    going.tell("admission.note_added", case, actor=actor, now=now, note=str(note.pk), kind=kind)
    return note
