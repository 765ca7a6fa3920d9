"""Giving up a draft: a page that says what goes, and the unit's name typed out."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding import selectors
from onboarding.forms import ClosingForm, typed_into
from onboarding.models import Opening
from onboarding.permissions import OnboardingPermission
from onboarding.services import abandoning
from onboarding.views import presenting
from tenants.models import UnitState


class AbandonUnit(Page):
    """``/units/<id>/abandon/``: asks once more, and does it."""

    permission = OnboardingPermission.UNIT_ABANDON
    template_name = "onboarding/abandon.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        return self._page(selectors.opening_for(self.actor, unit_id, to=self.permission))

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        form = ClosingForm(request.POST)
        try:
            abandoning.abandon(
                unit_id=unit_id, actor=self.actor, now=clock.now(), **typed_into(form)
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(opening, form=form, status=status_of(error))
        toast(request, f"已放弃开通「{opening.unit.name}」，信用代码可以重新登记")
        return HttpResponseRedirect("/")

    def _page(
        self, opening: Opening, *, form: ClosingForm | None = None, status: int = 200
    ) -> HttpResponse:
        unit = opening.unit
        return self.render(
            status=status,
            title="放弃开通",
            crumbs=[
                {"label": "单位开通", "url": "/"},
                {"label": unit.name, "url": f"/units/{unit.pk}/"},
                {"label": "放弃开通", "url": ""},
            ],
            unit=unit,
            mark=presenting.UNIT_STATES[unit.state],
            form=form,
            is_draft=unit.state == UnitState.DRAFT,
            rosters=selectors.rosters_of(unit.pk).count(),
            address=unit.label,
        )
