"""Entering and ending memberships at the desk: submit, decide, take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms.turns import DecideForm, EnterForm, LeaveForm, UndoForm
from tenant_apps.members.models import Change, ChangeKind, Member, Proposal
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import former, grounds, turns
from tenant_apps.members.selectors.states import states_of
from tenant_apps.members.services import changes, departures, followers, proposals
from tenant_apps.members.views.moves import branches_for, uuid_of
from tenant_apps.members.views.rooms import crumbs_to, rooms
from tenant_apps.organizations import selectors as organizations

_FIELDS = {
    "member_already": "identity",
    "member_suspended": "identity",
    "member_not_to_return": "identity",
    "member_death_recorded": "identity",
}


class EnterMember(Page):
    """``/members/new/?org=``: takes somebody into the roll who is missing there (补录)."""

    permission = MemberPermission.ENTER
    template_name = "members/enter.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(EnterForm(initial={"on": clock.today()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EnterForm(request.POST)
        made = self._enter(form) if form.is_valid() else None
        if made is None:
            return self._shown(form, status=422)
        toast(request, f"已补录「{made.name}」。")
        return HttpResponseRedirect(reverse("member", args=[made.pk]))

    def _enter(self, form: EnterForm) -> Member | None:
        values = form.cleaned_data
        try:
            org = organizations.organization_for(
                self.actor, uuid_of(self.request.POST.get("org", "")), to=MemberPermission.ENTER
            )
            return changes.enter(
                person=form.person(),
                org=org,
                category=values["category"],
                kind=ChangeKind.SUPPLEMENTED,
                on=values["on"],
                document=values["document"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, _FIELDS.get(error.code))
            return None

    def _shown(self, form: EnterForm, status: int = 200) -> HttpResponse:
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        text, chosen = data.get("branch", "").strip()[:60], data.get("org", "")
        return self.render(
            title="补录党员",
            crumbs=crumbs_to("补录党员"),
            form=form,
            branch=text,
            chosen=chosen,
            branches=branches_for(self.actor, text, chosen=chosen),
            status=status,
        )


class LeaveMember(Page):
    """``/members/<id>/leave/``: the ways in which this membership can end, rest or return."""

    permission = MemberPermission.LEAVE
    template_name = "members/leave.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = former.counting_or_resting_for(self.actor, member_id)
        kind = request.GET.get("kind", "")
        form = LeaveForm(member=member, initial={"on": clock.today(), "kind": kind})
        return self._shown(member, form)

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = former.counting_or_resting_for(self.actor, member_id)
        form = LeaveForm(request.POST, member=member)
        done = self._submit(member, form) if form.is_valid() else None
        if done is None:
            return self._shown(member, form, status=422)
        if isinstance(done, Change):
            toast(request, f"已登记「{member.name}」{done.get_kind_display()}，档案转入历史党员。")
            return HttpResponseRedirect(reverse("members-former-file", args=[member.pk]))
        toast(request, f"已提交「{member.name}」{done.get_kind_display()}，等待另一位管理员审批。")
        return HttpResponseRedirect(reverse("members-turn", args=[done.pk]))

    def _submit(self, member: Member, form: LeaveForm) -> Proposal | Change | None:
        values = form.cleaned_data
        try:
            return proposals.submit(
                member=member,
                kind=ChangeKind(values["kind"]),
                on=values["on"],
                document=values["document"],
                reason=values["reason"],
                details=proposals.Details(values.get("ground", ""), values.get("applied_on")),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            is_ground = error.code == "member_leaving_ground_needed"
            self.form_error(form, error, "ground" if is_ground else None)
            return None

    def _shown(self, member: Member, form: LeaveForm, status: int = 200) -> HttpResponse:
        return self.render(
            title=f"办理党籍变动 · {member.name}",
            crumbs=crumbs_to("办理党籍变动"),
            member=member,
            form=form,
            turns=[(turn, turns.earliest(member, turn.kind)) for turn in _offered(member)],
            restorable_until=turns.restorable_until(member),
            waiting=former.waiting_of(member),
            ends=departures.preview(member, actor=self.actor) if member.is_active else None,
            states=states_of(member),
            chosen=form["kind"].value() or "",
            status=status,
        )


class Turns(Page):
    """``/members/turns/``: what waits for a second person, and what was decided."""

    permission = MemberPermission.LEAVE
    template_name = "members/turns.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = former.proposals_visible_to(self.actor)
        is_past = request.GET.get("tab") == "past"
        waiting = found.filter(state=Proposal.State.WAITING)
        shown = found.exclude(state=Proposal.State.WAITING) if is_past else waiting
        page = Paginator(shown, 50).get_page(request.GET.get("page"))
        return self.render(
            title="党籍变动审批",
            crumbs=crumbs_to("党籍变动"),
            rooms=rooms(self.actor, "turns"),
            page_obj=page,
            is_past=is_past,
            waiting_count=waiting.count(),
        )


class Turn(Page):
    """``/members/turns/<id>/``: one submission; POST decides it or takes it back."""

    permission = MemberPermission.LEAVE
    template_name = "members/turn.html"

    def get(self, request: HttpRequest, proposal_id: UUID) -> HttpResponse:
        return self._shown(former.proposal_for(self.actor, proposal_id), DecideForm())

    def post(self, request: HttpRequest, proposal_id: UUID) -> HttpResponse:
        proposal = former.proposal_for(self.actor, proposal_id)
        form = DecideForm(request.POST)
        if not form.is_valid() or not self._decide(proposal, form):
            return self._shown(proposal, form, status=422)
        words = {"approve": "已通过", "refuse": "已退回，未通过", "withdraw": "已撤回"}
        toast(request, f"{words[form.cleaned_data['word']]}：{proposal.member.name}。")
        return HttpResponseRedirect(reverse("members-turns"))

    def _decide(self, proposal: Proposal, form: DecideForm) -> bool:
        note, now = form.cleaned_data["note"], clock.now()
        common: dict[str, Any] = {"proposal": proposal, "actor": self.actor, "now": now}
        try:
            match form.cleaned_data["word"]:
                case "approve":
                    proposals.approve(note=note, **common)
                case "refuse":
                    proposals.refuse(note=note, **common)
                case _:
                    proposals.withdraw(**common)
        except DomainError as error:
            field = "note" if error.code == "member_proposal_note_needed" else None
            self.form_error(form, error, field)
            return False
        return True

    def _shown(self, proposal: Proposal, form: DecideForm, status: int = 200) -> HttpResponse:
        is_waiting = proposal.state == Proposal.State.WAITING
        is_own = proposal.submitted_by == self.actor.person_id
        may = can(self.actor, MemberPermission.DECIDE, proposal.member)
        return self.render(
            title=f"{proposal.get_kind_display()} · {proposal.member.name}",
            crumbs=crumbs_to("党籍变动", reverse("members-turns"), proposal.member.name),
            proposal=proposal,
            ground=grounds.label_of(proposal.data.get("ground", "")),
            turn=turns.LEAVING.get(proposal.kind),
            form=form,
            may_decide=is_waiting and may and not is_own,
            may_withdraw=is_waiting and is_own,
            ends=_ends(proposal, self.actor) if is_waiting else None,
            status=status,
        )


class UndoChange(Page):
    """``/members/changes/<id>/undo/``: takes back an event recorded by mistake."""

    permission = MemberPermission.DECIDE
    template_name = "members/undo_change.html"

    def get(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        return self._shown(former.change_for(self.actor, change_id), UndoForm())

    def post(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        change = former.change_for(self.actor, change_id)
        form = UndoForm(request.POST)
        if not form.is_valid():
            return self._shown(change, form, status=422)
        try:
            member = changes.undo(
                change=change,
                actor=self.actor,
                now=clock.now(),
                reason=form.cleaned_data["reason"],
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._shown(change, form, status=422)
        toast(request, f"已撤销「{member.name}」的{change.get_kind_display()}登记。", level="info")
        name = "member" if member.is_active else "members-former-file"
        return HttpResponseRedirect(reverse(name, args=[member.pk]))

    def _shown(self, change: Change, form: UndoForm, status: int = 200) -> HttpResponse:
        title = f"撤销{change.get_kind_display()}登记 · {change.member.name}"
        crumbs = crumbs_to("撤销登记")
        return self.render(
            title=title,
            crumbs=crumbs,
            change=change,
            ends=departures.told_of(change),
            follows=followers.foretold(change),
            form=form,
            status=status,
        )


def _ends(proposal: Proposal, actor: Actor) -> departures.Told | None:
    """What would end with the membership; nothing where one is given back."""
    is_return = proposal.kind == ChangeKind.RESTORED
    return None if is_return else departures.preview(proposal.member, actor=actor)


def _offered(member: Member) -> list[turns.Turn]:
    return turns.leaving_open_to(member)
