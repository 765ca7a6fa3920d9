"""``onboard``: the sample rosters come out as their truth says; bad files give one sentence."""

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from kernel.sheets.reading import open_book
from onboarding.demo import making
from onboarding.demo.cast import UNITS
from onboarding.roster import reader
from tests.bench import roster_shapes

SAMPLES = settings.ROOT.parent / "shared" / "data" / "units"
UNIT = "青石镇供销社"


def onboard(path, unit, capsys=None):
    out, err = io.StringIO(), io.StringIO()
    call_command("onboard", str(path), unit=unit, json=True, stdout=out, stderr=err)
    return json.loads(out.getvalue())


def refused(path, unit=UNIT):
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("onboard", str(path), unit=unit, json=True, stdout=out, stderr=err)
    assert ended.value.code == 2
    error = json.loads(out.getvalue())["error"]
    assert err.getvalue().strip() == error["message"]
    return error


@pytest.mark.slow
@pytest.mark.parametrize(
    "truth_path",
    sorted(SAMPLES.glob("*.truth.json"))
    or [
        pytest.param(None, marks=pytest.mark.skip("the sample rosters are not beside the checkout"))
    ],
    ids=lambda path: path.name.removesuffix(".truth.json") if path else "absent",
)
def test_sample_rosters_come_out_as_their_truth_says(committed, truth_path):
    truth = json.loads(truth_path.read_text("utf-8"))
    result = onboard(truth_path.parent / truth["file"], Path(truth["file"]).stem)
    assert result["organisations"] == truth["organisations"]
    assert result["accepted"] == truth["accepted_members"]
    assert result["monthly_dues_fen"] == truth["monthly_dues_fen"]
    found = {str(one["row"]): one["rule"] for one in result["rejected"]}
    assert found == truth["rejected"]


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["official", "two_columns", "grouped"])
def test_prints_exactly_what_is_promised_and_nobody_is_made_twice(committed, tmp_path, shape):
    roster = roster_shapes.make(shape, name=UNIT, members=40, seed=13, share=0.05)
    path = tmp_path / roster.filename
    path.write_bytes(roster.content)
    first, again = onboard(path, UNIT), onboard(path, UNIT)
    assert set(first) == {
        "unit", "host", "organisations", "accepted", "rejected", "monthly_dues_fen", "seconds",
    }  # fmt: skip
    assert {(one["sheet"], one["row"]): one["rule"] for one in first["rejected"]} == (
        roster.truth.rejected
    )
    assert first["monthly_dues_fen"] == roster.truth.monthly_dues_fen
    for key in ("host", "organisations", "accepted", "rejected", "monthly_dues_fen"):
        assert again[key] == first[key]


class TestABadFile:
    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("a.pdf", b"%PDF-1.7 x", "sheet_unknown_format"),
            ("a.xlsx", b"PK\x03\x04 cut off", "sheet_broken"),
            ("a.csv", b"", "sheet_empty"),
        ],
    )
    def test_gives_one_sentence_and_leaves_nothing(self, db, tmp_path, name, content, code):
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(path)["code"] == code

    def test_that_is_not_there(self, db, tmp_path):
        assert refused(tmp_path / "none.xlsx")["code"] == "file_missing"

    def test_for_a_unit_with_a_wrong_code(self, db, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("姓名,身份证号\n", "utf-8")
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command(
                "onboard", str(path), unit=UNIT, credit_code="1234", json=True,
                stdout=out, stderr=io.StringIO(),
            )  # fmt: skip
        assert json.loads(out.getvalue())["error"]["code"] == "credit_code_malformed"


@pytest.mark.parametrize("one", UNITS, ids=lambda one: one.label)
def test_shipped_rosters_are_mostly_good_and_a_little_faulty(one):
    book = open_book(making.ROSTERS / one.roster, one.roster)
    found = reader.understand(book, one.name, roster_shapes.dt.date(2026, 11, 22))
    assert 60 <= len(found.accepted) <= 600
    assert 0 <= len(found.rejections) <= len(found.accepted) // 8
    assert len(found.organisations) >= 6
