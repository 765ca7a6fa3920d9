"""One case: its time line with the next step; and giving it up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms, selectors
from tenant_apps.elections.models import Act, CaseKind, Election
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import composition, electors, papers, timeline
from tenant_apps.elections.selectors.procedure import RULES
from tenant_apps.elections.selectors.terms import shift_of
from tenant_apps.elections.services import counting, opening


def crumbs_of(election: Election, *more: str) -> list[dict[str, str]]:
    org = election.org
    home = {"label": "换届与任职", "url": reverse("elections:elections")}
    here = {
        "label": f"{org.short_name or org.name}{election.get_kind_display()}",
        "url": reverse("elections:election", args=[election.pk]),
    }
    return [home, here, *({"label": one, "url": ""} for one in more)]


class ElectionPage(Page):
    """``/elections/<id>/``: the time line and the next step."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/election.html"

    def get(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        today = clock.today()
        superior = selectors.superior_of(election.org)
        coming = timeline.next_of(election, today)
        shift = (
            shift_of(election.planned_on, election.org.term_ends_on)
            if coming and (election.planned_on)
            else None
        )
        return self.render(
            title=f"{election.org.short_name or election.org.name}{election.get_kind_display()}",
            crumbs=[*crumbs_of(election)[:1], {"label": election.get_kind_display()}],
            election=election,
            org=election.org,
            superior=superior,
            stations=timeline.stations_of(election, today),
            coming=coming,
            coming_url=_address(election, coming.act) if coming else "",
            ending=timeline.ending_of(election),
            may_act=selectors.may_act(self.actor, election, superior),
            may_prepare=election.closed_at is None
            and can(self.actor, ElectionPermission.PREPARE, election),
            turnout=electors.turnout_of(election) if election.held_on else None,
            votes=_votes(election),
            shift=shift if election.kind == CaseKind.REELECTION else None,
            plan_problems=_plan_problems(election),
            printable=papers.PRINTABLE,
        )


def _address(election: Election, act: Act) -> str:
    if act in (Act.ELECT, Act.PLENUM):
        return reverse("elections:votes", args=[election.pk])
    return reverse(f"elections:{RULES[act].slug}", args=[election.pk])


def _votes(election: Election) -> list[Any]:
    if election.held_on is None:
        return []
    return [*counting.seeking(election, Act.ELECT), *counting.seeking(election, Act.PLENUM)]


def _plan_problems(election: Election) -> list[str]:
    if election.planned_on is None or election.kind != CaseKind.REELECTION:
        return []
    return composition.problems_of_plan(
        election.org.kind,
        electors.full_members(election.org_path).count(),
        has_committee=election.has_committee,
        seats=election.seats,
        deputies=election.deputies,
    )


class Cancel(Page):
    """``/elections/<id>/cancel/``: gives the case up, with a reason."""

    permission = ElectionPermission.PREPARE
    template_name = "elections/cancel.html"

    def get(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        return self._shown(election_id, forms.ReasonForm())

    def post(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        form = forms.ReasonForm(request.POST)
        if not form.is_valid():
            return self._shown(election_id, form, status=422)
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        try:
            opening.cancel(
                election=election, actor=self.actor, now=clock.now(), **form.cleaned_data
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._shown(election_id, form, status=422)
        toast(request, f"已终止{election.get_kind_display()}", level="info")
        return HttpResponseRedirect(reverse("elections:election", args=[election.pk]))

    def _shown(self, election_id: UUID, form: forms.ReasonForm, status: int = 200) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        return self.render(
            title=f"终止{election.get_kind_display()}",
            crumbs=crumbs_of(election, "终止"),
            election=election,
            form=form,
            status=status,
        )
