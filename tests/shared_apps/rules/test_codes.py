"""Code tables: counted, unique, and held to the rulebook (7.3, 7.4)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from shared_apps.rules.selectors import codes
from tenant_apps.members.models import DECREASES, INCREASES, Category, Conversion, JoinedKind
from tenant_apps.members.models import Standing as MemberStanding
from tenant_apps.organizations.models import Kind

_SIZES = {
    "gender": 4, "political_status": 13, "ethnicity": 58, "education": 33, "degree": 40,
    "occupation": 8, "occupation_class": 8, "industry": 20, "front_line": 5, "stratum": 8,
    "technical_duty": 235, "technical_post": 6, "duty_level": 20,
    "member_category": 6, "standing": 3, "joined_kind": 3, "conversion": 4,
    "increase": 5, "decrease": 10, "transfer_reason": 7, "lost_reason": 7, "leaving_ground": 11,
    "award_level": 6, "organization_kind": 13, "unit_situation": 3, "unit_nature": 11,
    "yes_no": 2, "region": 376,
}  # fmt: skip
_DIGESTS = {"2026.1": "e2ba57e3e847aea5"}
"""Of every published dictionary; a change of a table is a new dictionary."""


class TestTables:
    def test_every_table_has_the_entries_of_its_standard(self):
        assert {one.name: len(one.entries) for one in codes.tables()} == _SIZES

    def test_codes_and_labels_are_unique(self):
        for one in codes.tables():
            assert len({entry.code for entry in one.entries}) == len(one.entries), one.name
            assert len(set(one.labels)) == len(one.entries), one.name

    def test_no_word_means_two_codes(self):
        for one in codes.tables():
            words = [
                (word, entry.code)
                for entry in one.entries
                for word in {entry.label, entry.standard, *entry.aliases}
            ]
            assert len({word for word, _ in words}) == len(words), one.name

    def test_a_published_dictionary_does_not_change(self):
        folder = Path(codes.__file__).parents[1] / "codes"
        found = {}
        for version in (one for one in folder.iterdir() if one.is_dir()):
            digest = hashlib.sha256()
            for file in sorted(version.glob("*.json")):
                digest.update(file.name.encode() + file.read_bytes())
            found[version.name] = digest.hexdigest()[:16]
        assert found == _DIGESTS

    def test_every_table_names_its_standard_and_source(self):
        assert all(one.title and one.standard and one.source for one in codes.tables())


class TestEthnicity:
    def test_there_are_56_groups_with_letters_and_two_marks(self):
        entries = codes.table("ethnicity").entries
        groups = [one for one in entries if not one.extra.get("is_group_of_none")]
        assert len(groups) == 56
        assert len({one.extra["letters"] for one in groups}) == 56
        assert [one.code for one in groups] == [f"{n:02d}" for n in range(1, 57)]
        assert {one.code for one in entries} - {one.code for one in groups} == {"97", "98"}

    @pytest.mark.parametrize(
        ("word", "code"), [("汉族", "01"), ("汉", "01"), ("维吾尔", "05"), ("基诺族", "56")]
    )
    def test_reads_short_and_long_names(self, word, code):
        assert codes.table("ethnicity").code_of(word) == code


class TestEducation:
    def test_college_and_above_are_the_six_of_the_rulebook(self):
        college = [e.code for e in codes.table("education").entries if e.extra.get("is_college")]
        assert college == ["11", "14", "17", "21", "28", "31"]

    def test_every_code_belongs_to_a_group_of_the_standard(self):
        table = codes.table("education")
        groups = {one.code for one in table.groups}
        assert groups == {"10", "20", "30", "40", "60", "70", "80", "90"}
        assert {entry.group for entry in table.entries} == groups

    @pytest.mark.parametrize("word", ["大学本科", "大学本科毕业", "本科", "21", " 本 科 "])
    def test_the_words_of_the_office_and_of_the_standard_mean_the_same(self, word):
        assert codes.table("education").read(word) == "21"

    def test_an_unknown_word_is_nothing(self):
        assert codes.table("education").read("五年级") == ""
        assert codes.table("education").label_of("99") == ""


class TestProfessionalDuties:
    def test_every_duty_is_of_a_series_and_says_its_level_in_the_last_digit(self):
        table, levels = codes.table("technical_duty"), codes.table("technical_post")
        assert len(table.groups) == 56
        assert {entry.group for entry in table.entries} == {one.code for one in table.groups}
        for entry in table.entries:
            assert entry.code[:2] == entry.group[:2], entry.code
            assert entry.extra["level"] == str(min(int(entry.code[2]), 5)), entry.code
            assert levels.entry(entry.extra["level"]), entry.code

    @pytest.mark.parametrize(
        ("word", "code"),
        [("高级工程师", "082"), ("中学高级教师", "052"), ("馆员（档案）", "663"), ("985", "985")],
    )
    def test_is_read_by_name_and_code(self, word, code):
        assert codes.table("technical_duty").read(word) == code

    def test_a_word_that_several_series_share_says_the_level_alone(self):
        assert codes.table("technical_duty").read("讲师") == ""
        both = codes.either("technical_duty", "technical_post")
        assert [both.read(word) for word in ("讲师", "工程师", "082", "2")] == [
            "3", "083", "082", "2"
        ]  # fmt: skip

    def test_duties_and_levels_say_the_same_of_a_word_and_share_no_code(self):
        duties, levels = codes.table("technical_duty"), codes.table("technical_post")
        for level in levels.entries:
            assert duties.entry(level.code) is None
            for word in (level.label, *level.aliases):
                duty = duties.entry(duties.code_of(word))
                assert duty is None or duty.extra["level"] == level.code, word

    def test_ranks_are_those_of_civil_servants_and_of_staff(self):
        table = codes.table("duty_level")
        assert {one.code for one in table.groups} == {"1", "2"}
        assert all(entry.code[0] == entry.group for entry in table.entries)
        assert (table.read("正处级"), table.read("160"), table.read("七级职员")) == (
            "131", "160", "241"
        )  # fmt: skip


class TestInternalTables:
    def test_say_the_same_as_what_is_stored(self):
        def stored(*values):
            return [(one.value, one.label) for one in values]

        assert list(codes.table("increase").choices) == stored(*INCREASES)
        assert list(codes.table("decrease").choices) == stored(*DECREASES)
        assert list(codes.table("standing").choices) == stored(*MemberStanding)
        assert list(codes.table("joined_kind").choices) == stored(*JoinedKind)
        assert list(codes.table("organization_kind").choices) == stored(*Kind)
        assert set(stored(*Category)) <= set(codes.table("member_category").choices)
        assert set(stored(*Conversion)) <= set(codes.table("conversion").choices)


class TestRegions:
    def test_are_the_provinces_and_prefectures(self):
        table = codes.table("region")
        assert len(table.groups) == 34
        assert table.label_of("110000") == "北京市"
        assert all(len(entry.code) == 6 and entry.code.isdigit() for entry in table.entries)


class TestFind:
    def test_finds_by_label_code_letters_and_alias(self):
        assert [one.name for one in codes.find("赫哲")] == ["ethnicity"]
        assert codes.find("hz")[0].labels == ("赫哲族",)
        assert "education" in [one.name for one in codes.find("本科毕业")]
        assert codes.find("没有这样的词") == ()

    def test_refuses_an_unknown_table_or_version(self):
        with pytest.raises(codes.UnknownTable):
            codes.table("nothing")
        with pytest.raises(codes.UnknownTable):
            codes.table("gender", version="1.0")
