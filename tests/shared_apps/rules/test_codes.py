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
    "technical_post": 6, "member_category": 6, "standing": 3, "joined_kind": 3, "conversion": 4,
    "increase": 5, "decrease": 10, "transfer_reason": 7, "lost_reason": 7, "leaving_ground": 11,
    "award_level": 6, "organization_kind": 13, "unit_situation": 3, "unit_nature": 11,
    "yes_no": 2, "region": 376,
}  # fmt: skip
_DIGESTS = {"2026.1": "f7e6bc4e376e88ca"}
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
