"""What the rules ask the unit to look at.  The system warns and never decides (rulebook 0.2)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel.clock import months_later
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.selectors import rules
from tenant_apps.organizations.selectors.residents import Headcount
from tenant_apps.organizations.selectors.rules import OrganizationWarning

TERM_NOTICE: Final = dt.timedelta(days=180)


def flags(kind: str, count: Headcount) -> str:
    """Why the tree marks an organisation because of its size (rulebook 1.2); "" if it does not."""
    if rules.too_few(kind, count.full):
        return f"正式党员不足 {rules.FEWEST_FULL_MEMBERS} 名"
    found = rules.warnings_of_size(kind, count)
    return f"党员超过 {rules.MOST_MEMBERS} 名" if found else ""


def warnings_of(
    organization: Organization, count: Headcount, *, today: dt.date, units: int = 0
) -> list[OrganizationWarning]:
    """Size (rulebook 1.2), end of term (rulebook 1.3) and end of a temporary body (rulebook 1.1),
    most urgent first.  ``units`` is how many are known behind a joint branch.
    """
    return [
        *_of_term(organization, today),
        *_of_task(organization, today),
        *rules.warnings_of_size(organization.kind, count),
        *_of_units(organization, units),
    ]


def _of_task(organization: Organization, today: dt.date) -> list[OrganizationWarning]:
    """Temporary bodies end with their task; a project of six months should have a regular one."""
    if organization.kind not in rules.TEMPORARY:
        return []
    until, since = organization.temporary_until, organization.founded_on
    if until is not None and until < today:
        text = f"设立期限已于 {until:%Y-%m-%d} 到期，任务完成的应及时撤销。"
        return [OrganizationWarning("task_over", text, rules.RULES_OF_TEMPORARY)]
    if since is not None and months_later(since, 6) <= today:
        text = "已设立 6 个月以上。符合条件的，应设立正式党支部。"
        return [OrganizationWarning("task_long", text, rules.RULES_OF_TEMPORARY)]
    return []


def _of_units(organization: Organization, count: int) -> list[OrganizationWarning]:
    """A joint branch is of several units, normally at most five (rulebook 1.1)."""
    if organization.kind != Kind.JOINT_BRANCH:
        return []
    if count > rules.MOST_UNITS:
        text = f"联合党支部涉及 {count} 个单位，一般不超过 {rules.MOST_UNITS} 个。"
        return [OrganizationWarning("too_many_units", text, rules.RULES_OF_JOINT_BRANCHES)]
    if count == 1:
        text = "联合党支部应由两个以上单位组成，请补充所在单位。"
        return [OrganizationWarning("one_unit", text, rules.RULES_OF_JOINT_BRANCHES)]
    return []


def _of_term(organization: Organization, today: dt.date) -> list[OrganizationWarning]:
    ends = organization.term_ends_on
    if ends is None or ends - today > TERM_NOTICE:
        return []
    if ends < today:
        text = f"任期已于 {ends:%Y-%m-%d} 届满，请按期组织换届；确需延期的，应报上级党委批准。"
        return [OrganizationWarning("term_over", text, "《中国共产党基层组织选举工作条例》第三条")]
    text = f"任期将于 {ends:%Y-%m-%d} 届满（还有 {(ends - today).days} 天），请着手准备换届。"
    return [OrganizationWarning("term_ending", text, "《中国共产党基层组织选举工作条例》第三条")]
