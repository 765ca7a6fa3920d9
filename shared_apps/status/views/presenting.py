"""How the state of a part is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared_apps.status.selectors import runs
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


def probe_in_hand() -> dict[str, Any] | None:
    """How far the probe is; None when it rests."""
    run = runs.under_way()
    if run is None:
        return None
    steps = list(run.steps.all())
    by = f"{run.asked_by_name}发起" if run.asked_by_name else "按时自动开始"
    last = f"，刚完成「{steps[-1].name}」" if steps else ""
    return {"run": run, "done": len(steps), "words": by + last}
