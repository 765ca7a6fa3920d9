"""Rosters as still other units keep them: each a shape that was once read wrongly."""

from __future__ import annotations

import pytest

from onboarding.roster.nesting import above_by_depth, nested_codes, unfolded
from onboarding.roster.understanding import MemberRow, Understanding
from onboarding.roster.values import fen, fen_of_wan

from .build import UNIT, codes, person, read, refusals, sheet

TREE = [("矿业党委", "党委"), ("机关党总支", "党总支"), ("财务党支部", "党支部")]


def one(found: Understanding) -> MemberRow:
    assert len(found.accepted) == 1, found.rejections
    return found.accepted.rows[0]


def way(found: Understanding, name: str) -> list[str]:
    """The names from the top down to an organisation."""
    nodes = {node.key: node for node in found.organisations}
    at = next(node for node in found.organisations if node.name == name)
    names = [at.name]
    while at.parent_key:
        at = nodes[at.parent_key]
        names.insert(0, at.name)
    return names


class TestListsOfOrganisations:
    WAY = [name for name, _ in TREE]

    def placed(self, *rows: list[object]) -> Understanding:
        return read(党组织=list(rows), 党员=sheet(person(1, org="财务党支部")))

    @pytest.mark.parametrize(
        "heads", [["党委", "党总支", "党支部"], ["一级党组织", "二级党组织", "三级党组织"]]
    )
    def test_columns_are_levels(self, heads: list[object]) -> None:
        found = self.placed(
            heads, [*self.WAY], ["", "", "人事党支部"], ["", "生产党总支", "一区党支部"]
        )
        assert way(found, "财务党支部") == self.WAY
        assert way(found, "人事党支部") == [*self.WAY[:2], "人事党支部"]
        assert way(found, "一区党支部") == ["矿业党委", "生产党总支", "一区党支部"]
        assert len(found.organisations) == 6
        assert not found.rejections

    def test_names_are_indented(self) -> None:
        rows = [["　" * 2 * depth + name, kind] for depth, (name, kind) in enumerate(TREE)]
        assert way(self.placed(["组织名称", "组织类别"], *rows), "财务党支部") == self.WAY

    def test_a_column_gives_the_depth(self) -> None:
        rows = [[f"{mark}级", name] for mark, (name, _) in zip("一二三", TREE, strict=True)]
        assert way(self.placed(["层级", "党组织名称"], *rows), "财务党支部") == self.WAY

    def test_order_and_kinds_are_all_there_is(self) -> None:
        rows = [[name, kind] for name, kind in TREE]
        found = self.placed(["党组织名称", "组织类别"], *rows)
        assert way(found, "财务党支部") == self.WAY
        told = [one for one in found.notices if one.code == "org_hung_by_order"]
        assert [(one.sheet, one.count) for one in told] == [("党组织", len(TREE))]

    def test_nothing_is_said_to_be_guessed_where_names_are_indented(self) -> None:
        rows = [["　" * 2 * depth + name, kind] for depth, (name, kind) in enumerate(TREE)]
        found = self.placed(["组织名称", "组织类别"], *rows)
        assert not [one for one in found.notices if one.code == "org_hung_by_order"]

    def test_codes_are_filled_up_with_zeros(self) -> None:
        numbers = ("320300000000", "320300010000", "320300010002")
        rows = [[number, name] for number, (name, _) in zip(numbers, TREE, strict=True)]
        assert way(self.placed(["党组织编码", "党组织名称"], *rows), "财务党支部") == self.WAY

    def test_identifiers_are_called_id(self) -> None:
        rows = [[1001 + n, name, 1000 + n if n else 0] for n, (name, _) in enumerate(TREE)]
        listed = [["党组织ID", "党组织全称", "父级ID"], *rows]
        people = [["姓名", "身份证号", "党组织ID"], ["张三", person(1)["身份证号"], 1003]]
        found = read(党组织=listed, 党员=people)
        assert one(found).org_key == "1003"

    def test_namesakes_under_different_parents(self) -> None:
        listed = [
            ["组织名称", "上级组织"],
            ["矿业党委", ""],
            *[[f"{one}公司党总支", "矿业党委"] for one in "一二"],
            *[["机关党支部", f"{one}公司党总支"] for one in "一二"],
        ]
        people = [
            person(n, org="机关党支部", 所属党总支=f"{one}公司党总支")
            for n, one in ((1, "一"), (2, "二"))
        ]
        found = read(党组织=listed, 党员=sheet(*people))
        assert len(found.organisations) == 5
        assert len({row.org_key for row in found.accepted}) == 2

    def test_a_first_row_without_parent_is_no_second_heading(self) -> None:
        listed = [["支部名称", "上级", "性质"], [f"中共{UNIT}委员会", "", "党委"]]
        listed.append([f"中共{UNIT}财务支部委员会", f"中共{UNIT}委员会", "党支部"])
        found = read(组织=listed, 党员=sheet(person(1, org=f"中共{UNIT}财务支部委员会")))
        assert len(found.organisations) == 2


