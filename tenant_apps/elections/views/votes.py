"""The ballot assistant: count sheets of assembly and plenum, on a phone as on the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError, Invalid
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms, selectors
from tenant_apps.elections.models import Act, Election, Office
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import electors
from tenant_apps.elections.services import counting, meeting, votes
from tenant_apps.elections.services.counting import Seeking
from tenant_apps.elections.views.cases import crumbs_of


class OfficeUnknown(Invalid):
    code = "election_office_unknown"
    sentence = "这次会议没有这一选举项目，请刷新页面。"


def vote_of(election: Election) -> Act:
    return Act.PLENUM if election.act == Act.PLENUM else Act.ELECT


def sought_in(election: Election, office: str) -> Seeking:
    """Raises OfficeUnknown for an office that this vote does not fill."""
    for one in counting.seeking(election, vote_of(election)):
        if one.office.value.lower() == office:
            return one
    raise OfficeUnknown


def form_for(election: Election, sought: Seeking, *data: Any) -> forms.CountForm:
    is_plenum = vote_of(election) is Act.PLENUM
    expected = (
        len(counting.plenum_of(election, sought.office)) if is_plenum else election.expected or 0
    )
    initial = {"present": expected} if is_plenum else {"issued": election.present}
    return forms.CountForm(
        *data,
        sought=sought,
        expected=expected,
        present=None if is_plenum else election.present,
        initial=initial,
    )


class Votes(Page):
    """``/elections/<id>/votes/``: each office, its rounds, and the form of the next one."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/votes.html"

    def get(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        return shown(self, election)


def shown(
    page: Page, election: Election, bound: forms.CountForm | None = None, status: int = 200
) -> HttpResponse:
    """The assistant; with a form that was refused in the place of the empty one."""
    act = vote_of(election)
    is_on = election.act == act
    may_count = is_on and can(page.actor, ElectionPermission.PREPARE, election)
    found = counting.seeking(election, act)
    races = [
        {
            "sought": one,
            "key": one.office.value.lower(),
            "rounds": list(election.ballots.filter(office=one.office)),
            "form": _form(election, one, bound) if may_count and not one.is_settled else None,
            "may_reduce": may_count
            and one.office in (Office.COMMITTEE, Office.INSPECTOR)
            and bool(one.elected)
            and not one.is_settled,
        }
        for one in found
    ]
    return page.render(
        template="elections/votes.html",
        title=f"计票 · {election.org.short_name or election.org.name}",
        heading=act.label,
        crumbs=crumbs_of(election, "计票"),
        election=election,
        races=races,
        turnout=electors.turnout_of(election),
        is_plenum=act is Act.PLENUM,
        may_count=may_count,
        is_settled=is_on and all(one.is_settled for one in found),
        status=status,
    )


def _form(election: Election, sought: Seeking, bound: forms.CountForm | None) -> forms.CountForm:
    if bound is not None and bound.sought.office is sought.office:
        return bound
    return form_for(election, sought)


class CheckCount(Page):
    """``/elections/<id>/votes/<office>/check/``: why a count cannot be, and whom it would elect."""

    permission = ElectionPermission.PREPARE
    template_name = "elections/parts/verdict.html"

    def post(self, request: HttpRequest, election_id: UUID, office: str) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        sought = sought_in(election, office)
        form = form_for(election, sought, request.POST)
        if not form.is_valid():
            return self.render(is_incomplete=True)
        sheet = form.sheet()
        problems = counting.problems_of(sheet, seats=sought.open_seats)
        found = counting.outcome_of(sheet, seats=sought.open_seats)
        names = dict(sought.candidates)
        return self.render(
            problems=problems,
            is_void=sheet.is_void,
            elected=[names[member] for member in found.elected],
            tied=[names[member] for member in found.tied],
            open_seats=found.open_seats,
            least=votes.fewest_to_win(sheet.present),
            present=sheet.present,
        )


class Count(Page):
    """``/elections/<id>/votes/<office>/``: keeps a round."""

    permission = ElectionPermission.PREPARE

    def post(self, request: HttpRequest, election_id: UUID, office: str) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        sought = sought_in(election, office)
        if sought.is_settled:
            raise meeting.VoteSettled(office=sought.label)
        form = form_for(election, sought, request.POST)
        if not form.is_valid():
            return shown(self, election, form, status=422)
        try:
            ballot = meeting.count(
                election=election,
                office=sought.office,
                sheet=form.sheet(),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            for problem in error.data.get("problems", [error.message]):
                form.add_error(None, problem)
            return shown(self, election, form, status=422)
        what = "本轮无效，须重新选举" if ballot.is_void else f"选出 {len(ballot.elected)} 名"
        toast(request, f"已登记{sought.label}第 {ballot.round} 轮计票：{what}")
        return HttpResponseRedirect(reverse("elections:votes", args=[election.pk]))


class StrikeCount(Page):
    """``/elections/<id>/votes/<office>/strike/``: takes the last round back."""

    permission = ElectionPermission.PREPARE

    def post(self, request: HttpRequest, election_id: UUID, office: str) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        sought = sought_in(election, office)
        meeting.strike(election=election, office=sought.office, actor=self.actor, now=clock.now())
        toast(request, f"已撤回{sought.label}最近一轮计票", level="info")
        return HttpResponseRedirect(reverse("elections:votes", args=[election.pk]))


class ReduceSeats(Page):
    """``/elections/<id>/votes/<office>/reduce/``: leaves the open seats open."""

    permission = ElectionPermission.PREPARE

    def post(self, request: HttpRequest, election_id: UUID, office: str) -> HttpResponse:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        sought = sought_in(election, office)
        form = forms.ReduceForm(request.POST)
        agreed = form.cleaned_data["agreed"] if form.is_valid() else 0
        meeting.reduce_seats(
            election=election,
            office=sought.office,
            agreed=agreed,
            actor=self.actor,
            now=clock.now(),
        )
        toast(request, f"{sought.label}名额已减为 {len(sought.elected)} 名")
        return HttpResponseRedirect(reverse("elections:votes", args=[election.pk]))
