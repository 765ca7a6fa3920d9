"""The letter as a sheet of three parts, and the page on which anybody checks one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.permissions import PUBLIC
from kernel.web.views import Page
from shared_apps.rules.selectors import codes
from tenant_apps.transfers.forms import CheckForm
from tenant_apps.transfers.models import Side
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import places
from tenant_apps.transfers.selectors.checking import Worth, worth_of
from tenant_apps.transfers.selectors.lists import TransferNotFound, handover_for
from tenant_apps.transfers.services import letters
from tenant_apps.transfers.views import presenting

_WORTH = {
    Worth.VALID: ("ok", "circle-check", "介绍信有效"),
    Worth.EXPIRED: ("late", "hourglass", "介绍信已过有效期"),
    Worth.USED: ("info", "circle-check", "介绍信已使用"),
    Worth.VOID: ("late", "circle-x", "介绍信已作废"),
}


class PrintLetter(Page):
    """``/transfers/<id>/letter/``: stub, letter and return slip (rulebook 3.1 item 5)."""

    permission = TransferPermission.BROWSE
    is_paper = True
    template_name = "transfers/letter.html"

    def get(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        handover = handover_for(self.actor, handover_id, to=TransferPermission.BROWSE)
        if handover.side != Side.OUT or not handover.code:
            raise TransferNotFound
        branch = places.organization(handover.org_id)
        worth = worth_of(handover, today=clock.today())
        check = request.build_absolute_uri(reverse("transfers:check"))
        return self.render(
            title=f"组织关系介绍信{handover.letter}",
            back_url=reverse("transfers:one", args=[handover.pk]),
            handover=handover,
            branch=branch,
            committee=places.committee_of(branch),
            category={"FULL": "正式", "PROBATIONARY": "预备"}.get(handover.category, ""),
            reason=codes.table("transfer_reason").label_of(handover.reason),
            paid_to=presenting.month_label(handover.paid_to),
            check_url=f"{check}?code={handover.code}",
            void=_WORTH[worth][2] if worth is not Worth.VALID else "",
        )


class PrintSlip(Page):
    """``/transfers/<id>/slip/``: the return slip for a letter that was taken in here."""

    permission = TransferPermission.BROWSE
    is_paper = True
    template_name = "transfers/slip.html"

    def get(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        handover = handover_for(self.actor, handover_id, to=TransferPermission.BROWSE)
        if handover.side != Side.IN or handover.member_id is None:
            raise TransferNotFound
        branch = places.organization(handover.org_id)
        return self.render(
            title="组织关系介绍信回执",
            back_url=reverse("transfers:one", args=[handover.pk]),
            handover=handover,
            branch=branch,
            committee=places.committee_of(branch),
        )


class CheckLetter(Page):
    """``/transfers/check/``: valid, used, void or expired; of the name no more than the surname."""

    permission = PUBLIC
    template_name = "transfers/check.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The QR code of a letter leads here with its code."""
        if "code" in request.GET:
            return self._checked(CheckForm(request.GET))
        return self.render(title="介绍信查验", form=CheckForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._checked(CheckForm(request.POST))

    def _checked(self, form: CheckForm) -> HttpResponse:
        if not form.is_valid():
            return self.render(title="介绍信查验", form=form, status=422)
        found = letters.check(code=form.cleaned_data["code"], actor=self.actor, today=clock.today())
        tone, icon, said = _WORTH[found.worth] if found else ("late", "alert-circle", "")
        return self.render(
            title="介绍信查验", form=form, found=found, is_asked=True, tone=tone, icon_name=icon,
            said=said,
        )  # fmt: skip
