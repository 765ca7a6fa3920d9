"""Cells of a set into values, and every rule that a row breaks (rulebook 8.4).

One fault names row, column, rule and value, so that whoever made the file finds the cell.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from kernel.sheets.reading import Cell
from onboarding.exchange.sets import FULL, KEY, ExchangeSet, Field
from onboarding.roster import values as cells
from shared_apps.rules.selectors.codes import CodeTable

RULES: Final = {
    "missing": "必填项为空",
    "date_format": "日期格式不对，应为 YYYY-MM-DD（也接受 YYYYMMDD、YYYY.MM.DD）",
    "date_future": "日期晚于今天",
    "code_unknown": "代码表里没有这个值",
    "code_label_differ": "代码与名称不是同一项",
    "id_missing": "没有填写身份证号码",
    "id_precision_lost": "身份证号码被表格当成数字，末几位已经丢失，请把该列设为文本后重填",
    "id_fifteen": "这是 15 位的旧身份证号码，请填换发后的 18 位号码",
    "id_length": "身份证号码应为 18 位",
    "id_format": "身份证号码里有不该出现的字符",
    "id_check_digit": "身份证号码的校验位不对，至少有一位填错",
    "id_birth_invalid": "身份证号码里的出生日期不存在",
    "identity_masked": "号码被遮盖，不能据以对应人员",
    "identity_birth": "出生日期与身份证号码不一致",
    "identity_gender": "性别与身份证号码不一致",
    "phone_format": "手机号码应为 1 开头的 11 位数字",
    "not_yes_no": "应填“是”或“否”",
    "not_number": "应填整数",
    "uid_format": "唯一标识应为 32 位十六进制字符",
    "moment_format": "时间戳应为 YYYY-MM-DD hh:mm:ss",
    "too_long": "超过规定的长度",
    "joined_under_18": "入党时不满 18 周岁",
    "full_before_joined": "转正日期早于入党日期",
    "full_of_probationary": "预备党员不应有转正日期",
    "repeated": "与另一行是同一个身份证号码",
    "org_unknown": "单位里没有这个党组织，或不在您的管理范围内",
    "org_holds_nobody": "这个党组织不能接收正式组织关系",
}
_DATE: Final = re.compile(r"(\d{4})([-./]?)(\d{2})\2(\d{2})")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
_MASKED: Final = re.compile(r"\d{3}\*{8,}[\dXx*]{0,4}\d{0,3}[\dXx]?")
_MASKED_PHONE: Final = re.compile(r"\d{3}\*{4}\d{4}")
_UID: Final = re.compile(r"[0-9a-f]{32}")
_NUMBER: Final = re.compile(r"-?\d{1,9}")
_PHONE: Final = re.compile(r"1\d{10}")
_YES: Final = {"是": True, "1": True, "true": True, "否": False, "0": False, "false": False}
_ADULT: Final = 18
_FORMULA: Final = ("=", "+", "-", "@")
_REPEATING: Final = ("date", "yes")
"""Kinds of cells that say the same in many rows, as codes do: read once."""
_MOST_KNOWN: Final = 20_000
_BLANK: Final = ([""], ["", ""])
_NOTHING: Final = object()
"""What cells of blanks alone say."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a cell breaks."""

    row: int
    column: str
    rule: str
    value: str

    @property
    def message(self) -> str:
        """The rule in words."""
        return RULES[self.rule]


@dataclass(slots=True)
class Record:
    """One row read: values by the keys of the set's fields, and what is wrong with it."""

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    filled: int = 0
    wanted: int = 0


