"""Nothing that is written can run, and nothing loses a digit."""

from __future__ import annotations

import datetime as dt
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.sheets.reading import open_book
from kernel.sheets.writing import Heading, Workbook, csv_cell, csv_lines, width_of


def written(rows, **options) -> bytes:
    with Workbook() as out:
        out.add_sheet("名册", rows, **options)
    return out.content()


class TestWorkbook:
    def test_comes_back_as_it_went(self):
        day = dt.date(2026, 7, 1)
        content = written(
            [["张三", "110105198902259975", 5230.5, day, None, 13812345678]],
            headings=[Heading("姓名", 10), Heading("身份证号码", 22)],
        )
        rows = list(open_book(content, "a.xlsx").sheets[0].rows())
        assert rows[0] == (1, ["姓名", "身份证号码", "", "", "", ""])
        assert rows[1] == (2, ["张三", "110105198902259975", 5230.5, day, "", 13812345678.0])

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1"])
    def test_never_writes_a_formula_from_text(self, text):
        content = written([[text]])
        sheet = zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")
        assert b"<f" not in sheet
        assert next(iter(open_book(content, "a.xlsx").sheets[0].rows()))[1] == [text]

    def test_long_whole_numbers_become_text(self):
        number = 110105198902259975
        content = written([[number]])
        assert next(iter(open_book(content, "a.xlsx").sheets[0].rows()))[1] == [str(number)]

    def test_keeps_headings_in_view(self):
        sheet = zipfile.ZipFile(BytesIO(written([["a"]], headings=[Heading("h")]))).read(
            "xl/worksheets/sheet1.xml"
        )
        assert b'state="frozen"' in sheet

    def test_sheet_names_are_made_fit_and_different(self):
        with Workbook() as out:
            for _ in range(2):
                out.add_sheet("一/二:三" * 12, [["x"]])
        names = [sheet.name for sheet in open_book(out.content(), "a.xlsx").sheets]
        assert len(set(names)) == 2
        assert all(len(name) <= 31 for name in names)

    def test_drops_characters_that_no_workbook_may_hold(self):
        assert next(iter(open_book(written([["a\x00\x0bb"]]), "a.xlsx").sheets[0].rows()))[1] == [
            "ab"
        ]


class TestCsv:
    @pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@x", "\t=1", "＝1+1"])
    def test_a_formula_sign_is_put_behind_an_apostrophe(self, text):
        assert csv_cell(text)[0] in "'+"
        assert csv_cell("=1+1") == "'=1+1"

    def test_identity_numbers_and_leading_zeros_stay_text(self):
        assert csv_cell("110105198902259975") == "\t110105198902259975"
        assert csv_cell("007") == "\t007"

    @given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
    def test_no_text_begins_with_a_formula_sign(self, texts):
        for text in texts:
            cell = csv_cell(text)
            assert not cell.startswith(("=", "@"))

    def test_opens_in_the_office_with_the_right_letters(self):
        content = b"".join(csv_lines([["姓名"], ["张三"]]))
        assert content.startswith(b"\xef\xbb\xbf")
        assert [row for _, row in open_book(content, "a.csv").sheets[0].rows()] == [
            ["姓名"],
            ["张三"],
        ]


def test_chinese_characters_count_twice_for_the_width():
    assert width_of(["身份证号码"]) == 12
    assert width_of(["x" * 90]) == 40
    assert width_of([]) == 8
