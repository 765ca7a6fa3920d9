"""The case of a member who leaves ends with the membership; open cases keep a branch going."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from kernel.actor import Actor
from tenant_apps.admissions.models import Case, Category, Conversion, State, Step, StepState
from tenant_apps.admissions.services import going
from tenant_apps.admissions.services.following import MADE_BY
from tenant_apps.members.services.changes import ChangeKind
from tenant_apps.members.services.departures import Ended
from tenant_apps.organizations.services.open_matters import Matter

_WORDS = "办理中的发展党员材料（{act}）"


class CaseEnds:
    """Fills ``members.services.departures.Departure``.

    A case that ends the membership itself names itself in the event and is left alone.
    """

    key = "admission"

    def preview(self, member: Any, *, actor: Actor) -> Ended:
        case = _open_cases(member).first()
        return Ended([_said(case)] if case else [])

    def end(self, member: Any, *, change: Any, actor: Actor, now: dt.datetime) -> Ended:
        case = _open_cases(member).select_for_update(of=("self",)).first()
        if case is None or change.data.get(MADE_BY) == str(case.pk):
            return Ended(())
        words, before = [_said(case)], _before(case)
        pending = going.pending_step(case)
        if pending is not None:
            before["step"], before["step_state"] = str(pending.pk), pending.state
            pending.state = StepState.TAKEN_BACK
            pending.save(update_fields=["state"])
        case.state, case.closed_on = State.LEFT, change.happened_on
        case.closed_reason = f"党员{change.get_kind_display()}"
        if change.kind == ChangeKind.CANCELLED:
            case.state, case.category = State.CANCELLED, Category.MASSES
            case.conversion = Conversion.CANCELLED
        case.save()
        going.tell("admission.left", case, actor=actor, now=now, state=str(case.state))
        return Ended(words, before)

    def put_back(
        self, member: Any, *, kept: Any, change: Any, actor: Actor, now: dt.datetime
    ) -> None:
        """As it was, unless the person has another open case by now."""
        case = Case.objects.select_for_update(of=("self",)).get(pk=kept["case"])
        others = Case.objects.filter(identity_index=case.identity_index, state=State.OPEN)
        if case.is_open or others.exists():
            return
        case.state, case.category = State.OPEN, kept["category"]
        case.conversion, case.closed_on, case.closed_reason = kept["conversion"], None, ""
        case.save()
        if "step" in kept:
            Step.objects.filter(pk=kept["step"]).update(state=kept["step_state"])
        going.tell("admission.reopened", case, actor=actor, now=now)


def open_matters(org_ids: Sequence[UUID]) -> Iterable[Matter]:
    """Open cases go over with the branch that takes another in (``placement``, ``goes_over``);
    where nobody takes them they are closed or handed over first.
    """
    found = Case.objects.filter(org_id__in=org_ids, state=State.OPEN).order_by()
    for org_id, count in found.values_list("org_id").annotate(Count("pk")):
        url = f"/admissions/?org={org_id}"
        yield Matter(org_id, "办理中的发展党员工作", count, carries=True, url=url)


def _open_cases(member: Any) -> QuerySet[Case]:
    found: QuerySet[Case] = Case.objects.filter(member_id=member.pk, state=State.OPEN)
    return found


def _said(case: Case) -> str:
    return _WORDS.format(act=going.pack_of(case).acts[case.act].name)


def _before(case: Case) -> dict[str, Any]:
    return {"case": str(case.pk), "category": case.category, "conversion": case.conversion}
