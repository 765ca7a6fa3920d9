"""A form for each act of a case."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms, selectors
from tenant_apps.elections.models import Act, Assembly, CaseKind, Election
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import composition, electors, inspection, timeline
from tenant_apps.elections.selectors.procedure import RULES
from tenant_apps.elections.services import (
    confirming,
    counting,
    meeting,
    preparing,
    votes,
)
from tenant_apps.elections.services.acting import Paper
from tenant_apps.elections.views.cases import crumbs_of


class ActPage(Page, abstract=True):
    """A form for one act; the service refuses what is out of turn."""

    act: ClassVar[Act]
    template_name = "elections/act.html"
    submit: ClassVar[str] = "保存并进入下一步"
    advice: ClassVar[str] = ""

    def get(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        election = self.election(election_id)
        return self.shown(election, self.form(election))

    def post(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        election = self.election(election_id)
        form = self.form(election, request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(election, form, status=422)
        act = self.act_of(election)
        try:
            self.do(election, form, form.paper())
        except DomainError as error:
            self.form_error(form, error, _FIELDS.get(error.code))
            return self.shown(election, form, status=422)
        toast(request, f"已登记「{act.label}」")
        return HttpResponseRedirect(reverse("elections:election", args=[election.pk]))

    def election(self, election_id: UUID) -> Election:
        return selectors.election_for(self.actor, election_id, to=self.permission)

    def shown(self, election: Election, form: Any, status: int = 200) -> HttpResponse:
        act = self.act_of(election)
        return self.render(
            title=f"{act.label} · {election.org.short_name or election.org.name}",
            heading=act.label,
            crumbs=crumbs_of(election, act.label),
            election=election,
            form=form,
            rule=RULES[act],
            superior=selectors.superior_of(election.org),
            coming=timeline.next_of(election, clock.today()),
            submit=self.submit,
            advice=self.advice,
            status=status,
        )

    def act_of(self, election: Election) -> Act:
        """Which act the form is for."""
        return self.act

    @abstractmethod
    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        """The act's form, empty or with what was sent."""

    @abstractmethod
    def do(self, election: Election, form: Any, paper: Paper) -> None:
        """The one call of the domain."""


_FIELDS = {
    "election_document_needed": "document",
    "election_reason_needed": "note",
    "election_day_does_not_fit": "happened_on",
    "election_step_not_open": "happened_on",
    "election_file_refused": "scans",
    "election_shift_not_approved": "approves_shift",
    "election_exclusion_needs_approval": "approved_by",
}


def _today() -> dict[str, Any]:
    return {"happened_on": clock.today()}


class Decide(ActPage):
    act = Act.DECIDE
    permission = ElectionPermission.PREPARE
    advice = "委员会会议须有半数以上委员到会，研究确定名额、条件、方式和日期。"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        full = electors.full_members(election.org_path).count()
        size = composition.size_of(election.org.kind, full)
        is_renewal = election.kind == CaseKind.REELECTION
        initial = {
            **_today(),
            "planned_on": election.org.term_ends_on,
            "profile": election.profile,
            "has_committee": bool(size.least),
            "seats": size.least if is_renewal else 1,
            "secretaries": 1 if is_renewal else 0,
            "deputies": 0,
            "inspectors": 0,
        }
        form = forms.PlanForm(data, sent, initial=initial)
        if not is_renewal or not inspection.may_have(election.org.kind):
            del form.fields["inspectors"]
        return form

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        preparing.decide(
            election=election, plan=form.plan(), paper=paper, actor=self.actor, now=clock.now()
        )


