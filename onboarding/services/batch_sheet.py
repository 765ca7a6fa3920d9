"""A sheet of units: its columns, what each row says, what is wrong with it.

Nothing is guessed.  A row is right when registering it would be accepted; whether its unit is
registered already is for ``services.batches`` to say.  Refusals per row: ``RULES``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kernel.errors import DomainError, Invalid
from kernel.sheets.reading import Book, Cell, Sheet
from onboarding.roster import values
from onboarding.services import credit_codes
from onboarding.services.registration import Registration
from tenants import regions
from tenants.models import UnitProfile

MOST_ROWS: Final = 500
"""Units in one sheet: what one officer can look through, and a few minutes of work."""
REASON: Final = "退回原因"
YEARS: Final = 3
"""How long an agreement runs whose end is not written."""
_HEAD_WITHIN: Final = 10


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it is called, whether it must be there, and other names for it."""

    key: str
    title: str
    is_needed: bool
    others: tuple[str, ...]
    example: str
    note: str


COLUMNS: Final = (
    Column("name", "单位名称", True, ("单位", "单位全称", "机构名称", "名称"),
           "彭城水务集团有限公司", "必填，与证照一致的全称"),
    Column("credit_code", "统一社会信用代码", True, ("信用代码", "社会信用代码", "统一信用代码"),
           "", "必填，18 位；把整列设为文本格式"),
    Column("region", "所在地区", True, ("地区", "所在省市", "行政区划", "行政区划代码", "区划代码"),
           "江苏省徐州市", "必填，省和市的名称，或 6 位行政区划代码"),
    Column("contact_name", "管理员姓名", True, ("管理员", "联系人", "联系人姓名"),
           "宋佳", "必填，单位的首位管理员"),
    Column("contact_phone", "管理员手机号", True,
           ("管理员手机", "手机号", "手机", "手机号码", "联系人手机", "联系人手机号", "联系电话"),
           "13800001234", "必填，11 位手机号，用来接受邀请"),
    Column("profile", "单位类型", False, ("类型", "单位性质"),
           "国有企业", "选填：" + "、".join(UnitProfile.labels) + "；不填按国有企业"),
    Column("bank_branch", "经办行", False, ("支行", "经办支行", "签约支行", "所属支行"),
           "彭城支行", "选填，签约并负责开通的支行"),
    Column("agreed_on", "协议日期", False, ("签订日期", "协议签订日期", "签约日期"),
           "2026-11-01", f"选填，不填按当天；期限 {YEARS} 年"),
)  # fmt: skip
_KEYS: Final = {title: column.key for column in COLUMNS for title in (column.title, *column.others)}
TITLES: Final = {column.key: column.title for column in COLUMNS}
RULES: Final[Mapping[str, tuple[str, str]]] = {
    "unit_name_missing": ("没有填写单位名称，或不足 2 个字。", "填写与证照一致的全称。"),
    "unit_name_long": ("单位名称超过 60 个字。", "填写与证照一致的全称，去掉说明文字。"),
    "credit_code_missing": ("没有填写统一社会信用代码。", "按证照填写 18 位代码。"),
    "credit_code_malformed": (
        "不是 18 位统一社会信用代码。", "按证照核对位数；不含字母 I、O、S、V、Z。",
    ),
    "credit_code_check_digit": ("第 18 位校验码不对。", "对照证照逐位核对，通常是其中一位录错。"),
    "credit_code_twice": (
        "与第 {first} 行的统一社会信用代码相同。", "一家单位只保留一行；不是同一家则核对代码。",
    ),
    "region_unknown": (
        "看不出是哪个省、市。", "写省和市的全称，如“江苏省徐州市”，或 6 位区划代码。",
    ),
    "contact_name_missing": ("没有填写管理员姓名，或超过 30 个字。", "填写首位管理员的姓名。"),
    "contact_phone_invalid": (
        "不是手机号，应为 11 位，写了 {length} 位。", "填写管理员本人的手机号，用来接受邀请。",
    ),
    "unit_profile_unknown": (
        "没有这种单位类型。", "从" + "、".join(UnitProfile.labels) + "中选一种，或留空。",
    ),
    "bank_branch_long": ("经办行名称超过 40 个字。", "只写支行的名称。"),
    "agreed_on_invalid": ("看不懂这个日期，或不在 2000 年至今后一年之间。", "写成 2026-11-01。"),
}  # fmt: skip


class SheetWithoutColumns(Invalid):
    code = "batch_columns_missing"
    sentence = "前 10 行里没有找到表头，缺少：{columns}。请下载模板，按模板的表头填写。"


class SheetWithoutUnits(Invalid):
    code = "batch_empty"
    sentence = "表里没有单位，请在表头下面每行填写一家单位。"


