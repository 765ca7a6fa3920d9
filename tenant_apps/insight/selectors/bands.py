"""The bands of the statistics (rulebook 7.3): each value falls into exactly one.

A scale is data: its thresholds are the first values of all bands but the lowest, so that bands
neither overlap nor leave a gap, and Python and PostgreSQL (``width_bucket``) sort alike.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Final

UNKNOWN: Final = -1
"""The band of whoever's value is not known."""
UNKNOWN_LABEL: Final = "未登记"


@dataclass(frozen=True, slots=True)
class Scale:
    """Bands in rising order; ``type`` is PostgreSQL's name for the thresholds' type."""

    thresholds: tuple[Any, ...]
    labels: tuple[str, ...]
    type: str = "int"

    def band_of(self, value: Any) -> int:
        """The number of the band, from 0; UNKNOWN for None."""
        return UNKNOWN if value is None else bisect_right(self.thresholds, value)

    def sql(self, expression: str) -> str:
        """``band_of`` in PostgreSQL.  Thresholds are constants of this module."""
        steps = ", ".join(f"'{step}'" for step in self.thresholds)
        array = f"ARRAY[{steps}]::{self.type}[]"
        return f"coalesce(width_bucket({expression}, {array}), {UNKNOWN})"


AGE: Final = Scale(
    (31, 36, 41, 46, 51, 56, 61),
    ("30 岁及以下", "31—35 岁", "36—40 岁", "41—45 岁", "46—50 岁", "51—55 岁", "56—60 岁",
     "61 岁及以上"),
)  # fmt: skip
JOINED: Final = Scale(
    (dt.date(1949, 10, 1), dt.date(1979, 1, 1), dt.date(2012, 11, 1)),
    ("新中国成立前", "新中国成立后至党的十一届三中全会前", "党的十一届三中全会后至党的十八大前",
     "党的十八大以来"),
    type="date",
)  # fmt: skip
"""The edges are months that the sources do not print (rulebook 13.8): a parameter to confirm."""
PARTY_AGE: Final = Scale(
    (10, 20, 30, 40, 50),
    ("不满 10 年", "10—19 年", "20—29 年", "30—39 年", "40—49 年", "50 年及以上"),
)
"""The rulebook prints no bands of Party age; tens of years, with the fifty of the medal."""

EDUCATION: Final = {
    10: "研究生", 20: "大学本科", 30: "大学专科", 40: "中等职业", 60: "普通高中", 70: "初中",
    80: "小学", 90: "其他",
}  # fmt: skip
"""The big classes of GB/T 4658: a code's tens."""
COLLEGE: Final = (11, 14, 17, 21, 28, 31)
"""大专及以上 (rulebook 7.4): a code up to 33 that says 毕业."""
TRAINING_HOURS: Final = 32
"""Hours a year that a member learns together (rulebook 6.1 and 13A)."""