class RequestReply(ActPage):
    act = Act.REQUEST
    permission = ElectionPermission.PREPARE
    submit = "呈报上级"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        return forms.PaperForm(data, sent, initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        preparing.request(election=election, paper=paper, actor=self.actor, now=clock.now())


class Reply(ActPage):
    act = Act.REPLY
    permission = ElectionPermission.DECIDE
    submit = "答复"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        form = forms.ReplyForm(data, sent, initial=_today())
        if election.kind != CaseKind.REELECTION:
            del form.fields["approves_shift"]
        if election.kind == CaseKind.EXTENSION:
            del form.fields["allows_delegates"]
        return form

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        preparing.reply(
            election=election,
            is_approved=form.is_approved,
            paper=paper,
            actor=self.actor,
            now=clock.now(),
            approves_shift=form.cleaned_data.get("approves_shift", False),
            allows_delegates=form.cleaned_data.get("allows_delegates", False),
        )


class Propose(ActPage):
    act = Act.PROPOSE
    permission = ElectionPermission.PREPARE
    submit = "呈报审查"
    advice = "由全体正式党员推荐，委员会根据多数意见提出；委员候选人的差额不少于应选人数的 20%。"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        acts = (Act.ELECT, Act.PLENUM)
        offices = [one for act in acts for one in counting.offices_of(election, act)]
        voters = {
            office: list(electors.may_stand(election, office).values_list("pk", "name"))
            for office, _ in offices
        }
        initial: dict[str, Any] = {**_today()}
        for one in election.nominees:
            initial.setdefault(one["office"], []).append(one["member"])
        return forms.NominateForm(data, sent, offices=offices, voters=voters, initial=initial)

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        preparing.propose(
            election=election,
            nominees=form.nominees(),
            paper=paper,
            actor=self.actor,
            now=clock.now(),
        )


class Examine(ActPage):
    act = Act.EXAMINE
    permission = ElectionPermission.DECIDE
    submit = "答复"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        return forms.AnswerForm(data, sent, initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        preparing.examine(
            election=election,
            is_approved=form.is_approved,
            paper=paper,
            actor=self.actor,
            now=clock.now(),
        )


class Publicise(ActPage):
    act = Act.PUBLICISE
    permission = ElectionPermission.PREPARE

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        return forms.PublicForm(data, sent, initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        preparing.publicise(
            election=election,
            notice_until=form.cleaned_data["notice_until"],
            place=form.cleaned_data["place"],
            paper=paper,
            actor=self.actor,
            now=clock.now(),
        )


class Assemble(ActPage):
    act = Act.ASSEMBLE
    permission = ElectionPermission.PREPARE
    template_name = "elections/assemble.html"
    submit = "确认到会情况"
    advice = "有选举权的到会人数不少于应到会人数的五分之四，会议有效。"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        is_meeting = election.assembly == Assembly.MEETING
        voters = electors.full_members(election.org_path).values_list("pk", "name")
        return forms.RollForm(data, sent, voters=voters if is_meeting else [], initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        meeting.assemble(
            election=election, roll=form.roll(), paper=paper, actor=self.actor, now=clock.now()
        )


class CheckRoll(Assemble):
    """``/elections/<id>/assemble/check/``: whether those marked so far are enough."""

    template_name = "elections/parts/turnout.html"

    def get(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("elections:assemble", args=[election_id]))

    def post(self, request: HttpRequest, election_id: UUID) -> HttpResponse:
        election = self.election(election_id)
        form = self.form(election, request.POST)
        form.is_valid()
        expected, present = form.counted()
        return self.render(
            expected=expected,
            present=present,
            least=votes.fewest_to_elect(expected),
            may_elect=votes.may_elect(expected=expected, present=present),
        )


class Conclude(ActPage):
    """Ends the vote of the assembly or of the plenum."""

    act = Act.ELECT
    permission = ElectionPermission.PREPARE
    submit = "结束选举"

    def act_of(self, election: Election) -> Act:
        return Act.PLENUM if election.act == Act.PLENUM else Act.ELECT

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        return forms.PaperForm(
            data, sent, initial={"happened_on": election.held_on or clock.today()}
        )

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        meeting.conclude(election=election, paper=paper, actor=self.actor, now=clock.now())


class Report(ActPage):
    act = Act.REPORT
    permission = ElectionPermission.PREPARE
    submit = "呈报上级"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        members = confirming.ordinary_of(election)
        return forms.ReportForm(data, sent, members=members, initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        confirming.report(
            election=election,
            division=form.division(),
            paper=paper,
            actor=self.actor,
            now=clock.now(),
        )


class Confirm(ActPage):
    act = Act.CONFIRM
    permission = ElectionPermission.DECIDE
    submit = "答复"
    advice = "批准书记、副书记，委员备案。同意后任职记录和新一届任期即时生效。"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        return forms.AnswerForm(data, sent, initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        confirming.confirm(
            election=election,
            is_approved=form.is_approved,
            paper=paper,
            actor=self.actor,
            now=clock.now(),
        )


class Archive(ActPage):
    act = Act.ARCHIVE
    permission = ElectionPermission.PREPARE
    submit = "办结"

    def form(self, election: Election, data: Any = None, sent: Any = None) -> Any:
        return forms.PaperForm(data, sent, initial=_today())

    def do(self, election: Election, form: Any, paper: Paper) -> None:
        confirming.archive(election=election, paper=paper, actor=self.actor, now=clock.now())
