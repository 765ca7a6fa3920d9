"""Rows and columns that several tables share: everybody, occupations, ages, education, joining."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared_apps.rules.selectors import codes
from tenant_apps.insight.selectors import bands
from tenant_apps.insight.selectors.axes import Item, is_

ALL = Item("all", "合计", is_strong=True)
WOMEN = Item("women", "女", is_("gender", 2))
MINORITY = Item("minority", "少数民族", is_("minority", 2))
TAIWANESE = Item("taiwanese", "台湾省籍", is_("taiwanese", 1))
PROBATIONARY = Item("probationary", "预备党员", is_("probationary", 1))
COLLEGE = Item("college", "大专及以上", is_("college", 1))
BRIEF = (WOMEN, MINORITY)
STUDENT = is_("occupation", "STUDENT")
BY_NATURE = (
    "按党员所在党组织登记的单位性质归类：与上级党组织相同的随上级，都没有登记的按本单位开通时的性质；"
    "单位性质不在代码表内的列为未登记。"
)
"""What rows by the nature of the unit rest on (rulebook 8.3)."""


def occupations(group: str = "") -> tuple[Item, ...]:
    """The eight groups of rulebook 7.3 and those not known."""
    return (*coded("occupation", group), Item(
        "no_occupation", bands.UNKNOWN_LABEL, is_("occupation", ""), part="occupation", group=group
    ))  # fmt: skip


def coded(table: str, group: str = "") -> tuple[Item, ...]:
    """One item per code of a code table, which is the dimension of the same name."""
    return tuple(
        Item(entry.code, entry.label, is_(table, entry.code), part=table, group=group)
        for entry in codes.table(table).entries
    )


def education(group: str = "学历") -> tuple[Item, ...]:
    """The big classes of GB/T 4658 and those not known."""
    named = [*bands.EDUCATION.items(), (0, bands.UNKNOWN_LABEL)]
    return tuple(
        Item(f"education_{code}", label, is_("education", code), part="education", group=group)
        for code, label in named
    )


def ages(group: str = "年龄") -> tuple[Item, ...]:
    return _banded("age", bands.AGE, group)


def joining(group: str = "入党时间") -> tuple[Item, ...]:
    return _banded("joined", bands.JOINED, group)


def young_and_old() -> tuple[Item, ...]:
    """The ends of the ages, for tables that have no room for all bands."""
    return (
        Item("young", "35 岁及以下", is_("age", 0, 1)),
        Item("old", "61 岁及以上", is_("age", len(bands.AGE.thresholds))),
    )


def beneath(items: Iterable[Item]) -> tuple[Item, ...]:
    """The same, set in below the row before them."""
    return tuple(replace(item, indent=item.indent + 1) for item in items)


def _banded(name: str, scale: bands.Scale, group: str) -> tuple[Item, ...]:
    named = [*enumerate(scale.labels), (bands.UNKNOWN, bands.UNKNOWN_LABEL)]
    return tuple(
        Item(f"{name}_{'none' if band == bands.UNKNOWN else band}", label, is_(name, band),
             part=name, group=group)
        for band, label in named
    )  # fmt: skip
