"""Writing a list of members as a workbook or as CSV, row by row."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import xlsxwriter
from django.db.models import QuerySet

from tenant_apps.members.models import Member, party_age, whole_years
from tenant_apps.members.selectors.columns import Cell
from tenant_apps.members.selectors.listing import Column
from tenant_apps.members.services import sealing

BATCH: Final = 1_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_ALWAYS: Final = ("姓名", "身份证号")
_HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "org": ("所在党组织",),
    "category": ("人员类别", "党内职务"),
    "joined": ("入党日期", "转正日期", "党龄（年）"),
    "phone": ("手机号码",),
    "education": ("学历",),
    "age": ("性别", "出生日期", "年龄"),
    "ethnicity": ("民族",),
    "completeness": ("资料完整度",),
}


def headings_of(columns: Sequence[Column]) -> list[str]:
    """The head row: one list column may be several of the sheet."""
    found = list(_ALWAYS)
    for column in columns:
        found += [column.label] if column.provider else _HEADINGS[column.key]
    return found


def rows_of(
    members: QuerySet[Member], columns: Sequence[Column], *, today: dt.date, is_full: bool
) -> Iterator[list[list[str]]]:
    """The body in batches of BATCH; each batch costs a fixed number of statements."""
    ids = list(members.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        wanted = ids[start : start + BATCH]
        found = members.model._default_manager.filter(pk__in=wanted).select_related("org")
        if not is_full:
            found = found.defer("identity_sealed", "phone_sealed")
        by_id = {member.pk: member for member in found}
        added = {
            column.key: column.provider.cells(wanted, today=today)
            for column in columns
            if column.provider
        }
        yield [
            _row(by_id[pk], columns, added, today=today, is_full=is_full)
            for pk in wanted
            if pk in by_id
        ]


def as_csv(headings: Sequence[str], batches: Iterable[list[list[str]]]) -> bytes:
    """UTF-8 with a mark, so that spreadsheet programs open it as what it is (rulebook 8.4)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    for batch in batches:
        writer.writerows([[_inert(value) for value in row] for row in batch])
    return text.getvalue().encode("utf-8-sig")


def as_workbook(headings: Sequence[str], batches: Iterable[list[list[str]]]) -> bytes:
    """An .xlsx; every cell is text, so that long numbers keep their digits."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False})
    sheet = book.add_worksheet("党员名册")
    bold = book.add_format({"bold": True, "bottom": 1})
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
        sheet.set_column(column, column, max(12, len(heading) * 2 + 2))
    sheet.freeze_panes(1, 1)
    place = 0
    for batch in batches:
        for row in batch:
            place += 1
            for column, value in enumerate(row):
                sheet.write_string(place, column, value)
    book.close()
    return file.getvalue()


def _row(
    member: Member,
    columns: Sequence[Column],
    added: Mapping[str, Mapping[UUID, Cell]],
    *,
    today: dt.date,
    is_full: bool,
) -> list[str]:
    row = [member.name, _identity(member, is_full=is_full)]
    basic = {
        "org": (member.org.name,),
        "category": (member.get_category_display(), member.posts),
        "joined": (
            _day(member.joined_on),
            _day(member.full_on),
            _number(party_age(member.full_on, today)),
        ),
        "phone": (_phone(member, is_full=is_full),),
        "education": (member.education,),
        "age": (
            member.gender_label,
            _day(member.birth_on),
            _number(whole_years(member.birth_on, today) if member.birth_on else None),
        ),
        "ethnicity": (member.ethnicity,),
        "completeness": (f"{member.completeness}%",),
    }
    for column in columns:
        if column.provider:
            cell = added[column.key].get(member.pk)
            row.append(cell.text if cell else "")
        else:
            row += basic[column.key]
    return row


def _identity(member: Member, *, is_full: bool) -> str:
    if not is_full:
        return member.identity_masked
    return sealing.open_identity(member.identity_sealed)


def _phone(member: Member, *, is_full: bool) -> str:
    if not (is_full and member.phone_sealed):
        return member.phone_masked
    return sealing.open_phone(member.phone_sealed)


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _inert(value: str) -> str:
    """A text that a spreadsheet program would take for a formula is kept a text."""
    return f"'{value}" if value.startswith(_FORMULA) else value
