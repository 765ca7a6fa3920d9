"""The template that units may fill in: two sheets, an example row, what each column means."""

from __future__ import annotations

from typing import Final

from kernel.sheets.writing import Heading, Workbook

_ORGANISATIONS: Final = (
    ("组织编码", "001", "选填，单位自己的编号；填了就可以用编码写上级"),
    ("组织全称", "中共示例集团委员会", "必填，与批复一致的全称"),
    ("组织类别", "党委", "必填：党委、党总支、党支部、联合党支部、临时党支部、党小组"),
    ("上级组织编码", "", "最上级留空，其余填上级的编码或全称"),
    ("成立日期", "2001-07-01", "选填，如 2001-07-01"),
    ("届满日期", "2027-06-30", "选填，换届提醒用"),
)
_MEMBERS: Final = (
    ("姓名", "林晓慧", "必填"),
    ("身份证号码", "", "必填，18 位；把整列设为文本格式，避免末几位丢失"),
    ("性别", "女", "选填，按身份证号码核对"),
    ("民族", "汉族", "选填"),
    ("学历", "大学本科", "选填"),
    ("人员类别", "正式党员", "必填：正式党员或预备党员"),
    ("所在党组织", "中共示例集团第一支部委员会", "必填，组织全称、简称、编码或路径都可以"),
    ("入党日期", "2012-07-01", "必填，支部大会通过之日"),
    ("转正日期", "2013-07-01", "预备党员留空"),
    ("手机号码", "13800001234", "选填；没有手机暂时不能登录交费"),
    ("党内职务", "组织委员", "选填"),
    ("交费类别", "在职", "选填：在职、年薪、离退休、农牧民、学生、下岗失业等"),
    ("党费计算基数", "5230.50", "元/月；固定标准的类别留空"),
)


def workbook() -> bytes:
    """The template as .xlsx."""
    with Workbook() as book:
        for name, columns in (("党组织", _ORGANISATIONS), ("党员", _MEMBERS)):
            book.add_sheet(
                name,
                [[example for _, example, _ in columns]],
                headings=[Heading(title, max(12, len(title) * 2.2)) for title, _, _ in columns],
            )
        book.add_sheet(
            "填写说明",
            [
                [sheet, title, note]
                for sheet, columns in (("党组织", _ORGANISATIONS), ("党员", _MEMBERS))
                for title, _, note in columns
            ],
            headings=[Heading("工作表", 12), Heading("列", 18), Heading("说明", 60)],
        )
    return book.content()
