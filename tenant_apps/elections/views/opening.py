"""Opening a case for an organisation: re-election, by-election, extension."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms, selectors
from tenant_apps.elections.models import CaseKind, Election
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors.terms import latest_extension
from tenant_apps.elections.services import opening, reminding

_FIELDS = {
    "election_document_needed": "document",
    "election_reason_needed": "note",
    "election_day_does_not_fit": "happened_on",
    "election_extension_too_long": "until",
    "election_file_refused": "scans",
}


class OpeningPage(Page, abstract=True):
    """A form by which a case is opened."""

    permission = ElectionPermission.PREPARE
    template_name = "elections/open.html"
    heading: ClassVar[str]
    submit: ClassVar[str]

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = self._org(org_id)
        return self._shown(org, self.form(org))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = self._org(org_id)
        form = self.form(org, request.POST, request.FILES)
        if not form.is_valid():
            return self._shown(org, form, status=422)
        try:
            made = self.do(org, form)
        except DomainError as error:
            self.form_error(form, error, _FIELDS.get(error.code))
            return self._shown(org, form, status=422)
        toast(request, f"已启动{made.get_kind_display()}")
        return HttpResponseRedirect(reverse("elections:election", args=[made.pk]))

    def _org(self, org_id: UUID) -> Any:
        return selectors.organization_for(self.actor, org_id, to=self.permission)

    def _shown(self, org: Any, form: Any, status: int = 200) -> HttpResponse:
        name = org.short_name or org.name
        return self.render(
            title=f"{self.heading} · {name}",
            heading=self.heading,
            crumbs=[
                {"label": "换届与任职", "url": reverse("elections:elections")},
                {"label": name, "url": reverse("elections:organization", args=[org.pk])},
                {"label": self.heading},
            ],
            org=org,
            form=form,
            superior=selectors.superior_of(org),
            submit=self.submit,
            status=status,
        )

    @abstractmethod
    def form(self, org: Any, data: Any = None, sent: Any = None) -> Any:
        """The form, empty or with what was sent."""

    @abstractmethod
    def do(self, org: Any, form: Any) -> Election:
        """The one call of the domain."""


class Start(OpeningPage):
    """``/elections/organizations/<id>/start/``; the committee above may remind by it."""

    heading = "启动换届或增补"
    submit = "启动"

    def form(self, org: Any, data: Any = None, sent: Any = None) -> Any:
        asked = self.request.GET.get("kind", "")
        kind = asked if asked in CaseKind.values else CaseKind.REELECTION
        initial = {"happened_on": clock.today(), "kind": kind}
        form = forms.StartForm(data, sent, initial=initial)
        if not can(self.actor, ElectionPermission.DECIDE, selectors.superior_of(org)):
            del form.fields["is_reminder"]
        return form

    def do(self, org: Any, form: Any) -> Election:
        return opening.start(
            org=org,
            kind=CaseKind(form.cleaned_data["kind"]),
            paper=form.paper(),
            is_reminder=form.cleaned_data.get("is_reminder", False),
            actor=self.actor,
            now=clock.now(),
        )


class Extend(OpeningPage):
    """``/elections/organizations/<id>/extend/``: asks for a longer term."""

    heading = "申请延期换届"
    submit = "呈报上级"

    def form(self, org: Any, data: Any = None, sent: Any = None) -> Any:
        initial = {"happened_on": clock.today()}
        if org.term_ends_on:
            initial["until"] = latest_extension(opening.original_end(org))
        return forms.ExtendForm(data, sent, initial=initial)

    def do(self, org: Any, form: Any) -> Election:
        return opening.ask_extension(
            org=org,
            until=form.cleaned_data["until"],
            paper=form.paper(),
            actor=self.actor,
            now=clock.now(),
        )


class Urge(Page):
    """``/elections/organizations/<id>/urge/``: 催办, from the committee above."""

    permission = ElectionPermission.DECIDE

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = selectors.organization_for(self.actor, org_id, to=self.permission)
        try:
            made = reminding.urge(org=org, actor=self.actor, now=clock.now())
        except DomainError as error:
            toast(request, error.message, level="warning")
        else:
            name = org.short_name or org.name
            toast(request, f"已向「{name}」发送催办短信 {len(made.people)} 条")
        return HttpResponseRedirect(reverse("elections:organization", args=[org.pk]))
