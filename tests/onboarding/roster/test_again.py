"""Refused rows come back corrected; corrections by hand; what is stored on the way."""

from __future__ import annotations

import json

import pytest

from kernel.sheets.reading import open_book
from onboarding.roster import codec
from onboarding.roster.fields import Field
from onboarding.roster.reader import understand
from onboarding.roster.refused import refused_workbook
from onboarding.roster.understanding import (
    AcceptedRows,
    Corrections,
    KnownOrg,
    Role,
    SheetCorrection,
)
from tests.bench.roster_shapes import SHAPES, make

from .build import TODAY, UNIT, book, person, read, refusals, sheet

B = "采掘党支部"


def known(found):
    return [
        KnownOrg(f"id-{n.key}", n.name, n.kind, n.parent_key and f"id-{n.parent_key}", n.code)
        for n in found.organisations
    ]


class TestHandedInAgain:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_the_same_refusals_come_out_of_the_workbook_of_refused_rows(self, shape):
        roster = make(shape, name="青石矿业", members=300, seed=5)
        given = open_book(roster.content, roster.filename)
        first = understand(given, roster.unit, TODAY)
        back = open_book(refused_workbook(given, first), "退回.xlsx")
        again = understand(back, roster.unit, TODAY, known_orgs=known(first))
        assert len(again.accepted) == 0
        assert sorted(one.rule for one in again.rejections) == sorted(
            one.rule for one in first.rejections
        )
        assert not again.new_organisations

    def test_a_corrected_row_is_taken_into_the_organisation_the_unit_has(self):
        given = book(名册=sheet(person(1, org=B), person(2, org=B, 手机="1"), person(3, org=B)))
        first = understand(given, UNIT, TODAY)
        back = open_book(refused_workbook(given, first), "退回.xlsx")
        rows = [values for _, values in back.sheets[0].rows()]
        assert rows[0][-1] == "退回原因"
        assert "手机号码不对" in str(rows[1][-1])
        rows[1][5] = "13900000002"
        again = understand(book(名册=rows), UNIT, TODAY, known_orgs=known(first))
        assert [row.org_key for row in again.accepted] == [f"id-{first.accepted.rows[0].org_key}"]
        assert not again.rejections

    def test_keeps_titles_and_headings_where_they_were(self):
        roster = make("grouped", name="青石矿业", members=60, seed=5)
        given = open_book(roster.content, roster.filename)
        first = understand(given, roster.unit, TODAY)
        back = open_book(refused_workbook(given, first), "退回.xlsx")
        before = [values for _, values in given.sheets[0].rows()][:3]
        after = [values[: len(before[0])] for _, values in back.sheets[0].rows()][:3]
        assert after == before

    def test_a_second_round_does_not_add_a_second_column(self):
        given = book(名册=sheet(person(1, org=B, 手机="1"), person(2, org=B)))
        first = understand(given, UNIT, TODAY)
        second = open_book(refused_workbook(given, first), "a.xlsx")
        third = open_book(refused_workbook(second, understand(second, UNIT, TODAY)), "b.xlsx")
        heads = next(iter(third.sheets[0].rows()))[1]
        assert heads.count("退回原因") == 1

    def test_a_new_branch_under_a_known_parent_is_added(self):
        root, group = f"中共{UNIT}委员会", f"中共{UNIT}一矿总支部委员会"
        first = read(
            名册=sheet(
                person(1, org=f"{root}/{group}/甲支部"), person(2, org=f"{root}/{group}/乙支部")
            )
        )
        given = book(
            名册=sheet(
                person(3, org=f"{root}/{group}/丙支部"), person(4, org=f"{root}/{group}/甲支部")
            )
        )
        again = understand(given, UNIT, TODAY, known_orgs=known(first))
        assert len(again.accepted) + len(again.rejections) == 2
        assert again.accepted.rows[-1].org_key.startswith("id-")


