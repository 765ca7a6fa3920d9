"""Handing in a roster and understanding it; nothing of the unit is written yet."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Conflict, DomainError, Invalid
from kernel.jobs import job
from kernel.sheets.limits import LIMITS
from kernel.sheets.reading import Book, open_book
from kernel.unit import shared_context, unit_context
from onboarding.models import IN_HAND, TAKEN, UNDO_DAYS, ImportState, RosterImport
from onboarding.roster import codec, counting, reader, refused
from onboarding.roster.understanding import Corrections, KnownOrg, Understanding
from onboarding.services import claims, collector, files, first_root, review, timeline
from shared_apps.people.services import affiliations
from shared_apps.rules import selectors as rules
from tenant_apps.organizations import selectors as organizations
from tenants.models import Unit
from tenants.services import schemas, turns

_KEYS: Final = ("source_key", "corrections_key", "review_key", "accepted_key", "refused_key")
_KINDS: Final = (".xlsx", ".xls", ".csv")


class RosterTooLarge(Invalid):
    code = "roster_too_large"
    sentence = "文件超过 {limit_mb} MB。请删除图片和无关的工作表，或拆成几个文件后再上传。"


class RosterKind(Invalid):
    code = "roster_kind"
    sentence = "只能读取 .xlsx、.xls 和 .csv 文件，请另存为其中一种后再上传。"


class RosterEmpty(Invalid):
    code = "roster_empty"
    sentence = "文件是空的，可能上传中断了，请重新选择文件。"


class UploadCutOff(Invalid):
    code = "roster_upload_cut_off"
    sentence = "上传中断了，没有保存任何内容，请重新上传。"


class SameFile(Conflict):
    code = "roster_same_file"
    sentence = "这份文件已由 {officer} 于 {when} 上传过（{state}），没有重复处理。"


class RosterInHand(Conflict):
    code = "roster_in_hand"
    sentence = "{officer} 于 {when} 上传的名册正在办理（{state}），请到该名册的页面继续。"


class NotForReview(Conflict):
    code = "roster_not_for_review"
    sentence = "这份名册当前是「{state}」，不能更正或放弃。"


def upload(
    *, unit: Unit, filename: str, content: bytes, actor: Actor, now: dt.datetime
) -> RosterImport:
    """Keeps the file and has it read by a job.  Raises what ``receive`` raises."""
    with transaction.atomic():
        made = receive(unit=unit, filename=filename, content=content, actor=actor, now=now)
        turns.ask(read, made.unit_id, import_id=made.id)
    return made


def receive(
    *, unit: Unit, filename: str, content: bytes, actor: Actor, now: dt.datetime
) -> RosterImport:
    """Keeps the file sealed in the unit's storage, with its row.

    A request that was cut off never gets here, and a row is only made with its file, so an
    interrupted upload leaves nothing.  Raises RosterTooLarge, RosterKind, RosterEmpty; SameFile
    and RosterInHand carry ``import_id``, where the other one is.
    """
    check_file(filename, content)
    digest = hashlib.sha256(content).digest()
    _refuse_same(unit, digest)
    with unit_context(unit.id):
        key = files.keep("source", content)
    try:
        with transaction.atomic():
            made = RosterImport.objects.create(
                unit=unit,
                digest=digest,
                filename_sealed=platform_cipher().seal(filename[-120:], column="roster.filename"),
                size=len(content),
                source_key=key,
                uploaded_by=actor.person_id,
                uploaded_by_name=actor.name,
                uploaded_at=now,
            )
            timeline.record(
                "roster.uploaded", unit_id=unit.id, actor=actor, now=now, import_id=str(made.id)
            )
    except IntegrityError:
        with unit_context(unit.id):
            files.drop(key)
        _refuse_same(unit, digest)
        raise
    return made


@job(queue="bulk")
def read(*, import_id: UUID) -> None:
    """Understands the roster and leaves it for review; a file that cannot be read fails."""
    read_opened(import_id=import_id, book=None)


def read_opened(*, import_id: UUID, book: Book | None) -> None:
    """The same for whoever has opened the file already; None opens the stored one."""
    now = clock.now()
    held = claims.take(
        import_id=import_id,
        states=(ImportState.UPLOADED, ImportState.READING),
        now=now,
        lease=claims.READING_LEASE,
    )
    if held is None:
        return
    if held.attempts > claims.MOST_ATTEMPTS:
        fail(held, code="roster_reading_gave_up", message="识别多次中断，请重新上传。")
        return
    claims.write(held, state=ImportState.READING)
    try:
        understand(held, today=clock.day_of(now), book=book)
    except DomainError as refused:
        fail(held, code=refused.code, message=refused.message)


@collector.paused()
def understand(held: RosterImport, *, today: dt.date, book: Book | None) -> Understanding:
    """Reads the file against what the unit has, and keeps what was found, in one update."""
    if not held.unit.schema_version:
        schemas.provision(unit=held.unit)
    with unit_context(held.unit_id):
        if book is None:
            book = open_book(files.read("source", held.source_key), filename_of(held))
        corrections = (
            codec.corrections_from_json(json.loads(files.read("corrections", held.corrections_key)))
            if held.corrections_key
            else Corrections()
        )
        found = reader.understand(
            book,
            held.unit.name,
            today,
            corrections=corrections,
            known_orgs=_known_organisations(),
        )
    elsewhere = _known_elsewhere(held, found)
    workbook = refused.refused_workbook(book, found) if found.rejections else b""
    _keep(held, found, elsewhere, _dues(found, today), workbook)
    return found


def correct(
    *, held: RosterImport, corrections: Corrections, actor: Actor, now: dt.datetime
) -> None:
    """Reads the roster again under corrections made by hand; raises NotForReview."""
    with unit_context(held.unit_id):
        key = files.keep("corrections", json.dumps(codec.corrections_to_json(corrections)).encode())
    with transaction.atomic():
        row = _for_review(held)
        before = row.corrections_key
        row.corrections_key, row.state, row.attempts = key, ImportState.UPLOADED, 0
        row.claimed_until = None
        row.save(update_fields=["corrections_key", "state", "attempts", "claimed_until"])
        timeline.record(
            "roster.corrected", unit_id=row.unit_id, actor=actor, now=now, import_id=str(row.id)
        )
        turns.ask(read, row.unit_id, import_id=row.id)
    with unit_context(held.unit_id):
        files.drop(before)


def discard(*, held: RosterImport, actor: Actor, now: dt.datetime) -> None:
    """Gives a roster up before anything was stored; its files go.  Raises NotForReview."""
    with transaction.atomic():
        row = _for_review(held)
        row.state = ImportState.DISCARDED
        row.save(update_fields=["state"])
        timeline.record(
            "roster.discarded", unit_id=row.unit_id, actor=actor, now=now, import_id=str(row.id)
        )
    forget_files(row)


@job()
def clear() -> None:
    """Deletes what is kept of imports that can no longer be taken back: names and refused rows
    of a unit that is open are its own affair.
    """
    until = clock.now() - dt.timedelta(days=UNDO_DAYS)
    for row in RosterImport.objects.filter(done_at__lt=until).exclude(review_key=""):
        forget_files(row)


def forget_files(row: RosterImport) -> None:
    """Deletes everything that is kept of a roster; the counts in the row stay."""
    with unit_context(row.unit_id):
        files.drop(*(getattr(row, name) for name in _KEYS))
    RosterImport.objects.filter(pk=row.pk).update(**dict.fromkeys(_KEYS, ""))


def fail(held: RosterImport, *, code: str, message: str) -> None:
    """Ends a claimed import with the sentence that people see."""
    claims.write(
        held,
        state=ImportState.FAILED,
        error_code=code[:60],
        error_message=message[:300],
        claimed_until=None,
    )
    timeline.record(
        "roster.failed",
        unit_id=held.unit_id,
        actor=Actor.system("roster"),
        now=clock.now(),
        import_id=str(held.id),
        reason=code,
    )


def filename_of(row: RosterImport) -> str:
    return platform_cipher().open(row.filename_sealed, column="roster.filename")


def check_file(filename: str, content: bytes) -> None:
    """Raises RosterTooLarge, RosterEmpty, RosterKind."""
    if len(content) > LIMITS.file_bytes:
        raise RosterTooLarge(limit_mb=LIMITS.file_bytes // 1024 // 1024)
    if not content:
        raise RosterEmpty
    if not filename.lower().endswith(_KINDS):
        raise RosterKind


def _refuse_same(unit: Unit, digest: bytes) -> None:
    same = RosterImport.objects.filter(unit=unit, digest=digest, state__in=TAKEN).first()
    if same is not None:
        raise SameFile(**_whose(same))
    other = RosterImport.objects.filter(unit=unit, state__in=IN_HAND).first()
    if other is not None:
        raise RosterInHand(**_whose(other))


def _whose(row: RosterImport) -> dict[str, str]:
    when = row.uploaded_at.astimezone(clock.BEIJING)
    return {
        "officer": row.uploaded_by_name,
        "when": f"{when:%Y-%m-%d %H:%M}",
        "state": ImportState(row.state).label,
        "import_id": str(row.id),
    }


def _for_review(held: RosterImport) -> RosterImport:
    row = RosterImport.objects.select_for_update().get(pk=held.pk)
    if row.state not in (ImportState.REVIEW, ImportState.FAILED) or row.confirmed_at:
        raise NotForReview(state=ImportState(row.state).label)
    return row


def _known_organisations() -> list[KnownOrg]:
    known = organizations.known_organizations()
    if first_root.is_alone(known):
        return []
    return [
        KnownOrg(
            key=str(one.id),
            name=one.name,
            kind=one.kind,
            parent_key=str(one.parent_id) if one.parent_id else None,
            code=one.code,
        )
        for one in known
    ]


def _known_elsewhere(held: RosterImport, found: Understanding) -> list[tuple[str, int]]:
    """Where identity numbers stand that other units have too: that they do, never whose."""
    with shared_context():
        known = affiliations.known_elsewhere(
            identity_numbers=[row.identity_number for row in found.accepted],
            unit_id=held.unit_id,
        )
    return [
        (found.sheets[row.sheet].name, row.row)
        for row in found.accepted
        if row.identity_number in known
    ]


def _dues(found: Understanding, today: dt.date) -> int:
    pack = rules.dues_pack(today)
    return counting.monthly_dues_fen(
        found.accepted, lambda category, base: pack.assess(category, base).amount_fen
    )


def _keep(
    held: RosterImport,
    found: Understanding,
    elsewhere: list[tuple[str, int]],
    dues_fen: int,
    workbook: bytes,
) -> None:
    shown = review.of(
        found,
        known_elsewhere=elsewhere,
        members_by_org=dict(Counter(row.org_key for row in found.accepted)),
    )
    with unit_context(held.unit_id):
        review_key = files.keep("review", review.pack(shown))
        accepted_key = files.keep("accepted", codec.pack(found.accepted))
        refused_key = files.keep("refused", workbook) if workbook else ""
    before = (held.review_key, held.accepted_key, held.refused_key)
    claims.write(
        held,
        state=ImportState.REVIEW,
        review_key=review_key,
        accepted_key=accepted_key,
        refused_key=refused_key,
        organization_count=len(found.organisations),
        new_organization_count=len(found.new_organisations),
        accepted_count=len(found.accepted),
        rejected_count=len(found.rejections),
        skipped_count=len(found.skipped),
        warning_count=len(found.notices),
        known_elsewhere_count=len(elsewhere),
        monthly_dues_fen=dues_fen,
        claimed_until=None,
        attempts=0,
        error_code="",
        error_message="",
    )
    with unit_context(held.unit_id):
        files.drop(*before)
