"""What holds for every base, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.rules.selectors import Rounding
from shared_apps.rules.selectors.dues import (
    BaseMissing,
    BaseNegative,
    UnknownBaseItem,
    UnknownCategory,
)
from shared_apps.rules.selectors.packs import read_dues_pack
from tests.shared_apps.rules.test_vectors import PACKS

PACK = read_dues_pack(json.loads((PACKS / "dues-2017.json").read_text()), checksum="")
OLD = read_dues_pack(json.loads((PACKS / "dues-2008.json").read_text()), checksum="")
bases = st.integers(0, 20_000_000)
categories = st.sampled_from(sorted(PACK.rated))
roundings = st.sampled_from(list(Rounding))
STEP = {"FEN_HALF_UP": 1, "JIAO_HALF_UP": 10, "YUAN_HALF_UP": 100, "YUAN_CEIL": 100}


@given(categories, bases, roundings)
def test_an_amount_is_whole_never_negative_and_never_above_the_cap(category, base, rounding):
    found = PACK.assess(category, base, rounding=rounding)
    assert type(found.amount_fen) is int
    assert 0 <= found.amount_fen <= PACK.month_cap_fen
    assert found.raw_fen % STEP[rounding] == 0
    assert found.is_capped is (found.raw_fen > PACK.month_cap_fen)
    assert found.amount_fen == min(found.raw_fen, PACK.month_cap_fen)


@given(categories, bases, bases, roundings)
def test_more_base_never_pays_less(category, one, other, rounding):
    low, high = sorted((one, other))
    assert (
        PACK.assess(category, low, rounding=rounding).raw_fen
        <= PACK.assess(category, high, rounding=rounding).raw_fen
    )


@given(categories, bases)
def test_half_up_is_within_half_a_fen_of_the_exact_share(category, base):
    found = PACK.assess(category, base)
    assert abs(found.raw_fen * 10_000 - base * found.rate_bp) <= 5_000


@pytest.mark.parametrize("category", sorted(PACK.rated))
def test_a_threshold_belongs_to_the_lower_band_and_one_fen_more_is_a_cliff(category):
    for limit in PACK.rated[category].limits:
        at, above = PACK.assess(category, limit), PACK.assess(category, limit + 1)
        assert at.next_threshold_fen == limit
        assert at.next_rate_bp == above.rate_bp > at.rate_bp
        assert above.raw_fen - at.raw_fen >= limit * (above.rate_bp - at.rate_bp) // 10_000


def test_labels_name_the_bands():
    labels = [band.label for band in PACK.rated["WAGE"].brackets]
    assert labels == [
        "3,000 元以下（含）",
        "3,000 元至 5,000 元（含）",
        "5,000 元至 10,000 元（含）",
        "10,000 元以上",
    ]


def test_the_older_version_has_no_cap():
    assert OLD.assess("WAGE", 6_000_000).amount_fen == 120_000


@pytest.mark.parametrize(
    ("category", "base", "error"),
    [
        ("WAGE", None, BaseMissing),
        ("RETIRED", -1, BaseNegative),
        ("MANAGER", 100, UnknownCategory),
    ],
)
def test_refusals(category, base, error):
    with pytest.raises(error):
        PACK.assess(category, base)


def test_base_items_are_those_of_the_pack():
    with pytest.raises(UnknownBaseItem):
        PACK.wage_base([("lottery", 100)])
    with pytest.raises(BaseNegative):
        PACK.wage_base([("post_pay", 100), ("pension", 101)])


def test_categories_have_names_and_say_whether_they_need_a_base():
    assert PACK.needs_base("WAGE")
    assert not PACK.needs_base("STUDENT")
    assert PACK.label_of("RETIRED") == "离退休"
    for ask in (PACK.needs_base, PACK.label_of):
        with pytest.raises(UnknownCategory):
            ask("MANAGER")
