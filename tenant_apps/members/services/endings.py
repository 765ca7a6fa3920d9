"""What members themselves end with a membership: roles at the desk, what waits for a decision."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import DomainError
from shared_apps.people import selectors as people
from tenant_apps.access.selectors import ROLE_LABELS, neighbours
from tenant_apps.access.services import grants
from tenant_apps.members.models import Change, Correction, Member, Proposal
from tenant_apps.members.services.departures import Ended


class Roles:
    """Fills ``departures.Departure``: the roles of who leaves are taken away (rulebook 12.2).

    What is beyond the actor's own scope stays and is told: ending a membership gives nobody the
    right to take away the role of a superior.
    """

    key = "roles"

    def preview(self, member: Member, *, actor: Actor) -> Ended:
        person_id = people.person_of_member(member.pk)
        return _told(grants.ending(person_id=person_id, actor=actor)) if person_id else Ended(())

    def end(self, member: Member, *, change: Change, actor: Actor, now: dt.datetime) -> Ended:
        person_id = people.person_of_member(member.pk)
        if person_id is None:
            return Ended(())
        return _told(grants.end_of(person_id=person_id, actor=actor, now=now))

    def put_back(
        self, member: Member, *, kept: Any, change: Change, actor: Actor, now: dt.datetime
    ) -> None:
        """What the actor may not grant, or was given again meanwhile, stays as it is."""
        for pk in kept:
            try:
                grants.restore(grant_id=UUID(pk), actor=actor, now=now)
            except DomainError:
                continue


class Waiting:
    """Fills ``departures.Departure``: what waits for a decision on the member waits no more."""

    key = "waiting"

    def preview(self, member: Member, *, actor: Actor) -> Ended:
        _, corrections = self._found(member)  # a waiting change is shown by itself
        return self._told([], corrections)

    def end(self, member: Member, *, change: Change, actor: Actor, now: dt.datetime) -> Ended:
        proposals, corrections = self._found(member, but=change.data.get("proposal"))
        ended = self._told(proposals, corrections)
        reason = f"{change.get_kind_display()}后自动结束"
        for proposal in proposals:
            proposal.state, proposal.note, proposal.decided_at = (
                Proposal.State.WITHDRAWN, reason, now,
            )  # fmt: skip
        for correction in corrections:
            correction.state, correction.answer = Correction.State.REFUSED, reason
            correction.decided_at, correction.decided_by_name = now, actor.name
        Proposal.objects.bulk_update(proposals, ["state", "note", "decided_at"])
        Correction.objects.bulk_update(
            corrections, ["state", "answer", "decided_at", "decided_by_name"]
        )
        return ended

    def put_back(
        self, member: Member, *, kept: Any, change: Change, actor: Actor, now: dt.datetime
    ) -> None:
        if not Proposal.objects.filter(member=member, state=Proposal.State.WAITING).exists():
            Proposal.objects.filter(pk__in=kept["proposals"]).update(
                state=Proposal.State.WAITING, note="", decided_at=None
            )
        Correction.objects.filter(pk__in=kept["corrections"]).update(
            state=Correction.State.WAITING, answer="", decided_at=None, decided_by_name=""
        )

    def _found(
        self, member: Member, but: str | None = None
    ) -> tuple[list[Proposal], list[Correction]]:
        proposals = Proposal.objects.filter(member=member, state=Proposal.State.WAITING)
        corrections = Correction.objects.filter(member=member, state=Correction.State.WAITING)
        return list(proposals.exclude(pk=but) if but else proposals), list(corrections)

    def _told(self, proposals: list[Proposal], corrections: list[Correction]) -> Ended:
        words = [f"等待审批的变动「{one.get_kind_display()}」" for one in proposals]
        if corrections:
            words.append(f"等待审核的更正申请 {len(corrections)} 项")
        kept = {
            "proposals": [str(one.pk) for one in proposals],
            "corrections": [str(one.pk) for one in corrections],
        }
        return Ended(words, kept)


def _told(found: grants.Ending) -> Ended:
    places = neighbours.names_of_places([one.scope for one in found.going])
    places |= neighbours.names_of_places([one.scope for one, _ in found.staying])

    def said(role: str, scope: str) -> str:
        return f"管理角色「{ROLE_LABELS[role]}」（{places.get(scope, '已不存在的组织')}）"

    return Ended(
        words=[said(one.role, one.scope) for one in found.going],
        kept=[str(one.pk) for one in found.going],
        left=[f"{said(one.role, one.scope)}{why}" for one, why in found.staying],
    )
