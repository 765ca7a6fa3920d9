"""Entering and ending that a member lets the branch pay in with others (Art. 12; rulebook 10.3)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.errors import Conflict, Invalid
from kernel.papers import Upload, problem_of
from kernel.permissions import require
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.dues.models import EntrustedBy, Entrustment
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.services.decisions import person_of

if TYPE_CHECKING:
    from tenant_apps.members.models import Member


class AlreadyEntrusted(Conflict):
    code = "dues_entrusted_already"
    sentence = "该党员已有生效的代交委托，请先解除。"


class EntrustmentEnded(Conflict):
    code = "dues_entrustment_ended"
    sentence = "这项委托已经解除。"


class EntrustmentInvalid(Invalid):
    code = "dues_entrustment_invalid"
    sentence = "{problem}"


@transaction.atomic
def enter_paper(
    *,
    member: Member,
    first: Month,
    last: Month | None,
    note: str,
    scan: Upload | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Entrustment:
    """Enters a member's form.  ``note`` names it (date signed, number).

    Raises EntrustmentInvalid, AlreadyEntrusted.
    """
    require(actor, DuesPermission.COUNTER, member)
    if not note.strip():
        raise EntrustmentInvalid(problem="请写明委托书的签署日期或编号。")
    if last is not None and last < first:
        raise EntrustmentInvalid(problem="截止月份不能早于起始月份。")
    return _enter(
        Entrustment(
            member_id=member.pk,
            way=EntrustedBy.PAPER,
            first_month=first.value,
            last_month=last.value if last else None,
            note=note.strip(),
            scan=_stored(scan) if scan else None,
        ),
        actor,
        now,
    )


@transaction.atomic
def give(*, member: Member, actor: Actor, now: dt.datetime) -> Entrustment:
    """The member's own word on the phone, from this month until it is ended.

    Raises AlreadyEntrusted, Forbidden for anybody else.
    """
    require(actor, DuesPermission.PAY, _Own(member.pk))
    month = Month.of(day_of(now)).value
    way = EntrustedBy.PHONE
    return _enter(Entrustment(member_id=member.pk, way=way, first_month=month), actor, now)


@transaction.atomic
def end(*, entrustment: Entrustment, why: str, actor: Actor, now: dt.datetime) -> Entrustment:
    """Ends it, by the office or by the member: batches leave the member out from now on.

    Raises EntrustmentEnded.
    """
    if actor.member_id != entrustment.member_id:
        require(actor, DuesPermission.COUNTER, entrustment.member)
    held: Entrustment = Entrustment.objects.select_for_update().get(pk=entrustment.pk)
    if held.ended_at is not None:
        raise EntrustmentEnded
    held.ended_at, held.ended_by_name, held.ended_why = now, actor.name, why.strip()[:120]
    held.is_current = False
    held.save(update_fields=["is_current", "ended_at", "ended_by_name", "ended_why"])
    _tell("entrustment.ended", held, actor, now, why=held.ended_why)
    return held


def scan_of(*, entrustment: Entrustment) -> tuple[str, bytes]:
    """Name and bytes of the form's scan.  Raises EntrustmentInvalid without one."""
    if not entrustment.scan:
        raise EntrustmentInvalid(problem="这项委托没有附件。")
    return entrustment.scan["name"], unit_files().read(entrustment.scan["key"])


class _Own:
    """Whose right it is, as permissions ask."""

    def __init__(self, member_id: UUID) -> None:
        self.member_id = member_id


def _enter(made: Entrustment, actor: Actor, now: dt.datetime) -> Entrustment:
    made.entered_by, made.entered_by_name = person_of(actor), actor.name
    made.entered_at = now
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as clash:
        raise AlreadyEntrusted from clash
    _tell("entrustment.entered", made, actor, now, way=made.way, note=made.note)
    return made


def _stored(scan: Upload) -> dict[str, str | int]:
    problem = problem_of(scan)
    if problem:
        raise EntrustmentInvalid(problem=problem)
    key = unit_files().save(f"entrustment{scan.suffix}", scan.content)
    return {"key": key, "name": scan.bare_name, "size": len(scan.content)}


def _tell(code: str, held: Entrustment, actor: Actor, now: dt.datetime, **data: str) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="entrustment",
        subject_id=held.pk,
        member_id=str(held.member_id),
        first_month=held.first_month,
        last_month=held.last_month,
        **data,
    )
