"""Special dues: on the phone a call and a sum of one's own choice, at the desk what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import day_of
from kernel.errors import DomainError
from kernel.money import yuan
from kernel.sheets.writing import Heading
from kernel.statuses import status_of
from kernel.unit import current_unit
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules.selectors import campaigns as calls
from tenant_apps.dues.forms.voluntary import SpecialForm
from tenant_apps.dues.models import ContributionKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import campaigns, contributions
from tenant_apps.dues.selectors.phone import ways_to_pay
from tenant_apps.dues.services import handing_up, voluntary
from tenant_apps.dues.views.contribution_tables import Sheet
from tenant_apps.dues.views.desk import page_of
from tenant_apps.dues.views.phone import PhonePage, ways_shown
from tenant_apps.dues.views.tables import workbook

if TYPE_CHECKING:
    from shared_apps.rules.models import Campaign


class MyCampaign(PhonePage):
    """`/m/dues/campaigns/<number>/`: why, until when, and how much one wishes to give."""

    template_name = "dues/phone/campaign.html"

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        return self.page(calls.campaign(number), SpecialForm(ways=ways))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        call = calls.campaign(number)
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        form = SpecialForm(request.POST, ways=ways)
        if not form.is_valid():
            return self.page(call, form, status=422)
        try:
            order = voluntary.start(
                member_id=self.member_id,
                amount_fen=form.cleaned_data["amount"],
                channel=form.cleaned_data["way"],
                campaign=call,
                is_anonymous=form.cleaned_data["is_anonymous"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.page(call, form, status=status_of(error))
        return HttpResponseRedirect(reverse("m-dues:open", args=[order.pk]))

    def page(self, call: Campaign, form: SpecialForm, *, status: int = 200) -> HttpResponse:
        count, fen = campaigns.total_of_unit(call)
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        return self.render(
            status=status,
            call=call,
            is_open=calls.is_open(call, clock.today()),
            form=form,
            offered=[(yuan(one), one) for one in call.suggested_fen],
            ways=ways_shown(ways),
            mine=campaigns.mine(call, self.member_id),
            count=count,
            fen=fen,
            title="特殊党费",
            back_url=reverse("m-dues:dues"),
        )


class Campaigns(Page):
    """`/dues/campaigns/`: the calls, with what the sub-tree gave."""

    permission = DuesPermission.CONTRIBUTION
    template_name = "dues/campaigns.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            lines=campaigns.campaign_lines(self.actor),
            title="特殊党费",
            as_of=clock.now(),
            crumbs=[{"label": "党费", "url": ""}, {"label": "特殊党费", "url": ""}],
        )


class OneCampaign(Page):
    """`/dues/campaigns/<number>/`: totals, who gave, and the way up."""

    permission = DuesPermission.CONTRIBUTION
    template_name = "dues/campaign.html"

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        call = calls.campaign(number)
        rows = campaigns.given_to(self.actor, call)
        if request.GET.get("export") == "xlsx":
            return workbook("特殊党费名单.xlsx", self.sheet(call))
        places = campaigns.by_place(self.actor, call)
        return self.render(
            call=call,
            is_open=calls.is_open(call, clock.today()),
            places=places,
            count=sum(place.count for place in places),
            fen=sum(place.fen for place in places),
            page_obj=page_of(request, rows),
            may_hand_up=contributions.may_hand_up(self.actor),
            title=call.title,
            as_of=clock.now(),
            crumbs=[
                {"label": "党费", "url": ""},
                {"label": "特殊党费", "url": reverse("dues:campaigns")},
                {"label": call.title, "url": ""},
            ],
        )

    def sheet(self, call: Campaign) -> Sheet:
        headings = (
            Heading("姓名", 12), Heading("所在组织", 32), Heading("交纳日期", 12),
            Heading("金额（元）", 14),
        )  # fmt: skip
        rows = (
            (
                one.giver, one.org.name,
                day_of(one.paid_at) if one.paid_at else None, one.amount_fen / 100,
            )
            for one in campaigns.given_to(self.actor, call).iterator(chunk_size=2_000)
        )  # fmt: skip
        return headings, rows


class HandUpCampaign(Page):
    """`POST /dues/campaigns/<number>/hand-up/`: draws up the list of what waits."""

    permission = DuesPermission.HAND_UP

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        call = calls.campaign(number)
        try:
            made = handing_up.draw_up(
                kind=ContributionKind.SPECIAL,
                campaign_id=call.pk,
                actor=self.actor,
                now=clock.now(),
            )
        except handing_up.NothingToHandUp as refused:
            toast(request, refused.message, level="error")
            return HttpResponseRedirect(reverse("dues:campaign", args=[number]))
        return HttpResponseRedirect(reverse("dues:hand_up", args=[made.pk]))
