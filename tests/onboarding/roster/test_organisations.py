"""The tree: from lists, paths and columns; what cannot be placed is refused, never guessed."""

from __future__ import annotations

import pytest

from onboarding.roster.organisations import OrgKind, kind_of, path_separator, split_path

from .build import UNIT, codes, person, read, refusals, sheet

ROOT = f"中共{UNIT}委员会"
G1, G2 = f"中共{UNIT}一矿总支部委员会", f"中共{UNIT}二矿总支部委员会"
B1, B2, B3 = f"中共{UNIT}采掘支部委员会", f"中共{UNIT}运输支部委员会", f"中共{UNIT}机关支部委员会"


def listed(*rows, heads=("组织编码", "组织名称", "类别", "上级编码")):
    return [list(heads), *map(list, rows)]


CODES = [
    ("01", ROOT, "党委", ""),
    ("0101", G1, "党总支", "01"),
    ("010101", B1, "党支部", "0101"),
    ("010102", B2, "党支部", "0101"),
]


def parents(found):
    names = {node.key: node.name for node in found.organisations}
    return {node.name: names.get(node.parent_key) for node in found.organisations}


class TestList:
    def test_in_any_order(self):
        found = read(组织=listed(*reversed(CODES)), 党员=sheet(person(1, org=B1)))
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1, B2: G1}
        assert len(found.accepted) == 1

    def test_by_names(self):
        rows = [(ROOT, "", "党委"), (G1, ROOT, "党总支"), (B1, G1, "党支部")]
        found = read(
            组织=listed(*rows, heads=("名称", "上级名称", "类别")), 党员=sheet(person(1, org=B1))
        )
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1}

    def test_by_short_names(self):
        rows = [(ROOT, "无", "党委"), (G1, f"{UNIT}党委", "党总支"), (B1, "一矿党总支", "党支部")]
        found = read(
            组织=listed(*rows, heads=("名称", "隶属关系", "类别")),
            党员=sheet(person(1, org="采掘支部")),
        )
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1}

    def test_an_organisation_that_is_its_own_ancestor_is_refused_with_all_below_it(self):
        rows = [*CODES[:1], ("0101", G1, "党总支", "010101"), *CODES[2:]]
        people = sheet(person(1, org=B1), person(2, org=B2), person(3, org=ROOT))
        found = read(组织=listed(*rows), 党员=people)
        assert refusals(found) == {
            ("组织", 3): "org_cycle",
            ("组织", 4): "org_cycle",
            ("组织", 5): "org_parent_unknown",
            ("党员", 2): "unknown_org",
            ("党员", 3): "unknown_org",
        }
        assert "绕了一圈" in found.rejections[0].message
        assert found.rejections[0].column == "上级编码"

    def test_its_own_parent(self):
        rows = [*CODES[:3], ("010102", B2, "党支部", "010102")]
        found = read(组织=listed(*rows), 党员=sheet(person(1, org=B1)))
        assert refusals(found) == {("组织", 5): "org_cycle"}

    def test_a_branch_without_a_parent_is_refused_with_its_members(self):
        rows = [*CODES, ("0201", B3, "党支部", "")]
        found = read(组织=listed(*rows), 党员=sheet(person(1, org=B3), person(2, org=B1)))
        assert refusals(found) == {("组织", 6): "org_parent_missing", ("党员", 2): "unknown_org"}

    def test_a_branch_under_an_unknown_parent(self):
        rows = [*CODES, ("0201", B3, "党支部", "77")]
        found = read(组织=listed(*rows), 党员=sheet(person(1, org=B1)))
        assert refusals(found) == {("组织", 6): "org_parent_unknown"}
        assert found.rejections[0].value == "77"

    def test_one_code_for_two_organisations_refuses_both(self):
        rows = [*CODES, ("010102", B3, "党支部", "0101")]
        found = read(组织=listed(*rows), 党员=sheet(person(1, org=B1)))
        assert refusals(found) == {("组织", 5): "org_duplicate", ("组织", 6): "org_duplicate"}

    def test_a_row_pasted_twice_refuses_only_the_second(self):
        found = read(组织=listed(*CODES, CODES[2]), 党员=sheet(person(1, org=B1)))
        assert refusals(found) == {("组织", 6): "org_duplicate"}
        assert len(found.accepted) == 1

    def test_a_row_without_a_name(self):
        found = read(组织=listed(*CODES, ("09", "", "党支部", "01")), 党员=sheet(person(1, org=B1)))
        assert refusals(found) == {("组织", 6): "org_name_missing"}

    def test_a_superior_outside_the_list_is_the_end_of_the_tree(self):
        rows = [("01", ROOT, "党委", "320300"), *CODES[1:]]
        found = read(组织=listed(*rows), 党员=sheet(person(1, org=B1)))
        assert parents(found)[ROOT] is None
        assert not found.rejections

    def test_a_list_without_its_committee_gets_one(self):
        rows = [(G1, "", "党总支"), (G2, "", "党总支"), (B1, G1, "党支部")]
        found = read(
            组织=listed(*rows, heads=("名称", "上级名称", "类别")), 党员=sheet(person(1, org=B1))
        )
        assert parents(found) == {ROOT: None, G1: ROOT, G2: ROOT, B1: G1}
        assert found.organisations[0].implied

    def test_codes_that_grow_tell_the_parents_and_a_missing_level_is_noticed(self):
        rows = [("01", ROOT), ("0101", G1), ("010101", B1), ("010201", B2)]
        found = read(组织=[["编码", "党组织全称"], *map(list, rows)], 党员=sheet(person(1, org=B1)))
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1, B2: ROOT}
        assert "org_level_missing" in codes(found)

    def test_members_may_write_the_short_name(self):
        found = read(
            组织=listed(*CODES), 党员=sheet(person(1, org="采掘党支部"), person(2, org="采掘支部"))
        )
        assert len(found.accepted) == 2
        assert "org_by_short_name" in codes(found)

    def test_codes_that_lost_their_zeros_still_lead_there(self):
        people = sheet(person(1, 所在党支部=None, 组织编码=10101))
        found = read(组织=listed(*CODES), 党员=people)
        assert found.accepted.rows[0].org_key == "010101"


