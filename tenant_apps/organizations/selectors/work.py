"""What of the tree itself waits for somebody: sizes and temporary bodies (rulebook 1.1 and 1.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.organizations.models import HOLDS_FORMAL_RELATION, Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import gates, rules
from tenant_apps.organizations.selectors.duties import Duty, Urgency
from tenant_apps.organizations.selectors.residents import headcounts

TASK_NOTICE: Final = dt.timedelta(days=30)
_LIST: Final = "/organizations/list/"
MOST_COUNTED: Final = 2_000
"""Branches whose sizes the first page works out; a larger unit sees them in its parts."""


class Duties:
    """Fills ``duties.DutyProvider``."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]:
        if not can(actor, OrganizationPermission.EDIT):
            return
        visible = gates.organizations_visible_to(actor)
        temporary = visible.filter(kind__in=rules.TEMPORARY, temporary_until__isnull=False)
        over = temporary.filter(temporary_until__lt=today)
        soon = temporary.filter(
            temporary_until__gte=today, temporary_until__lte=today + TASK_NOTICE
        )
        yield self._of("临时党组织设立期限已到，应予撤销", over, Urgency.OVERDUE)
        yield self._of("临时党组织 30 天内到期", soon, Urgency.SOON)
        branches = visible.filter(kind__in=HOLDS_FORMAL_RELATION)
        yield from self._of_sizes(list(branches[:MOST_COUNTED]))

    def _of(self, text: str, found: QuerySet[Organization], urgency: Urgency) -> Duty:
        rows = list(found.order_by("temporary_until")[:MOST_COUNTED])
        return Duty(
            text=text,
            count=len(rows),
            url=f"/organizations/{rows[0].pk}/" if len(rows) == 1 else _LIST,
            urgency=urgency,
            due_on=rows[0].temporary_until if rows else None,
        )

    def _of_sizes(self, branches: list[Organization]) -> Iterable[Duty]:
        counts = headcounts([branch.path for branch in branches])
        few = [b for b in branches if rules.too_few(b.kind, counts[b.path].full)]
        many = [b for b in branches if counts[b.path].direct > rules.MOST_MEMBERS]
        for text, found in (
            (f"正式党员不足 {rules.FEWEST_FULL_MEMBERS} 名的党支部", few),
            (f"党员超过 {rules.MOST_MEMBERS} 名的党支部", many),
        ):
            url = f"/organizations/{found[0].pk}/" if len(found) == 1 else _LIST
            yield Duty(text=text, count=len(found), url=url)
