"""Professional duties and their levels (GB/T 8561, rulebook 7.4): the duty says the level.

A file names the duty (高级工程师), or where nobody knows it only the level (副高级), by which
statistics count; both together never contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared_apps.rules.selectors import codes

DUTY: Final = "technical_duty"
LEVEL: Final = "technical_post"


def level_of(duty: str) -> str:
    """The level of a duty as the file keeps it; empty for what is no duty."""
    entry = codes.table(DUTY).entry(duty)
    return codes.table(LEVEL).label_of(str(entry.extra["level"])) if entry else ""


def told_by(code: str) -> dict[str, str]:
    """What a code of either table says in the file."""
    if level := level_of(code):
        return {DUTY: code, LEVEL: level}
    return {LEVEL: codes.table(LEVEL).label_of(code)}


def following(held: str, changed: Mapping[str, Any]) -> dict[str, str]:
    """What else changes in a file that names the duty ``held``: a new duty brings its level, a
    level that is not that of the duty takes the duty away.
    """
    level = level_of(str(changed.get(DUTY, held)))
    if not level or (DUTY not in changed and changed.get(LEVEL, level) == level):
        return {}
    return {LEVEL: level} if DUTY in changed else {DUTY: ""}