class TestWhereMembersStand:
    @pytest.mark.parametrize("separator", [" ", "\n", "·"])
    def test_blanks_and_dots_separate_a_path(self, separator: str) -> None:
        orgs = [
            separator.join(("矿业党委", "机关党总支", name))
            for name in ("财务党支部", "人事党支部")
        ]
        found = read(党员=sheet(*(person(n, org=org) for n, org in enumerate(orgs))))
        assert way(found, "人事党支部") == ["矿业党委", "机关党总支", "人事党支部"]

    def test_a_code_stands_before_the_name(self) -> None:
        listed = [
            ["组织编码", "组织名称", "上级组织编码"],
            ["001", "矿业党委", ""],
            ["001002", "财务党支部", "001"],
        ]
        people = [
            person(n, org=org)
            for n, org in enumerate(
                ["001002 财务党支部", "财务党支部（001002）", "001002 人事党支部"]
            )
        ]
        found = read(组织=listed, 党员=sheet(*people))
        assert {row.org_key for row in found.accepted} == {"001002"}
        assert refusals(found) == {("党员", 4): "unknown_org"}

    def test_each_sheet_is_a_general_branch(self) -> None:
        found = read(
            机关党总支=sheet(person(1, org="财务党支部")),
            生产党总支=sheet(person(2, org="一区党支部")),
        )
        assert way(found, "一区党支部")[1:] == ["生产党总支", "一区党支部"]
        assert len(found.organisations) == 5

    def test_one_branch_is_the_whole_unit(self) -> None:
        found = read(党员=sheet(person(1, org=f"中共{UNIT}支部委员会")))
        assert [node.kind for node in found.organisations] == ["BRANCH"]

    def test_one_branch_that_names_itself_stands_under_the_unit(self) -> None:
        assert len(read(党员=sheet(person(1, org="机关党支部"))).organisations) == 2


class TestCells:
    def test_amounts_under_a_heading_in_ten_thousands(self) -> None:
        people = sheet(person(1, org="机关党支部"))
        people[0][-1], people[1][-1] = "月收入(万元)", 0.45
        assert one(read(党员=people)).dues_base_fen == 450_000

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [(0.5, 500_000), ("0.5", 500_000), (4500, 450_000), ("4500元", 450_000)],
    )
    def test_ten_thousands_only_where_plausible(self, cell: float | str, expected: int) -> None:
        assert fen_of_wan(cell) == expected

    @pytest.mark.parametrize(
        ("cell", "expected"), [(1001.005, 100_101), (0.005, 1), ("0.6万", 600_000)]
    )
    def test_yuan_is_rounded_exactly(self, cell: float | str, expected: int) -> None:
        assert fen(cell) == expected

    def test_pensions_have_a_column_of_their_own(self) -> None:
        row = one(read(党员=sheet(person(1, org="机关党支部", 党费基数="", 离退休金=4200))))
        assert (row.dues_category, row.dues_base_fen) == ("RETIRED", 420_000)

    def test_a_sheet_of_pensioners(self) -> None:
        people = {
            "离退休党员": sheet(person(1, org="机关党支部")),
            "在职党员": sheet(person(2, org="机关党支部")),
        }
        assert [row.dues_category for row in read(**people).accepted] == ["RETIRED", "WAGE"]

    @pytest.mark.parametrize(("heading", "marks"), [("预备党员", ("", "○")), ("正式", ("√", ""))])
    def test_a_ticked_column(self, heading: str, marks: tuple[str, str]) -> None:
        people = [person(n, org="机关党支部", **{heading: mark}) for n, mark in enumerate(marks)]
        found = read(党员=sheet(*people))
        assert [row.person_category for row in found.accepted] == ["FULL", "PROBATIONARY"]

    def test_of_two_columns_of_birthdays_the_true_one(self) -> None:
        extra = {"出生日期(公式)": "1990-01-01", "出生日期": "1980-01-01"}
        assert not read(党员=sheet(person(1, org="机关党支部", **extra))).rejections

    def test_an_average_is_nobody(self) -> None:
        people = sheet(person(1, org="机关党支部"))
        people.append(["", "", "", "", "", "平均", 4000])
        found = read(党员=people)
        assert not found.rejections
        assert "column_duplicated" not in codes(found)

    def test_yearly_income_is_no_monthly_base(self) -> None:
        people = sheet(person(1, org="机关党支部"))
        people[0][-1] = "年收入"
        assert one(read(党员=people)).dues_base_fen is None


class TestNesting:
    def test_codes_of_one_length_hang_together_or_not_at_all(self) -> None:
        assert nested_codes(["10000000", "10010000", "10010002"]) == {
            "10010000": "10000000",
            "10010002": "10010000",
        }
        assert nested_codes(["011100126220", "011100016109"]) == {}

    def test_the_nearest_row_above_that_is_less_deep(self) -> None:
        assert above_by_depth([1, 2, 3, 2, 3]) == [None, 0, 1, 0, 3]

    def test_a_blank_between_repeated_names_is_no_level(self) -> None:
        rows = [["甲", "乙", "丙"], ["甲", "乙", "丁"], ["甲", "", "戊"]]
        assert unfolded(rows)[2] == ("甲", "戊")
