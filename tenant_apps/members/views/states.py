"""The special states: who is in one and what is due, beginning, ending, contacts."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms.turns import ContactForm, EndStateForm, StateForm
from tenant_apps.members.models import Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for
from tenant_apps.members.selectors import states as reading
from tenant_apps.members.selectors.states import STATES, StateKind
from tenant_apps.members.services import states
from tenant_apps.members.views.rooms import crumbs_to, rooms


class States(Page):
    """``/members/states/?kind=``: one state at a time, with what is due."""

    permission = MemberPermission.STATES
    template_name = "members/states.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        asked = request.GET.get("kind", "")
        kind = StateKind(asked) if asked in StateKind.__members__.values() else StateKind.AWAY
        counted = reading.counts(self.actor)
        page = Paginator(reading.in_state(self.actor, kind), 50).get_page(request.GET.get("page"))
        rows = reading.rows_of(page.object_list, kind)
        return self.render(
            title="特殊情形党员",
            crumbs=crumbs_to("特殊情形"),
            rooms=rooms(self.actor, "states"),
            rule=STATES[kind],
            views=[
                {
                    "label": rule.label,
                    "count": counted[one],
                    "url": f"?kind={one}",
                    "is_current": one == kind,
                }
                for one, rule in STATES.items()
            ],
            rows=[
                (row, row.months(today), [(due, due.tone(today)) for due in row.dues])
                for row in rows
            ],
            page_obj=page,
        )


class BeginState(Page):
    """``/members/<id>/states/<kind>/begin/``."""

    permission = MemberPermission.STATES
    template_name = "members/state.html"

    def get(self, request: HttpRequest, member_id: UUID, kind: str) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        return self._shown(member, kind_of(kind), StateForm(kind=kind_of(kind)))

    def post(self, request: HttpRequest, member_id: UUID, kind: str) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        state = kind_of(kind)
        form = StateForm(request.POST, kind=state)
        if form.is_valid() and self._begin(member, state, form):
            toast(request, f"已将「{member.name}」登记为{STATES[state].label}。")
            return HttpResponseRedirect(f"{reverse('members-states')}?kind={state}")
        return self._shown(member, state, form, status=422)

    def _begin(self, member: Member, kind: StateKind, form: StateForm) -> bool:
        try:
            states.begin(
                member=member,
                kind=kind,
                on=form.began_on,
                data=form.data_of(),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, error.data.get("field"))
            return False
        return True

    def _shown(
        self, member: Member, kind: StateKind, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        rule = STATES[kind]
        return self.render(
            title=f"登记{rule.label} · {member.name}",
            crumbs=crumbs_to("特殊情形", reverse("members-states"), f"登记{rule.label}"),
            member=member,
            rule=rule,
            form=form,
            others=[one for one in STATES.values() if one.entry],
            status=status,
        )


class EndState(Page):
    """``/members/<id>/states/<kind>/end/``."""

    permission = MemberPermission.STATES
    template_name = "members/state_end.html"

    def get(self, request: HttpRequest, member_id: UUID, kind: str) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        form = EndStateForm(initial={"on": clock.today()})
        return self._shown(member, kind_of(kind), form)

    def post(self, request: HttpRequest, member_id: UUID, kind: str) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        state = kind_of(kind)
        form = EndStateForm(request.POST)
        if form.is_valid() and self._end(member, state, form):
            toast(request, f"「{member.name}」的{STATES[state].label}登记已结束。")
            return HttpResponseRedirect(f"{reverse('members-states')}?kind={state}")
        return self._shown(member, state, form, status=422)

    def _end(self, member: Member, kind: StateKind, form: EndStateForm) -> bool:
        values = form.cleaned_data
        try:
            states.end(
                member=member,
                kind=kind,
                on=values["on"],
                note=values["note"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, "on" if "应在" in error.message else None)
            return False
        return True

    def _shown(
        self, member: Member, kind: StateKind, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        rule = STATES[kind]
        form.fields["on"].label = rule.ended
        return self.render(
            title=f"结束{rule.label}登记 · {member.name}",
            crumbs=crumbs_to("特殊情形", reverse("members-states"), "结束登记"),
            member=member,
            rule=rule,
            form=form,
            status=status,
        )


class RecordContact(Page):
    """``/members/<id>/contact/``: one contact with a member who is away."""

    permission = MemberPermission.STATES
    template_name = "members/contact.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        return self._shown(member, ContactForm(initial={"on": clock.today()}))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        form = ContactForm(request.POST)
        if not form.is_valid() or not self._record(member, form):
            return self._shown(member, form, status=422)
        toast(request, f"已记录与「{member.name}」的联系。")
        return HttpResponseRedirect(reverse("members-states"))

    def _record(self, member: Member, form: ContactForm) -> bool:
        values = form.cleaned_data
        try:
            states.contact(
                member=member,
                on=values["on"],
                way=values["way"],
                note=values["note"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, "on")
            return False
        return True

    def _shown(self, member: Member, form: ContactForm, status: int = 200) -> HttpResponse:
        return self.render(
            title=f"记录联系 · {member.name}",
            crumbs=crumbs_to("特殊情形", reverse("members-states"), "记录联系"),
            member=member,
            form=form,
            status=status,
        )


def kind_of(text: str) -> StateKind:
    """The state that an address names; suspension is not begun or ended here."""
    if text not in set(StateKind) or STATES[StateKind(text)].entry is None:
        raise states.StateNotValid(problem=f"「{text}」不是可以在这里登记的情形。")
    return StateKind(text)
