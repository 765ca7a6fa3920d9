"""Fen, yuan and their capitals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import NotAnAmount, capitals, half_up, parse_yuan, share, yuan


class TestYuan:
    @given(st.integers(-(10**12), 10**12))
    def test_comes_back_from_what_it_wrote(self, fen):
        assert parse_yuan(yuan(fen)) == fen

    @pytest.mark.parametrize(
        ("fen", "text"), [(0, "0.00"), (5, "0.05"), (123400, "1,234.00"), (-10050, "-100.50")]
    )
    def test_reads_as_people_write(self, fen, text):
        assert yuan(fen) == text

    @pytest.mark.parametrize(
        "text", ["", "abc", "1.234", "1e3", "１２", "NaN", "1,23.00", "--1", "0x10", "1 000"]
    )
    def test_refuses_what_is_not_an_amount(self, text):
        with pytest.raises(NotAnAmount):
            parse_yuan(text)


class TestRounding:
    def test_is_half_up_and_never_bankers(self):
        assert [half_up(Decimal(x)) for x in ("0.5", "1.5", "2.5", "500.5")] == [1, 2, 3, 501]

    def test_share_is_exact(self):
        assert share(100_100, 50) == Decimal("500.5")


class TestCapitals:
    @pytest.mark.parametrize(
        ("fen", "text"),
        [
            (0, "零元整"),
            (12000, "壹佰贰拾元整"),
            (100, "壹元整"),
            (1, "壹分"),
            (10, "壹角整"),
            (105, "壹元零伍分"),
            (150, "壹元伍角整"),
            (155, "壹元伍角伍分"),
            (1000, "壹拾元整"),
            (100_500, "壹仟零伍元整"),
            (10_000_000, "壹拾万元整"),
            (10_000_500, "壹拾万零伍元整"),
            (100_050_000, "壹佰万零伍佰元整"),
            (1_000_000_000_000, "壹佰亿元整"),
            (1_000_010_000_00, "壹拾亿零壹万元整"),
            (-2475974, "负贰万肆仟柒佰伍拾玖元柒角肆分"),
        ],
    )
    def test_are_written_as_a_cashier_writes_them(self, fen, text):
        assert capitals(fen) == text