class TestPaths:
    @pytest.mark.parametrize("mark", ["/", " / ", ">", "→", "\\", "|", "、", "——", "-", "->", " "])
    def test_any_separator(self, mark):
        people = [
            person(1, org=mark.join((ROOT, G1, B1))),
            person(2, org=mark.join((ROOT, G1, B2))),
            person(3, org=mark.join((ROOT, G2, B3))),
        ]
        found = read(党员=sheet(*people))
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1, B2: G1, G2: ROOT, B3: G2}

    def test_written_together(self):
        people = [person(n, org=ROOT + G1 + b) for n, b in enumerate((B1, B2), 1)]
        found = read(党员=sheet(*people))
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1, B2: G1}

    def test_a_dash_inside_a_name_separates_nothing(self):
        names = [f"中共{UNIT}第一{n}-{n}支部委员会" for n in range(3)]
        assert path_separator(names) == ""
        assert split_path(names[0], "") == (names[0],)

    def test_a_lone_name_leads_to_the_one_place_it_has(self):
        people = [person(1, org=f"{ROOT}/{G1}/{B1}"), person(2, org=B1), person(3, org="无名支部")]
        found = read(党员=sheet(*people))
        assert refusals(found) == {("党员", 4): "unknown_org"}
        assert len({row.org_key for row in found.accepted}) == 1

    def test_a_lone_name_with_two_places_is_refused(self):
        people = [
            person(1, org=f"{ROOT}/{G1}/第一党支部"),
            person(2, org=f"{ROOT}/{G2}/第一党支部"),
            person(3, org="第一党支部"),
        ]
        found = read(党员=sheet(*people))
        assert refusals(found) == {("党员", 4): "unknown_org"}
        assert len(found.organisations) == 5

    def test_from_the_bottom_up(self):
        people = [person(n, org=f"{b}/{G1}/{ROOT}") for n, b in enumerate((B1, B2), 1)]
        found = read(党员=sheet(*people))
        assert parents(found) == {ROOT: None, G1: ROOT, B1: G1, B2: G1}


