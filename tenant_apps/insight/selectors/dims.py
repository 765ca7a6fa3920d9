"""The dimensions of a frozen line: what conditions speak of, as expressions of PostgreSQL.

``l`` is the line.  Whatever is not known has a value of its own, so that the bands of every
dimension cover everybody (rulebook 7.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tenant_apps.insight.selectors import bands

_CLASSES: Final = ", ".join(str(code) for code in bands.EDUCATION)
_COLLEGE: Final = ", ".join(str(code) for code in bands.COLLEGE)

DIMENSIONS: Final[Mapping[str, str]] = {
    "code": "l.code",
    "detail": "l.detail",
    "gender": "l.gender",
    "minority": "CASE l.ethnicity WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE 2 END",
    "taiwanese": "l.is_taiwanese::int",
    "probationary": "l.is_probationary::int",
    "education": (
        f"CASE WHEN l.education / 10 * 10 IN ({_CLASSES}) THEN l.education / 10 * 10 ELSE 0 END"
    ),
    "college": f"(l.education IN ({_COLLEGE}))::int",
    "age": bands.AGE.sql("l.age"),
    "joined": bands.JOINED.sql("l.joined_on"),
    "occupation": "l.occupation",
    "front_line": "l.front_line",
    "stratum": "l.stratum",
    "unit_nature": "l.unit_nature",
    "counted": "(l.times > 0)::int",
    "hours": f"(coalesce(l.amount, 0) >= {bands.TRAINING_HOURS})::int",
}

SIZES: Final[Mapping[str, int]] = {
    "code": 17, "detail": 14, "gender": 3, "minority": 3, "taiwanese": 2, "probationary": 2,
    "education": len(bands.EDUCATION) + 1, "college": 2, "age": len(bands.AGE.labels) + 1,
    "joined": len(bands.JOINED.labels) + 1, "occupation": 9, "front_line": 6, "stratum": 9,
    "unit_nature": 12, "counted": 2, "hours": 2,
}  # fmt: skip
"""About how many values each has: what counting costs, never what is counted."""
