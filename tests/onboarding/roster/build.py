"""Small rosters for one question each."""

from __future__ import annotations

import datetime as dt

from kernel.sheets.reading import Book, open_book
from kernel.sheets.writing import Workbook
from onboarding.roster.reader import understand
from onboarding.roster.understanding import Understanding
from onboarding.roster.values import check_character

TODAY = dt.date(2026, 11, 22)
UNIT = "青石矿业"


def number(serial: int, birth: str = "19800101") -> str:
    """A valid identity number of an invented person."""
    first = f"320102{birth}{serial:03d}"
    return first + check_character(first)


def person(serial: int, *, org: str = "", name: str = "", **changes: object) -> dict[str, object]:
    """A faultless row; ``changes`` replace cells by heading."""
    return {
        "姓名": name or f"张{'一二三四五六七八九十'[serial % 10]}",
        "身份证号": number(serial),
        "所在党支部": org,
        "入党日期": "2010-07-01",
        "转正日期": "2011-07-01",
        "手机": f"139{serial:08d}",
        "党费基数": 4000,
        **changes,
    }


def sheet(*people: dict[str, object]) -> list[list[object]]:
    """Rows with the headings of the first person."""
    heads = list(people[0])
    return [heads, *([one.get(head) for head in heads] for one in people)]


def book(**sheets: list[list[object]]) -> Book:
    """The sheets as an opened workbook."""
    with Workbook() as out:
        for name, rows in sheets.items():
            out.add_sheet(name, rows)
    return open_book(out.content(), "名册.xlsx")


def read(given: Book | None = None, **sheets: list[list[object]]) -> Understanding:
    """What is understood of these sheets."""
    return understand(given or book(**sheets), UNIT, TODAY)


def refusals(found: Understanding) -> dict[tuple[str, int], str]:
    return {(one.sheet, one.row): one.rule for one in found.rejections}


def codes(found: Understanding) -> set[str]:
    return {notice.code for notice in found.notices}
