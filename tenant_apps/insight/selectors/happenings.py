"""Tables 8 to 15 of rulebook 7.2: what happened in the year."""

from __future__ import annotations

from typing import Final

from shared_apps.rules.selectors import codes
from tenant_apps.insight.selectors import bands, items
from tenant_apps.insight.selectors.axes import Item, Measure, Origin, Sum, Table, is_
from tenant_apps.insight.selectors.standing import DECREASES, LEAVING
from tenant_apps.organizations.selectors.statistics import SEVERAL

GRADES: Final = ("优秀", "合格", "基本合格", "不合格")
NO_GRADE: Final = "不评定等次"
AWARDS: Final = (("MEMBER", "优秀共产党员"), ("WORKER", "优秀党务工作者"), ("OTHER", "其他表彰"))
_LABELS: Final = dict(DECREASES)


def appraisal() -> Table:
    """Table 8: who took part, the grades, and what was decided."""
    graded = tuple(
        Item(f"grade_{place}", label, is_("code", label), "grade", "评定等次",
             origin=Origin.APPRAISAL)
        for place, label in enumerate((*GRADES, NO_GRADE, ""))
    )  # fmt: skip
    graded = (*graded[:-1], Item("grade_none", bands.UNKNOWN_LABEL, graded[-1].where, "grade",
                                 "评定等次", origin=Origin.APPRAISAL))  # fmt: skip
    decided = tuple(
        Item(kind, _LABELS[kind], is_("code", kind), group="处置结果", origin=Origin.CHANGE)
        for kind in ("PERSUADED", "REMOVED", "CANCELLED")
    )
    return Table(
        8,
        "民主评议党员情况",
        rows=(items.ALL, *items.occupations()),
        columns=(
            Item("members", "党员数"),
            Item("took_part", "参加评议", origin=Origin.APPRAISAL),
            *graded,
            *decided,
        ),
        sums=(Sum("rows", "occupation"), Sum("columns", "grade", "took_part")),
        basis="每名党员计入一次，取该年度最后一次评议。处置结果为本期办理的党员变动，"
        "不论是否由评议引起。",
        row_heading="职业",
    )


def training() -> Table:
    """Table 9: people, times and hours."""
    return Table(
        9,
        "党员培训情况",
        rows=(items.ALL, *items.occupations()),
        columns=(
            Item("members", "党员数"),
            Item("trained", "参加培训人数", origin=Origin.TRAINING),
            Item("times", "参加培训人次", origin=Origin.TRAINING, measure=Measure.TIMES),
            Item("hours", "学时合计", origin=Origin.TRAINING, measure=Measure.AMOUNT),
            Item("enough", f"满 {bands.TRAINING_HOURS} 学时人数", is_("hours", 1),
                 origin=Origin.TRAINING),
        ),
        sums=(Sum("rows", "occupation"),),
        basis=f"按档案中计入该年度的培训；年度集中学习培训以 {bands.TRAINING_HOURS} 学时为准。",
        unit="人、人次、学时",
        row_heading="职业",
    )  # fmt: skip


def left_by_kind() -> Table:
    """Table 10: how people left the Party, by who they were."""
    return Table(
        10,
        "党员出党情况（一）",
        rows=(items.ALL, *_leaving()),
        columns=(items.ALL, Item("rested", "其中停止党籍后出党", is_("counted", 0)), *items.BRIEF,
                 items.PROBATIONARY, *items.occupations("职业"),
                 *items.ages()),
        origin=Origin.CHANGE,
        where=is_("code", *LEAVING),
        sums=(Sum("rows", "leaving"), Sum("columns", "occupation"), Sum("columns", "age")),
        basis="出党包括除名、劝其退党、退党、开除党籍和取消预备党员资格，按处置党组织的批准日期。"
        "本表按职业、年龄分列；党员档案不登记职务级别，本表不统计职务级别，上报表要求填列的，"
        "请点开人数查看名单后另行填报。",
        row_heading="方式",
    )  # fmt: skip


def left_by_reason() -> Table:
    """Table 11: why people left the Party."""
    return Table(
        11,
        "党员出党情况（二）",
        rows=(items.ALL, *_reasons()),
        columns=(items.ALL, *_leaving(), *items.BRIEF),
        origin=Origin.CHANGE,
        where=is_("code", *LEAVING),
        sums=(Sum("rows", "reason"), Sum("columns", "leaving")),
        basis="原因取自办理时登记的出党原因；只有一种情形的方式随方式归类，停止党籍后除名的列入"
        "“仍无法取得联系”；早先办理时没有登记原因的列为未登记。",
        row_heading="原因",
    )


