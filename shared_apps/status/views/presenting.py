"""How the state of a part is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared_apps.status.selectors.health import Level, Part
from shared_apps.status.services.incidents import Severity
from shared_apps.status.services.runs import Outcome

LEVEL_MARKS: Final[Mapping[str, str]] = {
    Level.WELL: "done",
    Level.UNKNOWN: "inactive",
    Level.DEGRADED: "warning",
    Level.DOWN: "failed",
}
SEVERITY_MARKS: Final[Mapping[str, str]] = {
    Severity.DOWN: "failed",
    Severity.DEGRADED: "warning",
    Severity.NOTICE: "inactive",
}
OUTCOME_MARKS: Final[Mapping[str, str]] = {
    Outcome.OK: "done",
    Outcome.FAILED: "failed",
    Outcome.SKIPPED: "inactive",
}


def bar(part: Part) -> dict[str, Any]:
    """90 strips from left to right, each with its words."""
    return {
        "part": part,
        "mark": LEVEL_MARKS[part.level],
        "width": len(part.days) * 4,
        "strips": [
            {"x": place * 4, "level": day.level.value, "words": day.words}
            for place, day in enumerate(part.days)
        ],
    }
