"""One row of a roster becomes a member or a refusal that names every rule it breaks.

A row is refused only for what the rulebook or the data itself makes impossible; everything
else is taken and noticed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.sheets.reading import Cell

from . import codes, values
from .faults import first_rule, rejection
from .fields import ORG_LEVELS, Field
from .notices import Tally
from .rows import MemberSheet
from .supplements import More
from .understanding import MemberRow, Rejection
from .values import Day, Identity, compact, text

_NAME_MARK = re.compile(
    r"\((男|女|预备|预备党员|正式|正式党员|书记|副书记|组长|[\u3400-\u9fff]{1,4}族)\)$"
)
_NOT_A_NAME = re.compile(r"^[\d\W_]+$|\d{3,}")
_PENSIONERS = re.compile(r"(离退休|退休|离休)(党员|人员|职工|教师|干部)")
_BLANK_BASE = frozenset({"", "-", "--", "—", "/", "无", "\\", "——"})


@dataclass(slots=True)
class _Faults:
    """Rules broken by one row: rule -> (field, value, facts)."""

    found: dict[str, tuple[Field, str, Mapping[str, object]]] = field(default_factory=dict)

    def add(self, rule: str, where: Field, value: Cell, **facts: object) -> None:
        self.found.setdefault(rule, (where, text(value), facts))


class MemberReader:
    """Reads the rows of one sheet.  ``repeated`` maps an identity number that stands in
    several rows to those rows; ``more`` holds what other sheets say about people.
    """

    def __init__(
        self,
        source: MemberSheet,
        *,
        today: dt.date,
        repeated: Mapping[str, list[tuple[str, int]]],
        tally: Tally,
        more: More,
    ) -> None:
        self._source = source
        self._today = today
        self._repeated = repeated
        self._tally = tally
        self._at = {one: source.mapped.index(one) for one in Field}
        self._remarks: list[str] = []
        self._more = more
        self._said_elsewhere: Mapping[Field, Cell] = {}
        self._texts: dict[Cell, str] = {}
        self._days: dict[Cell, Day | None] = {}
        coded = source.mapped.index(Field.MEMBER_ORG_CODE) is not None
        depth = max(len(source.levels), 1)
        self._category_of_sheet = self._hinted_by_sheet()
        self._unticked = _unticked(source)
        in_wan = "万元" in source.heading(Field.DUES_BASE)
        self._fen = values.fen_of_wan if in_wan else values.fen
        self._org_field = Field.MEMBER_ORG_CODE if coded else ORG_LEVELS[depth - 1]

    def read(
        self, number: int, cells: list[Cell], org_key: str | None, org_words: str
    ) -> MemberRow | Rejection:
        """The member of a row, or its refusal."""
        faults = _Faults()
        self._remarks.clear()
        if self._more:
            key = values.identity_key(self._cell(cells, Field.IDENTITY))
            self._said_elsewhere = self._more.get(key, {})
        name = self._name(cells, faults)
        identity = self._identity(number, cells, faults)
        if org_key is None:
            faults.add("unknown_org", self._org_field, org_words)
        birth = self._birth(cells, identity, faults)
        joined, full = self._membership(cells, birth, faults)
        category = self._category(cells, full, faults)
        phone = self._phone(cells, faults)
        dues, base = self._dues(cells, faults)
        if faults.found or org_key is None or birth is None:
            return self._refuse(number, faults)
        gender = self._gender(cells, identity)
        for remark in self._remarks:
            self._tally.add(remark, self._source.name, number)
        kept, words = self._kept, self._text
        return MemberRow(
            self._source.index, number, org_key, name, identity.number, gender, birth,
            kept(cells, Field.ETHNICITY, codes.ethnicity),
            kept(cells, Field.EDUCATION, codes.education),
            category, joined.on if joined else None, full.on if full else None, phone,
            words(cells, Field.POSTS), dues, base, words(cells, Field.PARTY_GROUP),
            words(cells, Field.NATIVE_PLACE), words(cells, Field.WORK_POST),
            words(cells, Field.REMARKS), joined.precision if joined else 3,
        )  # fmt: skip

    def _cell(self, cells: list[Cell], wanted: Field) -> Cell:
        index = self._at[wanted]
        return cells[index] if index is not None else self._said_elsewhere.get(wanted, "")

    def _text(self, cells: list[Cell], wanted: Field) -> str:
        cell = self._cell(cells, wanted)
        if cell == "":
            return ""
        words = self._texts.get(cell)
        if words is None:
            words = self._texts[cell] = text(cell)
        return words

    def _name(self, cells: list[Cell], faults: _Faults) -> str:
        cell = self._cell(cells, Field.NAME)
        name = values.person_name(cell)
        if not name:
            faults.add("name_missing", Field.NAME, cell)
        elif not name.isalpha():
            name = _NAME_MARK.sub("", name)
            if _NOT_A_NAME.search(name):
                faults.add("name_invalid", Field.NAME, cell)
        return name

    def _identity(self, number: int, cells: list[Cell], faults: _Faults) -> Identity:
        cell = self._cell(cells, Field.IDENTITY)
        found = values.identity(cell)
        if found.fault:
            faults.add(found.fault, Field.IDENTITY, found.number or cell)
        if found.number in self._repeated:
            others = [
                f"{row}" if sheet == self._source.name else f"{sheet}!{row}"
                for sheet, row in self._repeated[found.number]
                if (sheet, row) != (self._source.name, number)
            ]
            faults.add("duplicate_id", Field.IDENTITY, found.number, others="、".join(others[:5]))
        elif found.birth_on and not found.fault and found.birth_on > self._today:
            faults.add("id_birth_invalid", Field.IDENTITY, found.number)
        return found

    def _day(self, cells: list[Cell], wanted: Field) -> Day | None:
        cell = self._cell(cells, wanted)
        if cell == "":
            return None
        if cell not in self._days:
            self._days[cell] = values.day(cell)
        return self._days[cell]

    def _birth(self, cells: list[Cell], identity: Identity, faults: _Faults) -> dt.date | None:
        """The birthday in the identity number; the column must agree as far as it goes."""
        born = identity.birth_on
        given = self._day(cells, Field.BIRTH)
        cell = self._cell(cells, Field.BIRTH)
        if given is None:
            if cell != "" and compact(cell):
                self._remarks.append("birth_unreadable")
            return born
        if born and not identity.fault and not _agrees(given, born):
            faults.add("id_birth_mismatch", Field.BIRTH, str(given.on), expected=born.isoformat())
        if born and not 18 <= self._today.year - born.year <= 110:
            self._remarks.append("age_odd")
        return born

    def _membership(
        self, cells: list[Cell], birth: dt.date | None, faults: _Faults
    ) -> tuple[Day | None, Day | None]:
        joined, cell = self._day(cells, Field.JOINED), self._cell(cells, Field.JOINED)
        if joined is None:
            if cell != "" and compact(cell) not in _BLANK_BASE:
                faults.add("joined_not_a_date", Field.JOINED, cell)
            elif self._at[Field.JOINED] is not None:
                self._remarks.append("joined_missing")
        else:
            self._check_joined(joined, cell, birth, faults)
        full = self._day(cells, Field.FULL)
        given = self._cell(cells, Field.FULL)
        if full is None and given != "" and compact(given) not in _BLANK_BASE:
            self._remarks.append("full_unreadable")
        if joined and full and _before(full, joined):
            faults.add("full_before_joined", Field.FULL, given)
        return joined, full

    def _check_joined(
        self, joined: Day, cell: Cell, birth: dt.date | None, faults: _Faults
    ) -> None:
        if joined.on > self._today:
            faults.add("joined_in_future", Field.JOINED, cell)
        if joined.precision < 3:
            self._remarks.append("date_imprecise")
        if birth and joined.on.year < birth.year:
            faults.add("joined_before_birth", Field.JOINED, cell)
        elif birth and joined.on.year - birth.year < 18:
            self._remarks.append("joined_under_18")

    def _category(self, cells: list[Cell], full: Day | None, faults: _Faults) -> str:
        cell = self._text(cells, Field.PERSON_CATEGORY)
        words = "".join(cell.split())
        found = codes.person_category(words) if words else None
        if found is None:
            found = self._ticked(words) if words else self._unticked
        if found == codes.NOT_A_MEMBER:
            faults.add("category_not_member", Field.PERSON_CATEGORY, cell)
        elif found is None and words:
            faults.add("category_unknown", Field.PERSON_CATEGORY, cell)
        if found:
            return found
        if self._at[Field.PERSON_CATEGORY] is not None and not words:
            self._remarks.append("category_missing")
        lasting = full is not None or self._at[Field.FULL] is None
        return codes.FULL if lasting else codes.PROBATIONARY

    def _ticked(self, words: str) -> str | None:
        """是否正式党员 / 是否预备党员, answered yes or no; a bare 党员 kind is taken as full."""
        heading = self._source.heading(Field.PERSON_CATEGORY)
        asked = self._unticked is not None or "是否" in heading
        ticked = codes.yes(words) if asked else None
        if ticked is None:
            return codes.FULL if codes.dues_category(words) else None
        return codes.PROBATIONARY if ticked == ("预备" in heading) else codes.FULL

    def _phone(self, cells: list[Cell], faults: _Faults) -> str:
        cell = self._cell(cells, Field.PHONE)
        found = values.phone(cell)
        if found.fault:
            faults.add(found.fault, Field.PHONE, cell)
        elif found.remark and self._at[Field.PHONE] is not None:
            self._remarks.append(found.remark)
        return found.number

    def _dues(self, cells: list[Cell], faults: _Faults) -> tuple[str, int | None]:
        """The dues category of rulebook 4.1 and its base in fen (None where the rate is fixed)."""
        words = self._text(cells, Field.DUES_CATEGORY)
        category = codes.dues_category(words) if words else None
        if words and category is None:
            self._remarks.append("dues_category_unknown")
        if category == codes.HARDSHIP:
            category = None
            self._remarks.append("hardship_claimed")
        cell = self._cell(cells, Field.DUES_BASE)
        pension = self._cell(cells, Field.PENSION)
        if cell == "" and pension != "" and category in (None, codes.WAGE, codes.RETIRED):
            cell, category = pension, codes.RETIRED
        base = self._fen(cell) if cell != "" else None
        if base is None and cell != "":
            category = self._named_base(cell, category, faults)
        if base is not None and base < 0:
            faults.add("base_negative", Field.DUES_BASE, cell)
        if codes.yes(self._text(cells, Field.RETIRED)) and category in (None, codes.WAGE):
            category = codes.RETIRED
        if category is None:
            category = self._hinted(cells)
        if category in codes.FIXED_RATE:
            return category, None
        if base is None:
            self._remarks.append("base_missing")
        return category, base

    def _hinted_by_sheet(self) -> str | None:
        """A sheet of pensioners only (离退休人员) says it once for all its rows."""
        lines = (self._source.name, *self._source.header.above)
        if any(_PENSIONERS.search(line) and "在职" not in line for line in lines):
            return codes.RETIRED
        return None

    def _named_base(self, cell: Cell, category: str | None, faults: _Faults) -> str | None:
        """A base that is no number: blank, or the name of a category, or a fault."""
        words = compact(cell)
        named = codes.base_category(words)
        if named:
            return named
        blank = words == "" or (words in _BLANK_BASE and (category in codes.FIXED_RATE))
        if not blank:
            faults.add("base_not_a_number", Field.DUES_BASE, cell)
        return category

    def _hinted(self, cells: list[Cell]) -> str:
        """正式党员（离退休) says it in the other column; otherwise a wage is assumed."""
        hint = codes.dues_category(self._text(cells, Field.PERSON_CATEGORY))
        if hint and hint != codes.HARDSHIP:
            return hint
        return self._category_of_sheet or codes.WAGE

    def _gender(self, cells: list[Cell], identity: Identity) -> str:
        own = "1" if identity.is_male else "2"
        words = self._text(cells, Field.GENDER)
        given = codes.gender(words) if words else None
        if given and given != own:
            self._remarks.append("gender_differs")
        return own

    def _kept(self, cells: list[Cell], wanted: Field, read: object) -> str:
        words = self._text(cells, wanted)
        found = read(words) if words and callable(read) else None
        return str(found) if found else words

    def _refuse(self, number: int, faults: _Faults) -> Rejection:
        rule = first_rule(list(faults.found))
        where, value, facts = faults.found[rule]
        also = tuple(one for one in faults.found if one != rule)
        heading = self._source.heading(where)
        return rejection(self._source.name, number, heading, rule, value, also=also, **facts)


def _unticked(source: MemberSheet) -> str | None:
    """What a blank means in a column 预备 or 正式 that is only ticked; else None."""
    at = source.mapped.index(Field.PERSON_CATEGORY)
    ticks = next((one.samples for one in source.mapped.columns if one.index == at), ())
    heading = source.heading(Field.PERSON_CATEGORY).removesuffix("党员")
    if heading in ("预备", "是否预备"):
        return codes.FULL
    return codes.PROBATIONARY if heading == "正式" and ticks else None


def _agrees(given: Day, born: dt.date) -> bool:
    if given.on.year != born.year:
        return False
    if given.precision >= 2 and given.on.month != born.month:
        return False
    return given.precision < 3 or given.on.day == born.day


def _before(first: Day, second: Day) -> bool:
    """Whether one date lies before the other as far as both are known."""
    exact = min(first.precision, second.precision)
    parts = [(d.on.year, d.on.month, d.on.day)[:exact] for d in (first, second)]
    return parts[0] < parts[1]