def awards() -> Table:
    """Table 12: which organisations and who was commended, at which level."""
    labels = (*codes.table("award_level").labels, "")
    levels = [(f"level_{place}", label) for place, label in enumerate(labels)]
    return Table(
        12,
        "党内表彰情况",
        rows=(
            Item("organizations", "受表彰党组织", only=("all", *(key for key, *_ in levels)),
                 origin=Origin.HONOUR, is_strong=True),
            Item("all", "受表彰党员", is_strong=True),
            *(Item(key, label, is_("code", key), "award", indent=1) for key, label in AWARDS),
        ),
        columns=(
            items.ALL, *items.BRIEF,
            *(Item(key, label or bands.UNKNOWN_LABEL, is_("detail", label), "level", "表彰级别")
              for key, label in levels),
        ),
        origin=Origin.REWARD,
        sums=(Sum("rows", "award"), Sum("columns", "level")),
        basis="按表彰日期在本期的记录，多次受表彰的分别计算。党员类别按表彰名称中的“优秀共产党员”"
        "“优秀党务工作者”归类；党组织取自组织页登记的所受表彰，不分性别和民族。",
        unit="人次、个",
    )  # fmt: skip


def conversions() -> Table:
    """Table 13: how probation ended."""
    return Table(
        13,
        "预备党员转正情况",
        rows=(
            items.ALL,
            Item("converted", "转为正式党员", is_("code", "CONVERTED"), "result"),
            Item("on_time", "按期转正", _converted("ON_TIME"), "converted", indent=1),
            Item("late", "延长预备期满转正", _converted("EXTENDED"), "converted", indent=1),
            Item("unsaid", "未注明", _converted(""), "converted", indent=1),
            Item("extended", "延长预备期", is_("code", "EXTENDED"), "result"),
            Item("cancelled", "取消预备党员资格", is_("code", "CANCELLED"), "result"),
        ),
        columns=(items.ALL, *items.BRIEF, *items.occupations("职业")),
        origin=Origin.CHANGE,
        where=is_("code", "CONVERTED", "EXTENDED", "CANCELLED"),
        sums=(Sum("rows", "result"), Sum("rows", "converted", "converted"),
              Sum("columns", "occupation")),
        basis="按上级党委审批日期在本期的办理结果；同一人先延长后转正的分别计算。",
        unit="人次",
        row_heading="结果",
    )  # fmt: skip


def admissions() -> Table:
    """Table 14: who was admitted."""
    return Table(
        14,
        "发展党员情况（一）",
        rows=(items.ALL, *items.occupations()),
        columns=(items.ALL, *items.BRIEF, items.COLLEGE, *items.education(), *items.ages()),
        origin=Origin.CHANGE,
        where=is_("code", "ADMITTED"),
        sums=(Sum("rows", "occupation"), Sum("columns", "education"), Sum("columns", "age")),
        basis="按上级党委审批日期在本期的发展党员。",
        row_heading="职业",
    )


def admissions_by_line() -> Table:
    """Table 15: who was admitted, by front line and new social stratum."""
    return Table(
        15,
        "发展党员情况（二）",
        rows=(
            items.ALL,
            *_natures(),
            *_grouped("一线情况", "front_line"),
            *_grouped("新社会阶层", "stratum"),
        ),
        columns=(items.ALL, *items.BRIEF, items.COLLEGE, *items.young_and_old(),
                 *items.occupations("职业")),
        origin=Origin.CHANGE,
        where=is_("code", "ADMITTED"),
        sums=(Sum("rows", "unit_nature"), Sum("rows", "front_line"), Sum("rows", "stratum"),
              Sum("columns", "occupation")),
        basis=f"按上级党委审批日期在本期的发展党员。单位性质{items.BY_NATURE}",
    )  # fmt: skip


def _converted(result: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A conversion of that result."""
    return (("code", ("CONVERTED",)), ("detail", (result,)))


def _leaving() -> tuple[Item, ...]:
    return tuple(Item(kind, _LABELS[kind], is_("code", kind), "leaving") for kind in LEAVING)


def _reasons() -> tuple[Item, ...]:
    entries = codes.table("leaving_ground").entries
    told = [Item(one.code, one.label, is_("detail", one.code), "reason") for one in entries]
    return (*told, Item("unsaid", bands.UNKNOWN_LABEL, is_("detail", ""), "reason"))


def _natures() -> tuple[Item, ...]:
    """By the nature of the unit; a joint branch may have several."""
    title, named = "单位性质", _grouped("单位性质", "unit_nature")
    several = Item("unit_nature_several", f"{title}：联合党支部，单位性质不同",
                   is_("unit_nature", SEVERAL), "unit_nature", indent=1)  # fmt: skip
    return (*named[:-1], several, named[-1])


def _grouped(title: str, table: str) -> tuple[Item, ...]:
    """The codes of a table and those not known; keys carry the table's name, as both say NONE."""
    found = [
        Item(f"{table}_{item.key}", f"{title}：{item.label}", item.where, table, indent=1)
        for item in items.coded(table)
    ]
    unknown = Item(f"{table}_unknown", f"{title}：{bands.UNKNOWN_LABEL}", is_(table, ""), table,
                   indent=1)  # fmt: skip
    return (*found, unknown)
