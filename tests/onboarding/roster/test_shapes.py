"""Whole rosters in the shapes that units hand over, against their truth."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from kernel.sheets.reading import open_book
from onboarding.roster.counting import monthly_dues_fen
from onboarding.roster.reader import understand
from onboarding.roster.understanding import Understanding
from tests.bench.roster_shapes import SHAPES, make
from tests.bench.rosters import TODAY, monthly_fen

SHARED = Path(__file__).parents[4] / "shared" / "data" / "units"
WORDS = {
    "WAGE": "在职",
    "RETIRED": "离退休",
    "FARMER": "农牧民",
    "STUDENT": "学生",
    "UNEMPLOYED": "下岗失业",
    "MINIMUM": "低保",
}


def assess(category: str, base_fen: int | None) -> int:
    return monthly_fen(WORDS[category], None if base_fen is None else Decimal(base_fen) / 100)


def outcome(found: Understanding) -> tuple[object, ...]:
    return (
        len(found.organisations),
        len(found.accepted),
        {(one.sheet, one.row): one.rule for one in found.rejections},
        sum(member.person_category == "PROBATIONARY" for member in found.accepted),
        monthly_dues_fen(found.accepted, assess),
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("members", "seed"), [(60, 1), (180, 2), (700, 3)])
def test_every_shape_comes_out_as_its_truth_says(shape, members, seed):
    roster = make(shape, name="青石矿业", members=members, seed=seed)
    found = understand(open_book(roster.content, roster.filename), roster.unit, TODAY)
    truth = roster.truth
    assert outcome(found) == (
        truth.organisations,
        truth.accepted,
        truth.rejected,
        truth.probationary,
        truth.monthly_dues_fen,
    )


@pytest.mark.parametrize("shape", ["official", "own", "grouped"])
def test_a_faultless_roster_has_no_refusals(shape):
    roster = make(shape, name="临江港务", members=90, seed=4, share=0)
    found = understand(open_book(roster.content, roster.filename), roster.unit, TODAY)
    assert found.rejections == ()
    assert len(found.accepted) == 90


@pytest.mark.parametrize(
    "name", ["彭城水务集团.xlsx", "淮海机械厂.xlsx", "云湖县卫生健康局.csv", "泉山区教育局.xls"]
)
def test_the_four_sample_units(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the sample rosters are not here ({path.parent.name}/ is missing)")
    truth = json.loads(path.with_suffix(".truth.json").read_text("utf-8"))
    found = understand(open_book(path, path.name), path.stem, dt.date(2026, 11, 22))
    organisations, accepted, rejected, probationary, dues = outcome(found)
    assert {str(row): rule for (_, row), rule in rejected.items()} == truth["rejected"]
    assert (organisations, accepted) == (truth["organisations"], truth["accepted_members"])
    assert (probationary, dues) == (truth["probationary"], truth["monthly_dues_fen"])
