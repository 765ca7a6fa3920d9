"""The 35 test vectors of rulebook 4.9, each under its number, and the year total below them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from kernel.clock import Month
from kernel.money import parse_yuan
from shared_apps.rules import services
from shared_apps.rules.selectors import DuesPack, ExtraKind, first_due_month, quarter_average
from shared_apps.rules.selectors.dues import BaseNotDeterminable, FixedAmountOutOfRange
from shared_apps.rules.selectors.packs import read_dues_pack

PACKS = Path(services.__file__).parent / "packs"


@pytest.fixture(scope="module")
def pack() -> DuesPack:
    return read_dues_pack(json.loads((PACKS / "dues-2017.json").read_text()), checksum="")


RATED = [
    # number, category, base in yuan, basis points, expected fen, capped
    (1, "WAGE", "1000.00", 50, 500, False),
    (2, "WAGE", "1001.00", 50, 501, False),
    (3, "WAGE", "2500.00", 50, 1250, False),
    (4, "WAGE", "2999.99", 50, 1500, False),
    (5, "WAGE", "3000.00", 50, 1500, False),
    (6, "WAGE", "3000.01", 100, 3000, False),
    (7, "WAGE", "3000.50", 100, 3001, False),
    (8, "WAGE", "3333.33", 100, 3333, False),
    (9, "WAGE", "4567.89", 100, 4568, False),
    (10, "WAGE", "5000.00", 100, 5000, False),
    (11, "WAGE", "5000.01", 150, 7500, False),
    (12, "WAGE", "6789.50", 150, 10184, False),
    (13, "WAGE", "8000.00", 150, 12000, False),
    (14, "WAGE", "9999.99", 150, 15000, False),
    (15, "WAGE", "10000.00", 150, 15000, False),
    (16, "WAGE", "10000.01", 200, 20000, False),
    (17, "WAGE", "12345.67", 200, 24691, False),
    (18, "WAGE", "49999.99", 200, 100000, False),
    (19, "WAGE", "50000.01", 200, 100000, False),
    (20, "WAGE", "60000.00", 200, 100000, True),
    (21, "RETIRED", "4200.00", 50, 2100, False),
    (22, "RETIRED", "5000.00", 50, 2500, False),
    (23, "RETIRED", "5000.01", 100, 5000, False),
    (24, "RETIRED", "8123.45", 100, 8123, False),
    (25, "RETIRED", "12000.00", 100, 12000, False),
    (30, "ANNUAL", "18000.00", 200, 36000, False),
    (31, "ANNUAL", "118000.00", 200, 100000, True),
]


@pytest.mark.parametrize(("number", "category", "base", "rate", "fen", "capped"), RATED)
def test_rated_vector(pack, number, category, base, rate, fen, capped):
    found = pack.assess(category, parse_yuan(base))
    assert (found.rate_bp, found.amount_fen, found.is_capped) == (rate, fen, capped)


@pytest.mark.parametrize(
    ("number", "base", "rounding", "fen"),
    [
        (8, "3333.33", "JIAO_HALF_UP", 3330),
        (8, "3333.33", "YUAN_HALF_UP", 3300),
        (8, "3333.33", "YUAN_CEIL", 3400),
        (9, "4567.89", "JIAO_HALF_UP", 4570),
        (9, "4567.89", "YUAN_HALF_UP", 4600),
        (13, "8000.00", "YUAN_CEIL", 12000),
    ],
)
def test_other_roundings_of_vectors(pack, number, base, rounding, fen):
    assert pack.assess("WAGE", parse_yuan(base), rounding=rounding).amount_fen == fen


def test_vector_20_keeps_the_amount_before_the_cap(pack):
    found = pack.assess("WAGE", 6_000_000)
    assert (found.raw_fen, found.amount_fen, found.is_capped) == (120_000, 100_000, True)


def test_vector_25_never_reaches_two_percent(pack):
    assert pack.assess("RETIRED", 1_200_000).next_rate_bp is None


@pytest.mark.parametrize("category", ["STUDENT", "UNEMPLOYED", "RELIEF", "MINIMUM"])
@pytest.mark.parametrize("base", [None, 0, 123_456])
def test_vector_26_fixed(pack, category, base):
    found = pack.assess(category, base)
    assert (found.amount_fen, found.rate_bp) == (20, None)


def test_vector_27_farmer_chooses_within_the_range(pack):
    assert pack.assess("FARMER", None).amount_fen == 50
    for fen in (20, 50, 100):
        assert pack.assess("FARMER", None, fixed_fen=fen).amount_fen == fen
    for fen in (19, 101, 0, -20):
        with pytest.raises(FixedAmountOutOfRange):
            pack.assess("FARMER", None, fixed_fen=fen)


def test_vector_28_self_pays_by_last_quarters_average(pack):
    base = quarter_average(900_000, 1_200_000, 600_000)
    assert base == 900_000
    assert pack.assess("SELF", base).amount_fen == 13_500


@pytest.mark.parametrize("months", [(0, 0, 0), (100_000, -300_000, 50_000)])
def test_vector_29_a_quarter_without_income_is_for_people_to_decide(months):
    with pytest.raises(BaseNotDeterminable):
        quarter_average(*months)


def test_vector_32_wage_base_of_an_institution(pack):
    slip = {
        "post_pay": "4200", "step_pay": "1800", "basic_performance": "2600",
        "incentive_performance": "1500", "transport": "500",
        "income_tax": "45.30", "pension": "688", "medical": "172", "unemployment": "43",
        "housing_fund": "1032", "annuity": "344",
    }  # fmt: skip
    built = pack.wage_base([(code, parse_yuan(text)) for code, text in slip.items()])
    assert built.base_fen == 627_570
    assert sum(line.counted_fen for line in built.lines) == 627_570
    assert pack.assess("WAGE", built.base_fen).amount_fen == 9414


@pytest.mark.parametrize(
    ("number", "extra", "goes_to"),
    [(33, 99_999, ExtraKind.LOCAL), (34, 100_000, ExtraKind.CENTRAL)],
)
def test_vectors_33_and_34_extra_is_judged_alone(pack, number, extra, goes_to):
    assert pack.assess("WAGE", 800_000).amount_fen == 12_000
    assert pack.classify_extra(extra) is goes_to


def test_vector_35_probationary_member_owes_the_whole_month(pack):
    assert first_due_month(dt.date(2026, 6, 30)) == Month(202606)
    assert pack.assess("WAGE", 800_000).amount_fen == 12_000


def test_year_total_and_hand_up(pack):
    collected = 12 * pack.assess("WAGE", 800_000).amount_fen
    assert collected == 144_000
    assert pack.hand_up(collected) == 7_200


def test_every_vector_is_there():
    elsewhere = {26, 27, 28, 29, 32, 33, 34, 35}
    assert {row[0] for row in RATED} | elsewhere == set(range(1, 36))
