"""What the rulebook says of each type of organisation, as one table (rulebook 1.1 and 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tenant_apps.organizations.models import HOLDS_FORMAL_RELATION, Kind
from tenant_apps.organizations.selectors.residents import Headcount

RULES_OF_BRANCHES: Final = "《中国共产党支部工作条例（试行）》第四条"
RULES_OF_JOINT_BRANCHES: Final = "《中国共产党支部工作条例（试行）》第五条"
RULES_OF_TEMPORARY: Final = "《中国共产党支部工作条例（试行）》第七条、第八条"
FEWEST_FULL_MEMBERS: Final = 3
MOST_MEMBERS: Final = 50
COMMITTEE_FROM: Final = 100
MOST_UNITS: Final = 5

_BRANCHES: Final = (Kind.BRANCH, Kind.JOINT_BRANCH, Kind.TEMP_BRANCH, Kind.MOBILE_BRANCH)
_BELOW_COMMITTEE: Final = (
    Kind.COMMITTEE, Kind.ORGAN_COMMITTEE, Kind.WORK_COMMITTEE, Kind.LEADING_GROUP,
    Kind.DISCIPLINE_COMMITTEE, Kind.TEMP_COMMITTEE, Kind.GENERAL_BRANCH,
    Kind.TEMP_GENERAL_BRANCH, *_BRANCHES,
)  # fmt: skip
BELOW: Final[Mapping[str, tuple[Kind, ...]]] = {
    Kind.WORK_COMMITTEE: _BELOW_COMMITTEE,
    Kind.COMMITTEE: _BELOW_COMMITTEE,
    Kind.ORGAN_COMMITTEE: (
        Kind.COMMITTEE, Kind.ORGAN_COMMITTEE, Kind.DISCIPLINE_COMMITTEE, Kind.GENERAL_BRANCH,
        Kind.TEMP_GENERAL_BRANCH, *_BRANCHES,
    ),
    Kind.TEMP_COMMITTEE: (Kind.TEMP_GENERAL_BRANCH, Kind.TEMP_BRANCH),
    Kind.GENERAL_BRANCH: _BRANCHES,
    Kind.TEMP_GENERAL_BRANCH: (Kind.TEMP_BRANCH,),
    Kind.BRANCH: (Kind.GROUP,),
    Kind.JOINT_BRANCH: (Kind.GROUP,),
    Kind.TEMP_BRANCH: (Kind.GROUP,),
    Kind.MOBILE_BRANCH: (Kind.GROUP,),
}  # fmt: skip
"""What may hang below what.  A Party group of leaders (党组) is a side node and never a parent, a
discipline committee and a group have nothing below; temporary bodies have temporary ones."""

TEMPORARY: Final = (Kind.TEMP_BRANCH, Kind.TEMP_COMMITTEE, Kind.TEMP_GENERAL_BRANCH)
"""Appointed, not elected; they end with their task and hold no formal relation (rulebook 1.1)."""
CONVERTIBLE: Final = (
    Kind.BRANCH, Kind.JOINT_BRANCH, Kind.GENERAL_BRANCH, Kind.COMMITTEE, Kind.ORGAN_COMMITTEE,
    Kind.WORK_COMMITTEE,
)  # fmt: skip
"""Types between which an organisation is raised or lowered by decision: 支部、总支、党委."""


@dataclass(frozen=True, slots=True)
class OrganizationWarning:
    """``code`` is stable, ``text`` is shown, ``source`` names the article."""

    code: str
    text: str
    source: str


def may_hang(kind: str, below: str) -> bool:
    """Whether an organisation of type ``kind`` may be directly below one of type ``below``."""
    return kind in BELOW.get(below, ())


def parents_of(kind: str) -> list[str]:
    """The types below which one of type ``kind`` may be."""
    return [parent for parent, kinds in BELOW.items() if kind in kinds]


def holds_members(kind: str) -> bool:
    """Whether the formal relation of members can be there."""
    return kind in HOLDS_FORMAL_RELATION


def too_few(kind: str, full_members: int) -> bool:
    """A regular branch has at least three full members (rulebook 1.2)."""
    return kind == Kind.BRANCH and full_members < FEWEST_FULL_MEMBERS


def warnings_of_size(kind: str, count: Headcount) -> list[OrganizationWarning]:
    """Sizes that are not as they should be; the system warns and does not decide (rulebook 1.2)."""
    found: list[OrganizationWarning] = []
    if too_few(kind, count.full):
        found.append(
            OrganizationWarning(
                "too_few_full_members",
                f"正式党员 {count.full} 名，不足 {FEWEST_FULL_MEMBERS} 名。"
                "请研究并入其他支部或改设联合党支部。",
                RULES_OF_BRANCHES,
            )
        )
    if holds_members(kind) and count.direct > MOST_MEMBERS:
        found.append(
            OrganizationWarning(
                "too_many_members",
                f"党员 {count.direct} 名，超过 {MOST_MEMBERS} 名。请研究分设支部或设立党总支。",
                RULES_OF_BRANCHES,
            )
        )
    return found


def warnings_of_rank(kind: str, within: int) -> list[OrganizationWarning]:
    """Whether there are as many members as a general branch or a committee usually has: asked
    when one is set up, for it may exist with fewer where the superior approved (rulebook 1.2).
    """
    if kind == Kind.GENERAL_BRANCH and not MOST_MEMBERS < within < COMMITTEE_FROM:
        usual = f"一般为超过 {MOST_MEMBERS} 名、不足 {COMMITTEE_FROM} 名"
    elif kind == Kind.COMMITTEE and within <= COMMITTEE_FROM:
        usual = f"一般为超过 {COMMITTEE_FROM} 名"
    else:
        return []
    text = f"党员 {within} 名；{Kind(kind).label}{usual}。确因工作需要的，须经上级党委批准。"
    return [OrganizationWarning("unusual_rank", text, RULES_OF_BRANCHES)]