class TooManyUnits(Invalid):
    code = "batch_too_many"
    sentence = "一张表最多 {limit} 家单位，这张有 {count} 家。请分成几张表上传。"


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the sheet: its number there and its cells as text, by the key of the column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a row says; ``registration`` lacks the label and is None when anything is wrong."""

    written: Written
    registration: Registration | None
    faults: tuple[dict[str, Any], ...]


def rows_of(book: Book) -> list[Written]:
    """The rows of the first visible sheet that has the columns.

    Raises SheetWithoutColumns, SheetWithoutUnits, TooManyUnits.
    """
    missing: list[str] = []
    for sheet in (one for one in book.sheets if one.visible):
        head, places, lacking = _heading(sheet)
        if not lacking:
            return _written(sheet, head, places)
        missing = lacking if not missing or len(lacking) < len(missing) else missing
    raise SheetWithoutColumns(columns="、".join(missing or _needed()))


def understand(rows: Iterable[Written], *, today: dt.date) -> list[Understood]:
    """Every row against every rule; of rows with one credit code the first counts."""
    first: dict[str, int] = {}
    found = []
    for row in rows:
        one = read(row, today=today)
        code = _code_of(row)
        if code in first and code:
            fault = _fault("credit_code_twice", "credit_code", row, first=first[code])
            one = Understood(row, None, (*one.faults, fault))
        first.setdefault(code, row.number)
        found.append(one)
    return found


def read(row: Written, *, today: dt.date) -> Understood:
    """One row by itself."""
    faults: list[dict[str, Any]] = []
    name = re.sub(r"\s+", "", row.cells["name"])
    if len(name) < 2:
        faults.append(_fault("unit_name_missing", "name", row))
    elif len(name) > 60:
        faults.append(_fault("unit_name_long", "name", row))
    code = _credit_code(row, faults)
    region = _region(row, faults)
    contact, phone = _contact(row, faults)
    profile = _profile(row, faults)
    branch = row.cells["bank_branch"]
    if len(branch) > 40:
        faults.append(_fault("bank_branch_long", "bank_branch", row))
    agreed_on = _agreed_on(row, faults, today)
    if faults:
        return Understood(row, None, tuple(faults))
    registration = Registration(
        name=name, credit_code=code, region_code=region, label="", contact_name=contact,
        contact_phone=phone, agreed_on=agreed_on,
        agreement_ends_on=_years_later(agreed_on), bank_branch=branch, profile=profile,
    )  # fmt: skip
    return Understood(row, registration, ())


def _heading(sheet: Sheet) -> tuple[int, dict[str, int], list[str]]:
    """Row and places of the headings that fit best, and which needed ones are missing."""
    best: tuple[int, dict[str, int], list[str]] = (0, {}, _needed())
    for number, cells in sheet.rows():
        if number > _HEAD_WITHIN:
            break
        places: dict[str, int] = {}
        for index, cell in enumerate(cells):
            key = _KEYS.get(re.sub(r"[（(].*|[*＊:：]", "", values.compact(cell)))
            if key is not None:
                places.setdefault(key, index)
        lacking = [c.title for c in COLUMNS if c.is_needed and c.key not in places]
        if len(lacking) < len(best[2]):
            best = number, places, lacking
    return best


def _needed() -> list[str]:
    return [column.title for column in COLUMNS if column.is_needed]


def _written(sheet: Sheet, head: int, places: Mapping[str, int]) -> list[Written]:
    found = []
    for number, row in sheet.rows():
        cells = {
            column.key: _text(column.key, row[places[column.key]]) if column.key in places else ""
            for column in COLUMNS
        }
        if number > head and any(cells.values()):
            found.append(Written(number, cells))
    if not found:
        raise SheetWithoutUnits
    if len(found) > MOST_ROWS:
        raise TooManyUnits(limit=MOST_ROWS, count=len(found))
    return found


def _text(key: str, cell: Cell) -> str:
    if key == "agreed_on" and isinstance(cell, dt.date):
        return f"{cell:%Y-%m-%d}"
    return (values.compact(cell) if key in ("credit_code", "region") else values.lined(cell))[:200]


def _fault(rule: str, column: str, row: Written, **data: Any) -> dict[str, Any]:
    sentence, remedy = RULES[rule]
    return {
        "rule": rule,
        "column": TITLES[column],
        "value": row.cells[column],
        "message": sentence.format(**data),
        "remedy": remedy,
    }


def _code_of(row: Written) -> str:
    return row.cells["credit_code"].upper()


def _credit_code(row: Written, faults: list[dict[str, Any]]) -> str:
    code = _code_of(row)
    if not code:
        faults.append(_fault("credit_code_missing", "credit_code", row))
        return ""
    try:
        return credit_codes.checked(code)
    except DomainError as refused:
        faults.append(_fault(refused.code, "credit_code", row))
        return ""


def _region(row: Written, faults: list[dict[str, Any]]) -> str:
    try:
        return regions.recognised(row.cells["region"])
    except regions.UnknownRegion:
        faults.append(_fault("region_unknown", "region", row))
        return ""


def _contact(row: Written, faults: list[dict[str, Any]]) -> tuple[str, str]:
    name = values.person_name(row.cells["contact_name"])
    if not 1 <= len(name) <= 30:
        faults.append(_fault("contact_name_missing", "contact_name", row))
    written = row.cells["contact_phone"]
    phone = values.phone(written).number
    if not phone:
        faults.append(_fault("contact_phone_invalid", "contact_phone", row, length=len(written)))
    return name, phone


def _profile(row: Written, faults: list[dict[str, Any]]) -> str:
    written = values.compact(row.cells["profile"])
    if not written:
        return UnitProfile.ENTERPRISE
    for value, label in UnitProfile.choices:
        if written in (label, value):
            return value
    faults.append(_fault("unit_profile_unknown", "profile", row))
    return ""


def _agreed_on(row: Written, faults: list[dict[str, Any]], today: dt.date) -> dt.date:
    written = row.cells["agreed_on"]
    if not written:
        return today
    read_as = values.day(written)
    if (
        read_as is None
        or read_as.precision < 3
        or not dt.date(2000, 1, 1) <= read_as.on <= today + dt.timedelta(days=366)
    ):
        faults.append(_fault("agreed_on_invalid", "agreed_on", row))
        return today
    return read_as.on


def _years_later(day: dt.date) -> dt.date:
    """The day before the same day three years on."""
    try:
        return day.replace(year=day.year + YEARS) - dt.timedelta(days=1)
    except ValueError:  # 29 February
        return dt.date(day.year + YEARS, 2, 28)