class TestColumns:
    @staticmethod
    def rows(*lines):
        heads = ["党委", "党总支", "党支部", "姓名", "身份证号", "电话"]
        people = [person(n) for n in range(1, len(lines) + 1)]
        return [
            heads,
            *(
                [*line, p["姓名"], p["身份证号"], p["手机"]]
                for line, p in zip(lines, people, strict=True)
            ),
        ]

    def test_three_levels(self):
        found = read(
            党员=self.rows((ROOT, G1, B1), (ROOT, G1, B2), (ROOT, G2, B3), (ROOT, "", "老年支部"))
        )
        assert parents(found)["老年支部"] == ROOT
        assert len(found.organisations) == 7

    def test_short_words_take_their_kind_from_the_heading(self):
        found = read(党员=self.rows(("青石党委", "一矿", "采掘"), ("青石党委", "一矿", "运输")))
        kinds = {node.name: node.kind for node in found.organisations}
        assert kinds == {
            "青石党委": OrgKind.COMMITTEE,
            "一矿": OrgKind.GENERAL_BRANCH,
            "采掘": OrgKind.BRANCH,
            "运输": OrgKind.BRANCH,
        }

    def test_a_blank_parent_is_taken_when_the_name_carries_the_units(self):
        lines = [("", G1, B1), ("", G1, B2), ("", G2, f"中共{UNIT}通风支部委员会"), ("", "", B3)]
        found = read(党员=self.rows(*lines))
        assert parents(found)[B3] == ROOT
        assert "org_under_root" in codes(found)

    def test_a_blank_parent_is_refused_when_the_name_is_a_stranger(self):
        lines = [("", G1, B1)] * 30 + [("", "", "外来党支部")]
        found = read(党员=self.rows(*lines))
        assert refusals(found) == {("党员", 32): "unknown_org"}

    def test_written_on_the_first_row_of_each_group_only(self):
        lines = [("", G1, B1), ("", "", ""), ("", "", ""), ("", G2, B2), ("", "", ""), ("", "", "")]
        found = read(党员=self.rows(*lines))
        assert len(found.accepted) == 6
        assert "org_filled_down" in codes(found)


class TestSheets:
    def test_one_sheet_per_branch(self):
        def people(start):
            return [
                {k: v for k, v in person(n).items() if k != "所在党支部"}
                for n in range(start, start + 3)
            ]

        found = read(第一党支部=sheet(*people(1)), 第二党支部=sheet(*people(10)))
        assert parents(found) == {ROOT: None, "第一党支部": ROOT, "第二党支部": ROOT}
        assert len(found.accepted) == 6

    def test_sections_inside_a_sheet(self):
        def bare(n):
            return [person(n)[k] for k in ("姓名", "身份证号", "手机")]

        rows = [
            ["姓名", "身份证号", "手机"],
            ["采掘党支部"],
            bare(1),
            bare(2),
            ["运输党支部"],
            bare(3),
        ]
        found = read(名单=rows)
        assert parents(found) == {ROOT: None, "采掘党支部": ROOT, "运输党支部": ROOT}
        assert len(found.accepted) == 3


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("中共青石矿业委员会", OrgKind.COMMITTEE),
        ("青石党委", OrgKind.COMMITTEE),
        ("中共青石机关委员会", OrgKind.ORGAN_COMMITTEE),
        ("中共青石工作委员会", OrgKind.WORK_COMMITTEE),
        ("中共青石纪律检查委员会", OrgKind.DISCIPLINE_COMMITTEE),
        ("中共青石党组", OrgKind.LEADING_GROUP),
        ("一矿总支部委员会", OrgKind.GENERAL_BRANCH),
        ("一矿党总支", OrgKind.GENERAL_BRANCH),
        ("采掘支部委员会", OrgKind.BRANCH),
        ("采掘党支部", OrgKind.BRANCH),
        ("采掘联合党支部", OrgKind.JOINT_BRANCH),
        ("援建临时党支部", OrgKind.TEMP_BRANCH),
        ("临时党委", OrgKind.TEMP_COMMITTEE),
        ("流动党员党支部", OrgKind.MOBILE_BRANCH),
        ("第一党小组", OrgKind.GROUP),
        ("621", OrgKind.GENERAL_BRANCH),
        ("人力资源部", None),
    ],
)
def test_kinds(name, kind):
    assert kind_of(name) == kind
