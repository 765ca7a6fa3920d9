"""Tables 1 to 7 of rulebook 7.2: who the members are.  The layouts are our reading of the names."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tenant_apps.insight.selectors import items
from tenant_apps.insight.selectors.axes import Item, Origin, Sum, Table, is_, meet
from tenant_apps.organizations.selectors.statistics import SEVERAL

INCREASES: Final = (
    ("ADMITTED", "新发展"), ("TRANSFERRED_IN", "转入"), ("WHOLE_IN", "整建制转入"),
    ("RESTORED", "恢复党籍"), ("SUPPLEMENTED", "补录"),
)  # fmt: skip
DECREASES: Final = (
    ("TRANSFERRED_OUT", "转出"), ("WHOLE_OUT", "整建制转出"), ("DIED", "死亡"),
    ("SUSPENDED", "停止党籍"), ("REMOVED", "除名"), ("PERSUADED", "劝其退党"),
    ("WITHDREW", "退党"), ("EXPELLED", "开除党籍"), ("CANCELLED", "取消预备党员资格"),
    ("OTHER_OUT", "其他减少"),
)  # fmt: skip
COUNTED: Final = is_("counted", 1)
"""Who left from among the members, and not from suspension, when the count had gone down before."""
LEAVING: Final = ("REMOVED", "PERSUADED", "WITHDREW", "EXPELLED", "CANCELLED")
"""出党, the umbrella of tables 10 and 11 (rulebook 2.5)."""


def comparison() -> Table:
    """Table 1: last year, what came and went, this year (rulebook 7.1)."""
    grown = [
        Item(kind, label, is_("code", kind), "grown", indent=1, origin=Origin.CHANGE)
        for kind, label in INCREASES
    ]
    shrunk = [
        Item(kind, label, (*is_("code", kind), *COUNTED), "shrunk", indent=1, origin=Origin.CHANGE)
        for kind, label in DECREASES
    ]
    inside = Item("inside_in", "从本单位其他组织调入", (), "grown", indent=1,
                  origin=Origin.CAME_FROM_INSIDE)  # fmt: skip
    outside = Item("inside_out", "调往本单位其他组织", (), "shrunk", indent=1,
                   origin=Origin.WENT_INSIDE)  # fmt: skip
    return Table(
        1,
        "两年党员数综合比较",
        rows=(
            Item("before", "上年年末党员数", origin=Origin.BEFORE, is_strong=True),
            Item("grown", "本期增加", plus=(*(row.key for row in grown), "inside_in"),
                 is_strong=True),
            *grown, inside,
            Item("shrunk", "本期减少", plus=(*(row.key for row in shrunk), "inside_out"),
                 is_strong=True),
            *shrunk, outside,
            Item("now", "本期期末党员数", is_strong=True),
            Item("change", "比上年增减", plus=("now",), minus=("before",)),
        ),
        columns=(items.ALL, *items.BRIEF),
        basis="上年年末党员数取自上年的年报快照；增减按党员变动登记的日期计入本期。"
        "在本单位内部调整组织的，按两年快照所在组织的差别列出。",
    )  # fmt: skip


def basics() -> Table:
    """Table 2: occupation by gender, people, origin, education and age."""
    return Table(
        2,
        "党员基本情况",
        rows=(items.ALL, *items.occupations()),
        columns=(
            items.ALL, items.WOMEN, items.MINORITY, items.TAIWANESE, items.PROBATIONARY,
            *items.education(), *items.ages(),
        ),
        sums=(Sum("rows", "occupation"), Sum("columns", "education"), Sum("columns", "age")),
        basis="学历按 GB/T 4658 大类，年龄为统计年度减出生年份。",
        row_heading="职业",
    )  # fmt: skip


def joining() -> Table:
    """Table 3: when members joined, by occupation."""
    return Table(
        3,
        "党员入党时间情况",
        rows=(items.ALL, *items.occupations()),
        columns=(items.ALL, *items.joining()),
        sums=(Sum("rows", "occupation"), Sum("columns", "joined")),
        basis="以 1949 年 10 月、1979 年 1 月、2012 年 11 月为界，界限月份须经上级组织部门确认。",
        row_heading="职业",
    )


def education() -> Table:
    """Table 4: education by occupation."""
    return Table(
        4,
        "党员学历情况",
        rows=(items.ALL, items.COLLEGE, *items.education()),
        columns=(items.ALL, *items.BRIEF, *items.occupations("职业")),
        sums=(Sum("rows", "education"), Sum("columns", "occupation")),
        basis="“大专及以上”只计毕业，不计结业和肄业；下列各类按学历大类，含结业和肄业。",
        row_heading="学历",
    )


def village() -> Table:
    """Table 5: members of townships and villages."""
    return _local(5, "乡镇、建制村党员情况", ("TOWNSHIP", "VILLAGE"))


def community() -> Table:
    """Table 6: members of streets and communities."""
    return _local(6, "街道、社区党员情况", ("STREET", "COMMUNITY"))


def students() -> Table:
    """Table 7: members who study."""
    return Table(
        7,
        "学生党员情况",
        rows=(items.ALL, *items.education("")),
        columns=(items.ALL, *items.BRIEF, items.PROBATIONARY, *items.ages()),
        where=items.STUDENT,
        sums=(Sum("rows", "education"), Sum("columns", "age")),
        basis="职业登记为“学生”的党员；各行按已取得的学历，档案中没有在读层次。",
        row_heading="已取得学历",
    )


def _local(number: int, title: str, natures: tuple[str, ...]) -> Table:
    """Rulebook 7.2 prints no columns for tables 5 and 6; these are our reading."""
    here = is_("unit_nature", *natures)
    named = [one for one in items.coded("unit_nature") if one.key in natures]
    return Table(
        number,
        title,
        rows=(
            replace(items.ALL, where=here),
            *(replace(one, part="place", indent=1) for one in named),
            *(replace(one, where=meet(here, one.where)) for one in items.occupations()),
            Item("unit_unknown", "另：单位性质未登记或不止一种", is_("unit_nature", "", SEVERAL)),
        ),
        columns=(
            items.ALL, *items.BRIEF, items.PROBATIONARY, items.COLLEGE, *items.young_and_old(),
            *items.joining(),
        ),
        sums=(Sum("rows", "place"), Sum("rows", "occupation"), Sum("columns", "joined")),
        basis=f"{items.BY_NATURE}未登记的另列一行，不计入合计。规定的表样没有印出本表栏目，栏目按表名设置，须经上级组织部门确认。",
        row_heading="项目",
    )  # fmt: skip
