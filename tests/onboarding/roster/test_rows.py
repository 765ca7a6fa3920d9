"""Headings, columns and rows: what is read, what is nobody, what breaks which rule."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import xlsxwriter

from kernel.sheets.reading import open_book
from onboarding.roster.fields import Field, of_member, of_organisation
from onboarding.roster.reader import understand
from onboarding.roster.understanding import Role

from .build import TODAY, UNIT, codes, number, person, read, refusals, sheet

B = "采掘党支部"


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("姓 名", Field.NAME),
        ("姓　名", Field.NAME),
        ("公民身份号码", Field.IDENTITY),
        ("身份证号\n码", Field.IDENTITY),
        ("联系电话（手机）", Field.PHONE),
        ("*手机号码", Field.PHONE),
        ("出生年月", Field.BIRTH),
        ("文化程度", Field.EDUCATION),
        ("加入中共组织时间", Field.JOINED),
        ("加入党组织日期", Field.JOINED),
        ("转为正式党员日期", Field.FULL),
        ("正式/预备", Field.PERSON_CATEGORY),
        ("组织关系所在支部（全路径）", Field.ORG),
        ("所属党委", Field.ORG),
        ("隶属党组织", Field.ORG),
        ("所在党组织编码", Field.MEMBER_ORG_CODE),
        ("工资收入（税后固定部分）", Field.DUES_BASE),
        ("党费计算基数(元)", Field.DUES_BASE),
        ("月应交党费", None),
        ("入党介绍人", None),
        ("党支部书记", None),
        ("退回原因", None),
        ("党小组", Field.PARTY_GROUP),
        ("党内职务", Field.POSTS),
        ("是否离退休", Field.RETIRED),
    ],
)
def test_headings_of_members(heading, field):
    found = of_member(heading)
    assert found is not None
    assert found.field == field


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("组织编码", Field.ORG_CODE),
        ("组织全称", Field.ORG_NAME),
        ("党组织名称", Field.ORG_NAME),
        ("上级组织编码", Field.PARENT_CODE),
        ("上级名称", Field.PARENT_NAME),
        ("组织类别", Field.ORG_KIND),
        ("成立日期", Field.FOUNDED),
        ("届满日期", Field.TERM_ENDS),
        ("书记姓名", None),
    ],
)
def test_headings_of_organisations(heading, field):
    found = of_organisation(heading)
    assert found is not None
    assert found.field == field


class TestColumns:
    def test_two_headings_exchanged_are_told_by_their_cells(self):
        people = [person(n, org=B) for n in range(1, 9)]
        rows = sheet(*people)
        rows[0][0], rows[0][1] = rows[0][1], rows[0][0]
        found = read(名册=rows)
        assert found.accepted.rows[0].identity_number == number(1)
        assert "columns_swapped" in codes(found)

    def test_dates_exchanged_are_told_by_their_order(self):
        people = [
            person(n, org=B, 入党日期="2011-07-01", 转正日期="2010-07-01") for n in range(1, 9)
        ]
        assert read(名册=sheet(*people)).accepted.rows[0].joined_on == dt.date(2010, 7, 1)

    def test_a_column_that_comes_twice_is_read_once_and_noticed(self):
        rows = sheet(person(1, org=B), person(2, org=B))
        rows = [[*row, row[0] if at == 0 else "别名"] for at, row in enumerate(rows)]
        found = read(名册=rows)
        assert [row.name for row in found.accepted] == ["张二", "张三"]
        assert "column_duplicated" in codes(found)

    def test_an_empty_first_copy_gives_way_to_the_filled_one(self):
        rows = [["身份证号", *sheet(person(1, org=B))[0]], ["", *sheet(person(1, org=B))[1]]]
        assert len(read(名册=rows).accepted) == 1

    def test_no_headings_at_all(self):
        rows = [["张三", number(n), B, f"138{n:08d}"] for n in range(1, 6)]
        found = read(名册=rows)
        assert len(found.accepted) == 5
        assert found.sheets[0].header_rows == ()

    def test_unknown_columns_are_kept_in_the_list_and_not_read(self):
        found = read(名册=sheet(person(1, org=B, 车牌号="苏C00001")))
        column = next(one for one in found.sheets[0].columns if one.heading == "车牌号")
        assert (column.field, column.samples) == (None, ("苏C00001",))

    def test_sheets_that_are_no_list_are_ignored_with_a_reason(self):
        found = read(
            说明=[["请按要求填写"]],
            名册=sheet(person(1, org=B)),
            通讯录=[["姓名", "电话"], ["甲", "1"]],
        )
        roles = {one.name: one.role for one in found.sheets}
        assert roles == {"说明": Role.IGNORED, "名册": Role.MEMBERS, "通讯录": Role.IGNORED}
        assert all(one.reason for one in found.sheets)

    def test_a_workbook_without_people_says_so(self):
        assert "members_not_found" in codes(read(说明=[["没有内容"]]))


class TestHeadingRows:
    def test_titles_and_notes_above_and_two_heading_rows(self):
        rows = [
            ["党员名册", "", "", "", ""],
            ["填表单位：青石", "", "填表日期：2026年11月"],
            ["姓名", "身份证号", "组织关系", "", "入党"],
            ["", "", "党总支", "党支部", "时间"],
            ["张三", number(1), "一矿总支", "采掘支部", "2010.7.1"],
        ]
        found = read(名册=rows)
        assert found.sheets[0].header_rows == (3, 4)
        assert found.accepted.rows[0].joined_on == dt.date(2010, 7, 1)
        assert len(found.organisations) == 3

    def test_headings_repeated_on_every_printed_page(self):
        rows = sheet(person(1, org=B), person(2, org=B))
        found = read(名册=[*rows, rows[0], sheet(person(3, org=B))[1]])
        assert len(found.accepted) == 3
        assert found.skipped[0].reason == "重复的表头"


class TestNobody:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ([], "空行"),
            (["合计", 12], "合计行"),
            (["小　计"], "合计行"),
            (["填表人：组织科", "", "审核人："], "表尾"),
            (["单位负责人：", "", "", "填表人："], "表尾"),
            (["备注：以上数据截至十月底"], "表尾"),
            (["", "", B], "分组标题"),
            (["以上人员均已核对无误，特此说明并附签名。"], "说明文字"),
        ],
    )
    def test_is_passed_over_with_a_reason(self, row, reason):
        heads, first = sheet(person(1, org=B))
        found = read(名册=[heads, first, row, sheet(person(2, org=B))[1]])
        assert len(found.accepted) == 2
        assert not found.rejections
        assert [(one.row, one.reason) for one in found.skipped] == [(3, reason)]

    def test_rows_with_a_serial_number_only(self):
        rows = sheet({"序号": 1, **person(1, org=B)})
        found = read(名册=[*rows, [2], [3]])
        assert (len(found.accepted), len(found.rejections), len(found.skipped)) == (1, 0, 2)


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "rule", "column"),
        [
            ({"姓名": None}, "name_missing", "姓名"),
            ({"身份证号": None}, "id_missing", "身份证号"),
            ({"身份证号": "32010219800101001"}, "id_length", "身份证号"),
            ({"身份证号": "320102800101001"}, "id_fifteen", "身份证号"),
            ({"身份证号": 3.2010219800101e17}, "id_precision_lost", "身份证号"),
            ({"所在党支部": None}, "unknown_org", "所在党支部"),
            ({"手机": "1391234567"}, "phone_invalid", "手机"),
            ({"入党日期": "2027-01-01", "转正日期": None}, "joined_in_future", "入党日期"),
            ({"入党日期": "不详"}, "joined_not_a_date", "入党日期"),
            ({"入党日期": "1979-01-01"}, "joined_before_birth", "入党日期"),
            ({"转正日期": "2009-07-01"}, "full_before_joined", "转正日期"),
            ({"党费基数": "约4000元"}, "base_not_a_number", "党费基数"),
            ({"党费基数": "面议"}, "base_not_a_number", "党费基数"),
            ({"党费基数": -1}, "base_negative", "党费基数"),
        ],
    )
    def test_each_rule_names_the_row_the_column_and_what_to_do(self, changes, rule, column):
        people = [person(n, org=B) for n in range(2, 12)]
        found = read(名册=sheet(person(1, org=B, **changes), *people))
        assert refusals(found) == {("名册", 2): rule}
        assert found.rejections[0].column == column
        assert found.rejections[0].message.endswith("。")
        assert found.rejections[0].remedy.endswith("。")

    def test_reports_the_first_and_lists_the_others(self):
        row = person(1, org=B, 姓名=None, 手机="1", 党费基数="约")
        found = read(名册=sheet(row, *[person(n, org=B) for n in range(2, 9)]))
        assert found.rejections[0].rule == "name_missing"
        assert set(found.rejections[0].also) == {"phone_invalid", "base_not_a_number"}

    def test_one_identity_number_in_two_rows_refuses_both_also_across_sheets(self):
        found = read(
            甲=sheet(person(1, org=B), person(2, org=B)),
            乙=sheet(person(2, org=B), person(3, org=B)),
        )
        assert refusals(found) == {("甲", 3): "duplicate_id", ("乙", 2): "duplicate_id"}
        assert "乙!2" in found.rejections[0].message

    def test_the_birthday_is_compared_as_far_as_it_is_given(self):
        people = [
            person(1, org=B, 出生日期="1980.01"),
            person(2, org=B, 出生日期="1980"),
            person(3, org=B, 出生日期="1980-01-01"),
            person(4, org=B, 出生日期="1980.02"),
        ]
        assert refusals(read(名册=sheet(*people))) == {("名册", 5): "id_birth_mismatch"}

    @pytest.mark.parametrize(
        ("base", "category", "expected"),
        [
            ("5,142.67", "在职", ("WAGE", 514267)),
            (5142.67, None, ("WAGE", 514267)),
            ("学生", None, ("STUDENT", None)),
            ("农牧民", "在职", ("FARMER", None)),
            (None, "下岗失业", ("UNEMPLOYED", None)),
            ("-", "低保", ("MINIMUM", None)),
            (3000, "离退休", ("RETIRED", 300000)),
            (None, "在职", ("WAGE", None)),
            (8000, "困难党员", ("WAGE", 800000)),
        ],
    )
    def test_dues_standards(self, base, category, expected):
        row = person(1, org=B, 党费基数=base, 交费类别=category)
        others = [person(n, org=B, 交费类别="在职") for n in range(2, 5)]
        member = read(名册=sheet(row, *others)).accepted.rows[0]
        assert (member.dues_category, member.dues_base_fen) == expected

    def test_what_is_odd_is_noticed_and_taken(self):
        people = [
            person(1, org=B, 手机=None, 入党日期="2010.07"),
            person(2, org=B, 手机="0516-83881234", 入党日期="1996-01-01"),
        ]
        found = read(名册=sheet(*people))
        assert len(found.accepted) == 2
        expected = {
            "phone_missing",
            "phone_landline",
            "date_imprecise",
            "joined_under_18",
            "branch_small",
        }
        assert expected <= codes(found)


def test_merged_organisation_cells_are_filled_for_every_row_they_cover():

    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    page = made.add_worksheet("名册")
    page.write_row(0, 0, ["党支部", "姓名", "身份证号"])
    for n in range(1, 5):
        page.write_row(n, 1, [f"张{n}三", number(n)])
    page.merge_range(1, 0, 2, 0, "采掘党支部")
    page.merge_range(3, 0, 4, 0, "运输党支部")
    made.close()
    found = understand(open_book(out.getvalue(), "a.xlsx"), UNIT, TODAY)
    assert [row.org_key.rpartition("/")[2] for row in found.accepted] == [
        "采掘党支部",
        "采掘党支部",
        "运输党支部",
        "运输党支部",
    ]


def test_a_sheet_of_dues_beside_the_roster_fills_in_and_lists_nobody_twice():
    people = [{k: v for k, v in person(n, org=B).items() if k != "党费基数"} for n in range(1, 5)]
    dues = [["姓名", "身份证号", "月工资"], *(["张三", number(n), 5000 + n] for n in range(1, 5))]
    found = read(名册=sheet(*people), 党费=dues)
    assert not found.rejections
    assert [row.dues_base_fen for row in found.accepted] == [500100, 500200, 500300, 500400]
    assert "sheet_merged" in codes(found)
