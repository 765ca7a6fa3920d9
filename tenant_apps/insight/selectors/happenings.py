"""Tables 8 to 15 of rulebook 7.2: what happened in the year."""

from __future__ import annotations

from typing import Final

from tenant_apps.insight.selectors import bands, items
from tenant_apps.insight.selectors.axes import Item, Measure, Origin, Sum, Table, is_
from tenant_apps.insight.selectors.standing import DECREASES, LEAVING

GRADES: Final = ("优秀", "合格", "基本合格", "不合格")
NO_GRADE: Final = "不评定等次"
AWARDS: Final = (("MEMBER", "优秀共产党员"), ("WORKER", "优秀党务工作者"), ("OTHER", "其他表彰"))
LEVELS: Final = (
    "中央", "省（自治区、直辖市）", "市（地、州）", "县（区）", "乡镇（街道）", "本单位",
)  # fmt: skip
_LABELS: Final = dict(DECREASES)
_REASONS: Final = (
    ("lost", "停止党籍满两年仍无法联系，予以除名", "REMOVED", (0,)),
    ("duty", "不参加组织生活、不交党费或不做党的工作，予以除名", "REMOVED", (1,)),
    ("unchanged", "限期改正期满没有转变，劝其退党", "PERSUADED", (0, 1)),
    ("asked", "本人要求退党", "WITHDREW", (0, 1)),
    ("discipline", "违反党的纪律，开除党籍", "EXPELLED", (0, 1)),
    ("unfit", "预备党员不履行义务、不具备条件，取消资格", "CANCELLED", (0, 1)),
)
"""The grounds of rulebook 2.5 by the kind of decision; removal after suspension has its own."""


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
        basis="出党包括除名、劝其退党、退党、开除党籍和取消预备党员资格，按处置党组织的批准日期。",
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
        basis="原因按办理方式所依据的规定归类；具体情形见每名党员变动记录的文号和说明。",
        row_heading="原因",
    )


def awards() -> Table:
    """Table 12: who was commended, at which level."""
    return Table(
        12,
        "党内表彰情况",
        rows=(
            Item("organizations", "先进基层党组织", not_kept="平台尚未登记党组织受表彰的情况"),
            Item("all", "受表彰党员", is_strong=True),
            *(Item(key, label, is_("code", key), "award", indent=1) for key, label in AWARDS),
        ),
        columns=(
            items.ALL, *items.BRIEF,
            *(Item(f"level_{place}", label, is_("detail", label), "level", "表彰级别")
              for place, label in enumerate(LEVELS)),
            Item("level_none", bands.UNKNOWN_LABEL, is_("detail", ""), "level", "表彰级别"),
        ),
        origin=Origin.REWARD,
        sums=(Sum("rows", "award"), Sum("columns", "level")),
        basis="按档案中表彰日期在本期的记录，一人受多次表彰的分别计算；"
        "类别按表彰名称中的“优秀共产党员”“优秀党务工作者”归类。",
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
            *_grouped("一线情况", "front_line"),
            *_grouped("新社会阶层", "stratum"),
            Item("unit_kind", "按单位类型", not_kept="组织所在单位的类型不在本表的依据之内"),
        ),
        columns=(items.ALL, *items.BRIEF, items.COLLEGE, *items.young_and_old(),
                 *items.occupations("职业")),
        origin=Origin.CHANGE,
        where=is_("code", "ADMITTED"),
        sums=(Sum("rows", "front_line"), Sum("rows", "stratum"), Sum("columns", "occupation")),
        basis="按上级党委审批日期在本期的发展党员。",
    )  # fmt: skip


def _converted(result: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A conversion of that result."""
    return (("code", ("CONVERTED",)), ("detail", (result,)))


def _leaving() -> tuple[Item, ...]:
    return tuple(Item(kind, _LABELS[kind], is_("code", kind), "leaving") for kind in LEAVING)


def _reasons() -> tuple[Item, ...]:
    return tuple(
        Item(key, label, (*is_("code", kind), *is_("counted", *counted)), "reason")
        for key, label, kind, counted in _REASONS
    )


def _grouped(title: str, table: str) -> tuple[Item, ...]:
    """The codes of a table and those not known; keys carry the table's name, as both say NONE."""
    found = [
        Item(f"{table}_{item.key}", f"{title}：{item.label}", item.where, table, indent=1)
        for item in items.coded(table)
    ]
    unknown = Item(f"{table}_unknown", f"{title}：{bands.UNKNOWN_LABEL}", is_(table, ""), table,
                   indent=1)  # fmt: skip
    return (*found, unknown)
