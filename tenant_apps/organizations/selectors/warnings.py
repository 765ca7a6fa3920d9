"""What the rules ask the unit to look at.  The system warns and never decides (rulebook 0.2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.selectors.residents import Headcount

FEWEST_FULL_MEMBERS: Final = 3
MOST_MEMBERS: Final = 50
TERM_NOTICE: Final = dt.timedelta(days=180)


@dataclass(frozen=True, slots=True)
class OrganizationWarning:
    """``code`` is stable, ``text`` is shown, ``source`` names the article."""

    code: str
    text: str
    source: str


def flags(kind: str, count: Headcount) -> str:
    """Why the tree marks an organisation because of its size (rulebook 1.2); "" if it does not."""
    if _too_few(kind, count):
        return f"正式党员不足 {FEWEST_FULL_MEMBERS} 名"
    return f"党员超过 {MOST_MEMBERS} 名" if _too_many(kind, count) else ""


def warnings_of(
    organization: Organization, count: Headcount, *, today: dt.date
) -> list[OrganizationWarning]:
    """Size (rulebook 1.2) and end of term (rulebook 1.3), most urgent first."""
    found = _of_term(organization, today)
    if _too_few(organization.kind, count):
        found.append(
            OrganizationWarning(
                "too_few_full_members",
                f"正式党员 {count.full} 名，不足 {FEWEST_FULL_MEMBERS} 名。"
                "请研究并入其他支部或改设联合党支部。",
                "《中国共产党支部工作条例（试行）》第四条",
            )
        )
    if _too_many(organization.kind, count):
        found.append(
            OrganizationWarning(
                "too_many_members",
                f"党员 {count.direct} 名，超过 {MOST_MEMBERS} 名。请研究分设支部或设立党总支。",
                "《中国共产党支部工作条例（试行）》第四条",
            )
        )
    return found


def _of_term(organization: Organization, today: dt.date) -> list[OrganizationWarning]:
    ends = organization.term_ends_on
    if ends is None or ends - today > TERM_NOTICE:
        return []
    if ends < today:
        text = f"任期已于 {ends:%Y-%m-%d} 届满，请按期组织换届；确需延期的，应报上级党委批准。"
        return [OrganizationWarning("term_over", text, "《中国共产党基层组织选举工作条例》第三条")]
    text = f"任期将于 {ends:%Y-%m-%d} 届满（还有 {(ends - today).days} 天），请着手准备换届。"
    return [OrganizationWarning("term_ending", text, "《中国共产党基层组织选举工作条例》第三条")]


def _too_few(kind: str, count: Headcount) -> bool:
    return kind == Kind.BRANCH and count.full < FEWEST_FULL_MEMBERS


def _too_many(kind: str, count: Headcount) -> bool:
    return kind in (Kind.BRANCH, Kind.JOINT_BRANCH) and count.direct > MOST_MEMBERS
