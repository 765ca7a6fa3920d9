"""The fifteen tables of rulebook 7.2, in their order."""

from __future__ import annotations

from typing import Final

from kernel.errors import NotFound
from tenant_apps.insight.selectors import happenings, standing
from tenant_apps.insight.selectors.axes import Table


class UnknownTable(NotFound):
    code = "statistics_table_unknown"
    sentence = "没有第 {number} 号统计表，表号为 1 至 15。"


def all_tables() -> tuple[Table, ...]:
    """All of them."""
    return _TABLES


def table(number: int) -> Table:
    """Raises UnknownTable."""
    found = next((one for one in all_tables() if one.number == number), None)
    if found is None:
        raise UnknownTable(number=number)
    return found


_TABLES: Final = (
    standing.comparison(),
    standing.basics(),
    standing.joining(),
    standing.education(),
    standing.village(),
    standing.community(),
    standing.students(),
    happenings.appraisal(),
    happenings.training(),
    happenings.left_by_kind(),
    happenings.left_by_reason(),
    happenings.awards(),
    happenings.conversions(),
    happenings.admissions(),
    happenings.admissions_by_line(),
)