class TestCorrections:
    def test_a_column_said_by_hand_is_taken(self):
        people = [person(n, org=B, 别名=f"李{'一二三'[n]}") for n in range(3)]
        given = book(名册=sheet(*people))
        said = Corrections({"名册": SheetCorrection(columns={Field.NAME: 7, Field.PHONE: None})})
        found = understand(given, UNIT, TODAY, said)
        assert [row.name for row in found.accepted] == ["李一", "李二", "李三"]
        assert {row.phone for row in found.accepted} == {""}

    def test_a_role_said_by_hand_is_taken(self):
        given = book(甲=sheet(person(1, org=B)), 乙=sheet(person(1, org=B), person(2, org=B)))
        said = Corrections({"乙": SheetCorrection(role=Role.IGNORED)})
        found = understand(given, UNIT, TODAY, said)
        assert (len(found.accepted), found.rejections) == (1, ())

    def test_heading_rows_said_by_hand_are_taken(self):
        rows = sheet(person(1, org=B), person(2, org=B))
        said = Corrections({"名册": SheetCorrection(header_rows=(1,))})
        found = understand(book(名册=rows), UNIT, TODAY, said)
        assert found.sheets[0].header_rows == (1,)
        assert len(found.accepted) == 2

    def test_an_unknown_organisation_is_put_where_a_person_says(self):
        root = f"中共{UNIT}委员会"
        people = [person(n, org=f"{root}/甲支部") for n in range(1, 5)]
        given = book(名册=sheet(*people, person(9, org="外来支部")))
        assert refusals(understand(given, UNIT, TODAY)) == {("名册", 6): "unknown_org"}
        top = understand(given, UNIT, TODAY).organisations[0].key
        found = understand(given, UNIT, TODAY, Corrections(org_parents={"外来支部": top}))
        assert not found.rejections
        assert len(found.organisations) == 3

    def test_an_orphan_in_the_list_is_put_where_a_person_says(self):
        rows = [
            ["编码", "名称", "上级编码"],
            ["1", "青石党委", ""],
            ["2", "甲支部", "1"],
            ["3", "乙支部", ""],
        ]
        given = book(组织=rows, 名册=sheet(person(1, org="乙支部")))
        assert ("组织", 4) in refusals(understand(given, UNIT, TODAY))
        found = understand(given, UNIT, TODAY, Corrections(org_parents={"3": "1"}))
        assert not found.rejections

    def test_survive_storage(self):
        said = Corrections(
            {"甲": SheetCorrection(Role.MEMBERS, (2, 3), {Field.NAME: 4, Field.PHONE: None})},
            {"外来支部": "1"},
        )
        stored = json.loads(json.dumps(codec.corrections_to_json(said)))
        assert codec.corrections_from_json(stored) == said
        assert codec.corrections_from_json({}) == Corrections()


class TestStorage:
    def test_accepted_rows_come_back_as_they_were_and_in_chunks(self):
        roster = make("own", name="青石矿业", members=120, seed=6)
        found = understand(open_book(roster.content, roster.filename), roster.unit, TODAY)
        back = codec.unpack(codec.pack(found.accepted))
        assert back == found.accepted
        parts = list(back.chunks(50, start=50))
        assert [offset for offset, _ in parts] == [50, 100]
        assert [row for _, rows in parts for row in rows] == found.accepted.rows[50:]

    def test_a_block_of_another_version_is_refused(self):
        block = codec.pack(AcceptedRows())
        assert codec.unpack(block) == AcceptedRows()

    def test_the_review_is_json_and_holds_no_accepted_identity_number(self):
        roster = make("official", name="青石矿业", members=120, seed=6)
        found = understand(open_book(roster.content, roster.filename), roster.unit, TODAY)
        shown = codec.review(found)
        text = json.dumps(shown, ensure_ascii=False)
        taken = {row.identity_number for row in found.accepted}
        assert not [one for one in taken if one in text]
        assert shown["accepted"] == len(found.accepted)
