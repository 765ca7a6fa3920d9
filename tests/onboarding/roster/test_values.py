"""Cells read into values: tables of what people write, and properties that always hold."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.roster import codes, values

DAYS = st.dates(dt.date(1930, 1, 1), dt.date(2026, 12, 31))


class TestIdentity:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("11010519491231002X", "11010519491231002X"),
            ("11010519491231002x", "11010519491231002X"),
            ("\t11010519491231002X", "11010519491231002X"),
            ("'11010519491231002X", "11010519491231002X"),
            (" 110105 19491231 002X ", "11010519491231002X"),
            ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
            ("440524188001010014", "440524188001010014"),
        ],
    )
    def test_reads_what_stands_around_the_number_away(self, cell, number):
        assert values.identity(cell).number == number

    @pytest.mark.parametrize(
        ("cell", "fault"),
        [
            ("", "id_missing"),
            ("   ", "id_missing"),
            ("110105194912310021", "id_check_digit"),
            ("1101051949123100", "id_length"),
            ("110105491231002", "id_fifteen"),
            (110105491231002.0, "id_fifteen"),
            (1.1010519491231e17, "id_precision_lost"),
            ("1.10105E+17", "id_precision_lost"),
            ("1101051949123100ZZ", "id_format"),
            ("护照E12345678", "id_format"),
        ],
    )
    def test_names_the_fault(self, cell, fault):
        assert values.identity(cell).fault == fault

    def test_a_birthday_that_does_not_exist_is_a_fault_of_its_own(self):
        first = "11010519900231001"
        assert values.identity(first + values.check_character(first)).fault == "id_birth_invalid"

    @given(DAYS, st.integers(0, 999), st.sampled_from(["110105", "320302", "659004"]))
    def test_every_well_made_number_is_taken_with_its_birthday(self, birth, serial, area):
        first = f"{area}{birth:%Y%m%d}{serial:03d}"
        found = values.identity(first + values.check_character(first))
        assert (found.fault, found.birth_on, found.is_male) == ("", birth, serial % 2 == 1)

    @given(DAYS, st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
    def test_one_wrong_digit_is_always_noticed(self, birth, serial, place, shift):
        first = f"320302{birth:%Y%m%d}{serial:03d}"
        right = first + values.check_character(first)
        digit = str((int(right[place]) + shift) % 10)
        assert values.identity(right[:place] + digit + right[place + 1 :]).fault != ""

    @given(st.text(max_size=30) | st.floats() | st.integers())
    def test_nothing_breaks_it(self, cell):
        values.identity(cell)


class TestDay:
    @pytest.mark.parametrize(
        ("cell", "on", "precision"),
        [
            (dt.date(2018, 7, 1), (2018, 7, 1), 3),
            (dt.datetime(2018, 7, 1, 8, 30, tzinfo=dt.UTC), (2018, 7, 1), 3),
            (43282.0, (2018, 7, 1), 3),
            ("43282", (2018, 7, 1), 3),
            ("2018.07.01", (2018, 7, 1), 3),
            ("2018.7.1", (2018, 7, 1), 3),
            ("2018-07-01", (2018, 7, 1), 3),
            ("2018/7/1", (2018, 7, 1), 3),
            ("2018年7月1日", (2018, 7, 1), 3),
            ("2018年07月", (2018, 7, 1), 2),
            ("2018 年 7 月 1 日", (2018, 7, 1), 3),
            ("20180701", (2018, 7, 1), 3),
            (20180701.0, (2018, 7, 1), 3),
            (201807.0, (2018, 7, 1), 2),
            ("201807", (2018, 7, 1), 2),
            ("2018.07", (2018, 7, 1), 2),
            (2018.07, (2018, 7, 1), 2),
            (2018.12, (2018, 12, 1), 2),
            (2018.1, (2018, 1, 1), 1),
            ("2018/7", (2018, 7, 1), 2),
            ("2018", (2018, 1, 1), 1),
            (2018.0, (2018, 1, 1), 1),
            ("85.7", (1985, 7, 1), 2),
            ("1985。7。1", (1985, 7, 1), 3),
            ("7/1/2018", (2018, 7, 1), 3),
            ("２０１８．０７．０１", (2018, 7, 1), 3),
            ("2018-07-01 00:00:00", (2018, 7, 1), 3),
            ("二〇一八年七月一日", (2018, 7, 1), 3),
            ("二〇一八年十二月", (2018, 12, 1), 2),
        ],
    )
    def test_reads_the_ways_people_write_dates(self, cell, on, precision):
        assert values.day(cell) == values.Day(dt.date(*on), precision)

    @pytest.mark.parametrize(
        "cell", ["", "不详", "2018-13-01", "2018.02.30", "3018-01-01", True, 5]
    )
    def test_does_not_guess(self, cell):
        assert values.day(cell) is None

    @given(DAYS, st.sampled_from(["%Y.%m.%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"]))
    def test_every_day_in_every_format(self, on, form):
        assert values.day(on.strftime(form)) == values.Day(on)

    @given(st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False))
    def test_nothing_breaks_it(self, cell):
        values.day(cell)


class TestFen:
    @pytest.mark.parametrize(
        ("cell", "fen"),
        [
            (5142.67, 514267),
            (0.1 + 0.2, 30),
            (5142.670000000001, 514267),
            (1.005, 101),
            ("5,142.67", 514267),
            ("5142.67元", 514267),
            ("￥5142.67", 514267),
            ("５１４２．６７", 514267),
            (" 5142 ", 514200),
            ("12345678.9", 1234567890),
            (0, 0),
            ("-5", -500),
        ],
    )
    def test_is_exact(self, cell, fen):
        assert values.fen(cell) == fen

    @pytest.mark.parametrize(
        "cell",
        ["约5000元", "面议", "5000-6000", "1,23,4", "", True, float("nan"), float("inf"), "5千"],
    )
    def test_refuses_what_is_no_number(self, cell):
        assert values.fen(cell) is None

    @given(st.integers(0, 10**9))
    def test_a_float_cell_says_the_same_as_its_text(self, fen):
        yuan = f"{fen // 100}.{fen % 100:02d}"
        assert values.fen(float(yuan)) == values.fen(yuan) == fen


class TestPhone:
    @pytest.mark.parametrize(
        "cell",
        [
            "13812345678",
            13812345678.0,
            "138-1234-5678",
            "138 1234 5678",
            "+86 13812345678",
            "8613812345678",
            "１３８１２３４５６７８",
            "'13812345678",
            "\t13812345678",
            "13812345678/0516-83881234",
        ],
    )
    def test_finds_the_mobile_number(self, cell):
        assert values.phone(cell).number == "13812345678"

    @pytest.mark.parametrize(
        "cell", ["1381234567", "12812345678", "138123456789", "电话", "83881234"]
    )
    def test_refuses_what_is_none(self, cell):
        assert values.phone(cell).fault == "phone_invalid"

    @pytest.mark.parametrize(
        ("cell", "remark"), [("", "phone_missing"), ("0516-83881234", "phone_landline")]
    )
    def test_goes_without(self, cell, remark):
        assert values.phone(cell) == values.Phone("", remark=remark)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张　伟", "张伟"),
        (" 张 三 丰 ", "张三丰"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("", ""),
        ("买买提.艾力", "买买提·艾力"),
    ],
)
def test_names(cell, name):
    assert values.person_name(cell) == name


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("正式党员", "FULL"),
        ("正式党员（在职）", "FULL"),
        ("正式", "FULL"),
        ("中共党员", "FULL"),
        ("预备", "PROBATIONARY"),
        ("中共预备党员", "PROBATIONARY"),
        ("入党积极分子", "NOT_A_MEMBER"),
        ("乱写", None),
    ],
)
def test_person_categories(words, code):
    assert codes.person_category(words) == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("在职", "WAGE"),
        ("离退休", "RETIRED"),
        ("退休人员", "RETIRED"),
        ("学生", "STUDENT"),
        ("农牧民", "FARMER"),
        ("下岗失业", "UNEMPLOYED"),
        ("低保", "MINIMUM"),
        ("抚恤", "RELIEF"),
        ("年薪制", "ANNUAL"),
        ("个体工商户", "SELF"),
        ("", None),
    ],
)
def test_dues_categories(words, code):
    assert codes.dues_category(words) == code


@pytest.mark.parametrize("words", ["约5000元", "待定", "工资5000", "困难"])
def test_only_the_name_of_a_fixed_rate_may_stand_for_a_base(words):
    assert codes.base_category(words) is None
