"""Opening a unit in one go, without the browser: what the command and the demo call."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Final

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict, Unavailable
from kernel.sheets.reading import Book, open_book
from kernel.unit import unit_context
from onboarding.models import FOR_JOBS, ImportState, RosterImport
from onboarding.roster.understanding import Rejection
from onboarding.services import (
    collector,
    credit_codes,
    files,
    importing,
    labels,
    reading,
    registration,
    review,
)
from tenant_apps.organizations import selectors as organizations
from tenants import selectors as units
from tenants.models import Unit

_WAIT: Final = dt.timedelta(minutes=10)
_YEARS: Final = 3


class NotRead(Conflict):
    code = "roster_not_read"
    sentence = "{message}"


class StillAtWork(Unavailable):
    code = "roster_still_at_work"
    sentence = "名册正由另一个进程处理，10 分钟内没有完成，请稍后再试。"


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of it; money in fen."""

    unit: Unit
    organisations: int
    accepted: int
    rejections: tuple[Rejection, ...]
    monthly_dues_fen: int
    row: RosterImport


@collector.paused()
def open_unit(
    *,
    registered: registration.Registration,
    filename: str,
    content: bytes,
    actor: Actor,
    now: dt.datetime,
) -> Opened:
    """Registers the unit unless one of that name is there, reads the roster and stores it.

    Doing it again with the same file adds nobody and reports the same.  Raises what registering,
    reading and confirming raise; a file that cannot be read leaves nothing behind.
    """
    book = open_book(content, filename)
    unit = find_or_register(registered=registered, actor=actor, now=now)
    row = _received(unit, book, content, actor, now)
    del book
    if row.state != ImportState.DONE:
        row = _settled(row)
        if row.state == ImportState.REVIEW:
            _approve(row, actor)
            importing.store(import_id=row.id)
            row = _settled(row)
    if row.state != ImportState.DONE:
        raise NotRead(message=row.error_message or ImportState(row.state).label)
    return _report(row)


def find_or_register(
    *, registered: registration.Registration, actor: Actor, now: dt.datetime
) -> Unit:
    """The unit of that name, registered if it is new."""
    known = units.all_units().filter(name=registered.name).first()
    if known is not None:
        return known
    return registration.register(registration=registered, actor=actor, now=now).unit


def stand_in(*, name: str, credit_code: str, now: dt.datetime) -> registration.Registration:
    """A registration made of a name: without a code of its own it gets a provisional one."""
    code = credit_code or credit_codes.provisional(name)
    today = clock.day_of(now)
    return registration.Registration(
        name=name,
        credit_code=code,
        region_code=credit_codes.PROVISIONAL_REGION if not credit_code else code[2:8],
        label=labels.proposed(name),
        contact_name="待补充",
        contact_phone="13800000000",
        agreed_on=today,
        agreement_ends_on=dt.date(today.year + _YEARS, today.month, 1),
        bank_branch="命令行开通",
    )


def _received(
    unit: Unit, book: Book, content: bytes, actor: Actor, now: dt.datetime
) -> RosterImport:
    try:
        row = reading.receive(
            unit=unit, filename=book.filename, content=content, actor=actor, now=now
        )
    except reading.SameFile as same:
        row = RosterImport.objects.get(pk=same.data["import_id"])
    if row.state == ImportState.UPLOADED:
        reading.read_opened(import_id=row.id, book=book)
    return RosterImport.objects.select_related("unit").get(pk=row.pk)


def _approve(row: RosterImport, actor: Actor) -> None:
    """A roster with nobody in it is given up again, so that the corrected one may follow."""
    try:
        importing.approve(held=row, actor=actor, now=clock.now())
    except importing.NobodyToImport:
        reading.discard(held=row, actor=actor, now=clock.now())
        raise


def _settled(row: RosterImport) -> RosterImport:
    """The row once no job has work on it: usually at once, or when another worker is done."""
    until = clock.now() + _WAIT
    while True:
        now_is = RosterImport.objects.select_related("unit").get(pk=row.pk)
        if now_is.state not in FOR_JOBS:
            return now_is
        if clock.now() > until:
            raise StillAtWork
        time.sleep(0.2)


def _report(row: RosterImport) -> Opened:
    with unit_context(row.unit_id):
        count = len(organizations.known_organizations())
        kept = review.unpack(files.read("review", row.review_key)) if row.review_key else None
    return Opened(
        unit=row.unit,
        organisations=count,
        accepted=row.accepted_count,
        rejections=kept.rejections if kept else (),
        monthly_dues_fen=row.monthly_dues_fen,
        row=row,
    )
