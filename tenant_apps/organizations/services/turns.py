"""Writing the history of organisations: what was decided, when, by which document."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Max

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Invalid
from kernel.models import uuid7
from kernel.papers import Upload
from tenant_apps.organizations.models import Organization, Turn, TurnKind
from tenant_apps.organizations.selectors.past import effective_turns
from tenant_apps.organizations.services import papers

State: TypeAlias = dict[str, str | None]


class ReasonNeeded(Invalid):
    code = "organization_reason_needed"
    sentence = "请写明调整的原因，例如“机构改革”。"


class DayNotPossible(Invalid):
    code = "organization_day_not_possible"
    sentence = "生效日期不能是 {on}：{why}。"


@dataclass(frozen=True, slots=True)
class Decision:
    """What people decided: from which day on, why, by which document (批复): its number and, where
    it was handed in, the paper itself.
    """

    on: dt.date
    reason: str
    document: str = ""
    paper: Upload | None = None


class Act:
    """One decision being carried out: its turns are written together at the end."""

    def __init__(self, decision: Decision, *, actor: Actor, now: dt.datetime) -> None:
        """Raises ReasonNeeded, PaperRefused, and DayNotPossible for a day to come."""
        if not decision.reason.strip():
            raise ReasonNeeded
        if decision.on > day_of(now):
            raise DayNotPossible(on=decision.on, why="还没有到这一天")
        if decision.paper is not None:
            papers.refuse(decision.paper)
        self.id = uuid7()
        self._decision, self._actor, self._now = decision, actor, now
        self._turns: list[Turn] = []

    def concerns(self, *organizations: Organization) -> None:
        """Raises DayNotPossible where the day is before the last thing that happened to one."""
        ids = [organization.pk for organization in organizations]
        last = effective_turns().filter(org_id__in=ids).aggregate(day=Max("happened_on"))["day"]
        if last is not None and self._decision.on < last:
            raise DayNotPossible(on=self._decision.on, why=f"{last} 已有更晚的变动")
        founded = [org.founded_on for org in organizations if org.founded_on]
        if founded and self._decision.on < max(founded):
            raise DayNotPossible(on=self._decision.on, why=f"组织成立于 {max(founded)}")

    def tell(
        self,
        kind: TurnKind,
        organization: Organization,
        *,
        before: State | None,
        after: State | None,
        other: UUID | None = None,
        undoes: UUID | None = None,
        **data: Any,
    ) -> None:
        """Adds what happened to one organisation."""
        self._turns.append(
            Turn(
                act=self.id,
                kind=kind,
                happened_on=self._decision.on,
                org_id=organization.pk,
                other_id=other,
                before=before,
                after=after,
                reason=self._decision.reason.strip()[:400],
                document=self._decision.document.strip()[:80],
                data=data,
                undoes=undoes,
                recorded_at=self._now,
                recorded_by=self._actor.person_id,
                recorded_by_name=self._actor.name,
            )
        )

    def close(self) -> UUID:
        """Keeps the paper, writes the turns; returns the id by which the act can be called off."""
        if self._decision.paper is not None:
            kept = papers.keep(self._decision.paper)
            for turn in self._turns:
                turn.data = {**turn.data, "paper": kept}
        Turn.objects.bulk_create(self._turns)
        return self.id


def state_of(organization: Organization) -> State:
    """What of an organisation the tree of an earlier day needs."""
    return {
        "name": organization.name,
        "short_name": organization.short_name,
        "kind": organization.kind,
        "parent": str(organization.parent_id) if organization.parent_id else None,
    }
