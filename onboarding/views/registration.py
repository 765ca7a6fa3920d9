"""Registering a unit: the form, the address checked while typing, drafts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding.forms import RegistrationForm
from onboarding.permissions import OnboardingPermission
from onboarding.services import credit_codes, labels, registration
from onboarding.views import presenting
from tenants.regions import UnknownRegion
from tenants.services import units

_FIELDS: dict[type[DomainError], str] = {
    credit_codes.CreditCodeMalformed: "credit_code",
    credit_codes.CreditCodeCheckDigit: "credit_code",
    UnknownRegion: "county",
    units.LabelMalformed: "label",
    units.LabelTaken: "label",
    units.LabelReserved: "label",
    registration.UnitNameMissing: "name",
    registration.PhoneInvalid: "contact_phone",
    registration.AgreementPeriod: "agreement_ends_on",
}


class RegisterUnit(Page):
    """The form of a new unit; a draft is opened by ``?draft=``."""

    permission = OnboardingPermission.UNIT_REGISTER
    template_name = "onboarding/register.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        draft_id = _uuid(request.GET.get("draft"))
        if draft_id is None:
            return self._page(RegistrationForm())
        draft = registration.draft_for(self.actor, draft_id)
        return self._page(RegistrationForm(initial=registration.content_of(draft)), draft=draft)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegistrationForm(request.POST)
        draft_id = _uuid(request.POST.get("draft"))
        if not form.is_valid():
            return self._page(form, draft_id=draft_id, status=422)
        try:
            made = registration.register(
                registration=form.registration(), actor=self.actor, now=clock.now()
            )
        except registration.AlreadyRegistered as clash:
            form.add_error("credit_code", clash.message)
            held_url = f"/units/{clash.data['unit_id']}/"
            return self._page(form, draft_id=draft_id, held_url=held_url, status=409)
        except DomainError as refused:
            form.add_error(_FIELDS.get(type(refused)), refused.message)
            return self._page(form, draft_id=draft_id, status=422)
        if draft_id is not None:
            registration.discard_draft(draft_id=draft_id, actor=self.actor)
        toast(request, f"已登记「{made.unit.name}」，请上传名册")
        return HttpResponseRedirect(f"/units/{made.unit_id}/rosters/new/")

    def _page(self, form: RegistrationForm, *, status: int = 200, **context: Any) -> HttpResponse:
        draft = context.pop("draft", None)
        return self.render(
            title="登记新单位",
            crumbs=[{"label": "单位开通", "url": "/"}, {"label": "登记新单位", "url": ""}],
            form=form,
            draft_id=draft.id if draft else context.pop("draft_id", None),
            saved_at=draft.saved_at if draft else None,
            domain=labels.host_of(""),
            status=status,
            **presenting.steps(1),
            **context,
        )


class LabelCheck(Page):
    """While typing: proposes an address for a name, or says whether an address is free."""

    permission = OnboardingPermission.UNIT_REGISTER
    template_name = "onboarding/parts/label_state.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        label, name = request.GET.get("label", ""), request.GET.get("name", "").strip()
        if not label and name:
            label = labels.proposed(name)
            return self.render(label=label, is_free=True, is_proposed=True)
        try:
            checked = units.checked_label(label)
        except units.LabelMalformed as wrong:
            return self.render(label=label, problem=wrong.message if label else "")
        return self.render(label=checked, is_free=labels.is_free(checked))


class CreditCodeCheck(Page):
    """While typing: whether the check character is right, and whether the unit is known."""

    permission = OnboardingPermission.UNIT_REGISTER
    template_name = "onboarding/parts/code_state.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        given = request.GET.get("credit_code", "")
        if not given.strip():
            return self.render()
        try:
            code = credit_codes.checked(given)
        except DomainError as wrong:
            return self.render(problem=wrong.message)
        return self.render(code=code, held=registration.registered_as(code))


class SaveDraft(Page):
    """Keeps the form by itself while it is filled in."""

    permission = OnboardingPermission.UNIT_REGISTER
    template_name = "onboarding/parts/draft_state.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        names = RegistrationForm.base_fields
        content = {name: request.POST.get(name, "")[:120] for name in names}
        if not any(content.values()):
            return self.render()
        draft = registration.save_draft(
            content=content,
            draft_id=_uuid(request.POST.get("draft")),
            actor=self.actor,
            now=clock.now(),
        )
        return self.render(draft=draft)


class DiscardDraft(Page):
    permission = OnboardingPermission.UNIT_REGISTER

    def post(self, request: HttpRequest, draft_id: UUID) -> HttpResponse:
        registration.discard_draft(draft_id=draft_id, actor=self.actor)
        toast(request, "草稿已删除")
        return HttpResponseRedirect("/")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
