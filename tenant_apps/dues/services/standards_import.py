"""Fixing standards by a file: checked, looked at, applied together, taken back together.

Only what says something new is applied, from one month on for which nobody named is billed yet
(rulebook 4.2: a change within the year needs its reason).  Statements do not grow with the rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import arrays
from kernel.actor import Actor
from kernel.clock import Month
from kernel.crypto import unit_cipher
from kernel.errors import Conflict, DomainError, Invalid
from kernel.jobs import job
from kernel.models import uuid7s
from kernel.permissions import require
from kernel.sheets.reading import open_book
from kernel.storage import unit_files
from shared_apps.rules import selectors as rules
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Bill, ImportState, Origin, Standard, StandardsImport
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import issuing_scopes_of
from tenant_apps.dues.selectors.settings import setting_in_force
from tenant_apps.dues.selectors.standards_import import (
    Change,
    Known,
    changes_of,
    known_by_mark,
    stale,
)
from tenant_apps.dues.services.decisions import person_of
from tenant_apps.dues.services.standards import report_confirmed
from tenant_apps.dues.services.standards_reading import (
    CATEGORY,
    IDENTITY,
    NAME,
    Asked,
    Fault,
    Row,
    category_labels,
    judged,
    rows_of,
)
from tenant_apps.dues.services.years import refuse_year

_STEP: Final = 5_000
_CHUNK: Final = 20_000
_MONTH: Final = "起始月份"


class ImportMoved(Conflict):
    code = "dues_import_moved"
    sentence = "这次导入现在是「{state}」，不能这样办理。请刷新页面查看最新状态。"


class ImportStale(Conflict):
    code = "dues_import_stale"
    sentence = "核对之后有 {count} 人的标准或账单发生了变化，没有核定任何人。请重新上传核对。"


class ImportInUse(Conflict):
    code = "dues_import_in_use"
    sentence = "这批标准下已生成 {count} 笔账单，请先撤销账单。"


class ImportChanged(Conflict):
    code = "dues_import_changed"
    sentence = "这批中已有 {count} 人重新核定过，不能整批撤销。"


class NothingNew(Invalid):
    code = "dues_import_nothing"
    sentence = "文件里没有需要核定的变化。"


@transaction.atomic
def hand_in(
    *,
    file_name: str,
    content: bytes,
    month: Month,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> StandardsImport:
    """Keeps a file and has it checked.  Raises YearNotOpen, and what opening a workbook raises."""
    require(actor, DuesPermission.ISSUE)
    refuse_year(month.year, now)
    open_book(content, file_name)
    made: StandardsImport = StandardsImport.objects.create(
        file_name=file_name[-120:],
        file_key=unit_files().save("standards", content),
        month=month.value,
        reason=reason.strip(),
        scopes=list(issuing_scopes_of(actor)),
        made_by=person_of(actor),
        made_by_name=actor.name,
        made_at=now,
    )
    _tell("dues_import.handed_in", made, actor, now, file_name=made.file_name)
    check.after_commit(import_id=made.pk)
    return made


@job(queue="bulk")
def check(*, import_id: UUID) -> None:
    """Compares the file with the members and leaves it for a person; again after a kill."""
    held = StandardsImport.objects.filter(pk=import_id, state=ImportState.CHECKING).first()
    if held is None:
        return
    try:
        book = open_book(unit_files().read(held.file_key), held.file_name)
        rows = list(rows_of(book))
    except DomainError as refused:
        held.state, held.message = ImportState.FAILED, refused.message[:200]
    else:
        _compare(held, rows)
        held.state = ImportState.READY
    unit_files().delete(held.file_key)
    held.file_key = ""
    held.save()


@transaction.atomic
def apply(*, held: StandardsImport, actor: Actor, now: dt.datetime) -> StandardsImport:
    """Fixes what is new, all or nothing.  Raises ImportMoved, NothingNew, ImportStale."""
    held = _held(held.pk, ImportState.READY)
    changes = changes_of(held)
    if not changes:
        raise NothingNew
    _lock([one.before_id for one in changes if one.before_id])
    if gone := stale(changes, Month(held.month)):
        raise ImportStale(count=gone)
    _replace(held, changes, now)
    held.state, held.applied_at, held.applied_by_name = ImportState.APPLIED, now, actor.name
    held.save(update_fields=["state", "applied_at", "applied_by_name"])
    _tell("dues_import.applied", held, actor, now, count=len(changes))
    report_confirmed(now)
    return held


@transaction.atomic
def undo(*, held: StandardsImport, actor: Actor, now: dt.datetime) -> int:
    """Takes the standards back while nothing is billed under them, and what they replaced holds
    again; returns how many.  Raises ImportMoved, ImportInUse, ImportChanged.
    """
    held = _held(held.pk, ImportState.APPLIED)
    mine = Standard.objects.filter(import_id=held.pk, origin=Origin.FILE)
    rows = list(mine.select_for_update().order_by("id").values_list("id", "is_current"))
    if bills := Bill.objects.filter(standard__in=mine).count():
        raise ImportInUse(count=bills)
    if changed := sum(not is_current for _, is_current in rows):
        raise ImportChanged(count=changed)
    mine.delete()
    before = [one.before_id for one in changes_of(held) if one.before_id]
    Standard.objects.filter(pk__in=before).update(is_current=True)
    held.state = ImportState.UNDONE
    held.save(update_fields=["state"])
    _tell("dues_import.undone", held, actor, now, count=len(rows))
    report_confirmed(now)
    return len(rows)


@transaction.atomic
def drop(*, held: StandardsImport, actor: Actor, now: dt.datetime) -> StandardsImport:
    """Puts a checked file aside; nothing of it is kept but its name.  Raises ImportMoved."""
    held = _held(held.pk, ImportState.READY)
    held.state, held.changes, held.faults = ImportState.DROPPED, [], []
    held.save(update_fields=["state", "changes", "faults"])
    _tell("dues_import.dropped", held, actor, now)
    return held


def _compare(held: StandardsImport, rows: Sequence[Row]) -> None:
    """Every row is a change, unchanged, or a fault."""
    month = Month(held.month)
    pack, rounding = rules.dues_pack(month.first_day), setting_in_force().rounding
    labels, cipher = category_labels(pack), unit_cipher()
    held.total = len(rows)
    marks = [cipher.index(row.identity, purpose="identity") for row in rows]
    known = known_by_mark(sorted(set(marks)), month=month, scopes=held.scopes)
    lines: dict[bytes, list[int]] = defaultdict(list)
    for row, mark in zip(rows, marks, strict=True):
        lines[mark].append(row.number)
    changes: list[Change] = []
    faults: list[Fault] = []
    for place, (row, mark) in enumerate(zip(rows, marks, strict=True), 1):
        if place % _STEP == 0:
            StandardsImport.objects.filter(pk=held.pk).update(processed=place, total=held.total)
        asked = judged(row, pack=pack, labels=labels, rounding=rounding)
        if isinstance(asked, Asked) and len(lines[mark]) > 1:
            asked = _double(row, lines[mark])
        one = _against(asked, known.get(mark), held) if isinstance(asked, Asked) else asked
        if isinstance(one, Change):
            changes.append(one)
        elif isinstance(one, Fault):
            faults.append(one)
    held.processed = held.total
    held.unchanged = held.total - len(changes) - len(faults)
    held.before_fen = sum(one.before_fen or 0 for one in changes)
    held.after_fen = sum(one.amount_fen for one in changes)
    held.changes, held.faults = [list(one) for one in changes], [list(one) for one in faults]


def _against(asked: Asked, known: Known | None, held: StandardsImport) -> Change | Fault | None:
    """The row against what holds; None where it says nothing new."""
    row, found = asked
    fault = _fault_of(row, known, held)
    if known is None or isinstance(fault, Fault):
        return fault
    base = found.base_fen if found.rate_bp is not None else None
    if (known.category, known.base_fen, known.amount_fen) == (
        found.category,
        base,
        found.amount_fen,
    ):
        return None
    if known.standard_id is not None and not held.reason:
        return Fault(row.number, known.name, CATEGORY, row.category,
                     "年内变更标准须写明理由", "重新上传，填写变更理由")  # fmt: skip
    if known.billed_to is not None:
        last = Month(known.billed_to)
        return Fault(row.number, known.name, _MONTH, str(Month(held.month)),
                     f"{last.label}及以前的账单已生成",
                     f"起始月份改为{(last + 1).label}，或先撤销账单")  # fmt: skip
    return Change(
        row.number,
        known.name,
        str(known.member_id),
        str(known.standard_id or ""),
        known.amount_fen,
        found.category,
        base,
        found.rate_bp,
        found.raw_fen,
        found.amount_fen,
        found.is_capped,
    )


def _fault_of(row: Row, known: Known | None, held: StandardsImport) -> Fault | None:
    if known is None:
        return Fault(row.number, row.name, IDENTITY, f"{row.identity[:6]}…",
                     "在册党员中没有这个身份证号，或不在您的管理范围内",
                     "核对号码；新党员先补录到名册")  # fmt: skip
    if row.name and "".join(row.name.split()) != known.name:
        return Fault(row.number, row.name, NAME, row.name,
                     "姓名与名册中同一身份证号的党员不一致", "核对是否错行")  # fmt: skip
    if known.from_month is not None and held.month < known.from_month:
        return Fault(row.number, known.name, _MONTH, str(Month(held.month)),
                     f"现行标准从{Month(known.from_month).label}起执行",
                     "起始月份不能早于现行标准")  # fmt: skip
    return None


def _double(row: Row, lines: Sequence[int]) -> Fault:
    others = "、".join(str(line) for line in lines if line != row.number)
    return Fault(
        row.number, row.name, IDENTITY, f"{row.identity[:6]}…", f"与第 {others} 行是同一个人",
        "只保留一行",
    )  # fmt: skip


def _replace(held: StandardsImport, changes: Sequence[Change], now: dt.datetime) -> None:
    """What holds gives way, in two statements per 20,000 rows."""
    Standard.objects.filter(pk__in=[one.before_id for one in changes if one.before_id]).update(
        is_current=False
    )
    month = Month(held.month)
    pack, rounding = rules.dues_pack(month.first_day), setting_in_force().rounding
    with connection.cursor() as cursor:
        for chunk in _chunks(changes):
            cursor.execute(
                _INSERT,
                [
                    month.year, "dues", pack.version, month.value, held.reason, held.pk, now,
                    rounding, Origin.FILE, *_columns(chunk),
                ],
            )  # fmt: skip


def _chunks(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    for start in range(0, len(changes), _CHUNK):
        yield changes[start : start + _CHUNK]


def _columns(chunk: Sequence[Change]) -> list[str]:
    return arrays.joined(
        (
            key.hex,
            one.member_id,
            one.category,
            arrays.NULL if one.base_fen is None else str(one.base_fen),
            arrays.NULL if one.rate_bp is None else str(one.rate_bp),
            str(one.raw_fen),
            str(one.amount_fen),
            "t" if one.is_capped else "f",
        )
        for key, one in zip(uuid7s(len(chunk)), chunk, strict=True)
    )


def _lock(standard_ids: Sequence[str]) -> None:
    """Whoever fixes one of them anew waits, or was first: then the comparison shows it."""
    held = Standard.objects.select_for_update().filter(pk__in=standard_ids).order_by("id")
    list(held.values_list("id", flat=True))


def _held(import_id: UUID, state: ImportState) -> StandardsImport:
    """Locked until the transaction ends; raises ImportMoved."""
    held: StandardsImport = StandardsImport.objects.select_for_update().get(pk=import_id)
    if held.state != state:
        raise ImportMoved(state=ImportState(held.state).label)
    return held


def _tell(code: str, held: StandardsImport, actor: Actor, now: dt.datetime, **more: object) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="import",
        subject_id=held.pk,
        month=held.month,
        reason=held.reason,
        **more,
    )


_COLUMNS: Final = {
    "id": "uuid", "member_id": "uuid", "category": "text", "base_fen": "bigint",
    "rate_bp": "int", "raw_fen": "bigint", "amount_fen": "bigint", "is_capped": "bool",
}  # fmt: skip
_INSERT: Final = f"""
INSERT INTO {Standard._meta.db_table}
    (year, pack, pack_version, effective_month, reason, import_id, created_at, rounding, origin,
     is_current, {", ".join(_COLUMNS)})
SELECT %s, %s, %s, %s, %s, %s::uuid, %s::timestamptz, %s, %s, true, made.*
  FROM {arrays.unnested(_COLUMNS)}
"""
