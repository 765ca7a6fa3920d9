"""The report on a file that was compared: which cell breaks which rule, and the rows to correct."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from kernel import masks
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.sheets.reading import Book, Cell
from kernel.sheets.writing import Heading, Value, Workbook
from kernel.storage import ForeignFile
from onboarding.exchange.checking import RULES, Fault
from onboarding.roster.faults import RULES as ROSTER_RULES
from onboarding.roster.fields import REASON_HEADING
from onboarding.services import files
from tenant_apps.audit.services import record

if TYPE_CHECKING:
    from tenant_apps.members.models import Update

_LONG_NUMBER: Final = re.compile(r"\d{7,}[\dXx]*")
_PLACEHOLDER: Final = re.compile(r"（?\{[a-z_]+\}）?")
_LEFT_OUT: Final = {
    "outside": "此人的组织关系不在您的管理范围内，没有核对",
    "category_differs": "人员类别与档案不同；转正等须经决议，请在发展党员中办理",
    "org_unknown": "单位里没有这个党组织，或不在您的管理范围内，不能补录",
    "org_holds_nobody": "文件中的党组织不能接收正式组织关系，没有列入调整",
    "kind_differs": "组织类别与组织架构不同；改设须经批复，请在组织架构中办理",
    "parent_differs": "上级党组织与组织架构不同；调整隶属须经批复，请在组织架构中办理",
    "ended_in_file": "文件标明已撤销；撤销须经批复，请在组织架构中办理",
    "parent_unknown": "单位里和文件中都没有它的上级党组织，不能新建",
    "branch_differs": "所在党支部与申请材料不同；随本人转移的，请在发展党员中办理",
    "applied_differs": "申请入党日期与申请材料不同，请在发展党员中核对",
    "stage_differs": "人员类型与办理进度不同；各步骤须按规定办理，请在发展党员中办理",
    "stage_day_differs": "步骤日期与办理记录不同，请在发展党员中核对",
    "case_ended_in_file": "文件标明已删除；终止办理请在发展党员中登记",
    "member_by_now": "已是党员，请在党员名册中补录或更新",
}
_MOST: Final = 20_000


class ReportGone(NotFound):
    code = "update_report_gone"
    sentence = "这份核对报告已按期清理，或没有退回的行。"


@dataclass(frozen=True, slots=True)
class Report:
    """Faults with the masked value; ``unknown`` are columns of the file that were not read."""

    faults: tuple[Fault, ...]
    unknown: tuple[str, ...]


def message_of(rule: str) -> str:
    """A rule in words, be it of a set, of the reading of rosters or of the comparison."""
    if rule in _LEFT_OUT:
        return _LEFT_OUT[rule]
    if rule in RULES:
        return RULES[rule]
    if rule in ROSTER_RULES:
        return _PLACEHOLDER.sub("", ROSTER_RULES[rule][0]).rstrip("。")
    return rule


def pack(faults: Sequence[Fault], unknown: Sequence[str]) -> bytes:
    """The report for keeping: values masked, at most as many faults as anybody reads."""
    plain = [
        asdict(Fault(one.row, one.column, one.rule, masked(one.value))) for one in faults[:_MOST]
    ]
    return json.dumps({"faults": plain, "unknown": list(unknown)}, ensure_ascii=False).encode()


def load(update: Update) -> Report:
    """The report of an update; raises ReportGone once it was cleared."""
    raw = json.loads(_kept("update-report", update.report_key))
    return Report(tuple(Fault(**one) for one in raw["faults"]), tuple(raw["unknown"]))


def refused_workbook(update: Update) -> bytes:
    """The refused rows as a workbook to correct and hand in again; raises ReportGone."""
    return _kept("update-refused", update.refused_key)


def _kept(kind: str, key: str) -> bytes:
    """What is kept; an archive taken back elsewhere knows the key and has no file."""
    if not key:
        raise ReportGone
    try:
        return files.read(kind, key)
    except ForeignFile as missing:
        raise ReportGone from missing


def report_workbook(report: Report) -> bytes:
    """Every fault as a line: row, column, rule, value (rulebook 8.4)."""
    headings = (Heading("行", 8), Heading("列", 20), Heading("规则", 50), Heading("值", 30))
    with Workbook() as book:
        book.add_sheet("核对报告", _lines(report.faults), headings=headings)
    return book.content()


def refused_book(book: Book, header_row: int, faults: Sequence[Fault]) -> bytes:
    """The rows of a set's file that break a rule, in its own shape, with a column of reasons."""
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(f"{fault.column}：{message_of(fault.rule)}")
    if not reasons:
        return b""
    with Workbook() as out:
        for sheet in book.sheets[:1]:
            rows = _with_reasons(sheet.rows(), header_row, reasons, sheet.width)
            out.add_sheet(
                sheet.name, rows, frozen_rows=header_row, marked_columns=frozenset({sheet.width})
            )
    return out.content()


def masked(value: str) -> str:
    """A value as a page may show it: numbers without their middle."""
    return _LONG_NUMBER.sub(lambda found: masks.masked(found[0]), value)


def _lines(faults: Iterable[Fault]) -> Iterator[list[Value]]:
    for one in faults:
        yield [one.row, one.column, message_of(one.rule), one.value]


def _with_reasons(
    rows: Iterable[tuple[int, list[Cell]]],
    header_row: int,
    reasons: dict[int, list[str]],
    width: int,
) -> Iterator[list[Value]]:
    for number, cells in rows:
        if number > header_row and number not in reasons:
            continue
        row: list[Value] = [*cells, *[""] * (width - len(cells))]
        head = REASON_HEADING if number == header_row else ""
        yield [*row, "；".join(reasons.get(number, [])) or head]


def taken(update: Update, *, actor: Actor, now: dt.datetime) -> bytes:
    """The refused rows, and who took them; raises ReportGone."""
    content = refused_workbook(update)
    record(
        "update.refused_rows_taken",
        actor=actor, now=now, subject_type="update", subject_id=update.pk,
    )  # fmt: skip
    return content