class Checker:
    """Reads rows of one set.  ``allow_masked``: the file was exported without full numbers."""

    def __init__(self, wanted: ExchangeSet, *, today: dt.date, allow_masked: bool) -> None:
        self._fields = wanted.fields
        self._headings = [one.headings for one in wanted.fields]
        self._repeats = [one.table is not None or one.kind in _REPEATING for one in wanted.fields]
        self._known = lru_cache(_MOST_KNOWN, typed=True)(self._found)
        self._today = today
        self._allow_masked = allow_masked
        self._seen: dict[str, int] = {}
        self._readers: Mapping[str, Callable[[Field, str, Cell], Any]] = {
            "date": self._date, "identity": self._identity, "phone": self._phone,
            "yes": self._yes, "number": self._number, "uid": self._uid, "moment": self._moment,
        }  # fmt: skip

    def read(self, row: int, given: Mapping[str, Cell]) -> Record:
        """``given`` maps headings of the set (code columns too) to cells."""
        made = Record(row)
        for place, headings in enumerate(self._headings):
            found = [given.get(heading, "") for heading in headings]
            if found not in _BLANK:
                self._field(made, place, found)
        self._together(made)
        self._count(made)
        return made

    def _field(self, made: Record, place: int, given: Sequence[Cell]) -> None:
        one, find = self._fields[place], self._known if self._repeats[place] else self._found
        try:
            value = find(place, *given)
        except _Broken as broken:
            made.faults.append(Fault(made.row, one.heading, broken.rule, broken.value))
        else:
            if value is not _NOTHING:
                made.values[one.key] = value

    def _found(self, place: int, *given: Cell) -> Any:
        """The value of a field's cells, or _NOTHING."""
        one, texts = self._fields[place], [_text(cell) for cell in given]
        if not any(texts):
            return _NOTHING
        if one.table is not None:
            return _coded(one.table, texts)
        reader = self._readers.get(one.kind)
        if reader is not None:
            return reader(one, texts[0], given[0])
        if one.most and len(texts[0]) > one.most:
            raise _Broken("too_long", texts[0])
        return texts[0]

    def _date(self, one: Field, text: str, cell: Cell) -> dt.date:
        if isinstance(cell, dt.datetime):
            return cell.date()
        if isinstance(cell, dt.date):
            return cell
        found = _DATE.fullmatch(text)
        try:
            day = dt.date(int(found[1]), int(found[3]), int(found[4])) if found else None
        except ValueError:
            day = None
        if day is None or day.year < 1900:
            raise _Broken("date_format", text)
        if day > self._today and one.key != "probation_until":
            raise _Broken("date_future", text)
        return day

    def _identity(self, one: Field, text: str, cell: Cell) -> str:
        if "*" in text and _MASKED.fullmatch(text):
            if self._allow_masked:
                return text
            raise _Broken("identity_masked", text)
        found = cells.identity(cell if isinstance(cell, int | float) else text)
        if found.fault:
            raise _Broken(found.fault, text)
        return found.number

    def _phone(self, one: Field, text: str, cell: Cell) -> str:
        bare = re.sub(r"^(\+?86)?[- ]?", "", text).replace("-", "").replace(" ", "")
        if _PHONE.fullmatch(bare):
            return bare
        if self._allow_masked and _MASKED_PHONE.fullmatch(text):
            return text
        raise _Broken("phone_format", text)

    def _yes(self, one: Field, text: str, cell: Cell) -> bool:
        if isinstance(cell, bool):
            return cell
        if text.lower() not in _YES:
            raise _Broken("not_yes_no", text)
        return _YES[text.lower()]

    def _number(self, one: Field, text: str, cell: Cell) -> int:
        if not _NUMBER.fullmatch(text):
            raise _Broken("not_number", text)
        return int(text)

    def _uid(self, one: Field, text: str, cell: Cell) -> str:
        if not _UID.fullmatch(text.lower()):
            raise _Broken("uid_format", text)
        return text.lower()

    def _moment(self, one: Field, text: str, cell: Cell) -> str:
        if isinstance(cell, dt.datetime):
            return f"{cell:%Y-%m-%d %H:%M:%S}"
        if not _MOMENT.fullmatch(text):
            raise _Broken("moment_format", text)
        return text

    def _together(self, made: Record) -> None:
        """Rules over several cells of a row, and over the rows before it."""
        given = made.values
        for key, rule, is_broken in (*self._by_identity(given), *_by_dates(given)):
            if is_broken:
                self._fault(made, key, rule, given.get(key, ""))
        number = str(given.get("identity", ""))
        if number and "*" not in number and self._seen.setdefault(number, made.row) != made.row:
            self._fault(made, "identity", "repeated", number)

    def _by_identity(self, given: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
        number = str(given.get("identity", ""))
        if not number or "*" in number:
            return []
        known = cells.identity(number)
        born, gender = given.get("birth_on"), given.get("gender")
        return [
            ("birth_on", "identity_birth", bool(born) and born != known.birth_on),
            (
                "gender",
                "identity_gender",
                gender in ("1", "2") and (gender == "1") != known.is_male,
            ),
        ]

    def _count(self, made: Record) -> None:
        """What the set asks for and what is there; a key that is missing is a fault besides."""
        broken = {fault.column for fault in made.faults}
        for one in self._fields:
            if not one.need or (one.need == FULL and made.values.get("category") != "FULL"):
                continue
            made.wanted += 1
            if one.key in made.values:
                made.filled += 1
            elif one.need == KEY and one.heading not in broken:
                made.faults.append(Fault(made.row, one.heading, "missing", ""))

    def _fault(self, made: Record, key: str, rule: str, value: Any) -> None:
        heading = next((one.heading for one in self._fields if one.key == key), key)
        made.faults.append(Fault(made.row, heading, rule, str(value)))


class _Broken(Exception):
    def __init__(self, rule: str, value: str) -> None:
        super().__init__(rule)
        self.rule, self.value = rule, value


def _coded(table: CodeTable, texts: Sequence[str]) -> str:
    """The code, from the code column, the label, or both when they agree."""
    code, label = texts
    meant = [table.read(text) for text in (code, label) if text]
    if not all(meant):
        raise _Broken("code_unknown", next(text for text in texts if text and not table.read(text)))
    if len(set(meant)) > 1:
        raise _Broken("code_label_differ", f"{code} / {label}")
    return meant[0]


def _by_dates(given: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    born, joined, full = (given.get(key) for key in ("birth_on", "joined_on", "full_on"))
    is_young = born is not None and joined is not None and _years(born, joined) < _ADULT
    is_early = joined is not None and full is not None and full < joined
    is_odd = given.get("category") == "PROBATIONARY" and full is not None
    return [
        ("joined_on", "joined_under_18", is_young),
        ("full_on", "full_before_joined", is_early),
        ("full_on", "full_of_probationary", is_odd),
    ]


def _years(since: Any, until: Any) -> int:
    """Whole years between two days."""
    return int(until.year - since.year - ((until.month, until.day) < (since.month, since.day)))


def _text(cell: Cell) -> str:
    """The cell as text, without the apostrophe that keeps a formula sign a text."""
    text = cells.text(cell)
    return text[1:] if text.startswith("'") and text[1:2] in _FORMULA else text
