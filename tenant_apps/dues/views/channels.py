"""收款渠道: through which channels the unit takes dues, and its account at each."""

from __future__ import annotations

from typing import cast

from django.apps import apps
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.unit import current_unit
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.permissions import PaymentPermission
from shared_apps.payments.selectors import Channel
from shared_apps.payments.services.accounts import ChannelMaterialUnusable
from tenant_apps.dues.forms import AccountForm
from tenant_apps.dues.selectors.channels import ways_of
from tenant_apps.dues.services import channels

_TITLE = "收款渠道"


class Channels(Page):
    """``/dues/channels/``"""

    permission = PaymentPermission.CHANNEL_CONFIGURE
    template_name = "dues/channels.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        ways = ways_of(current_unit().id)
        return self.render(
            title=_TITLE,
            crumbs=[{"label": "收缴台账", "url": reverse("dues:overview")}, {"label": _TITLE}],
            ways=ways,
            is_any_on=any(way.is_on for way in ways),
            is_simulated=cast("PaymentsConfig", apps.get_app_config("payments")).is_simulated,
        )


class ChannelAccount(Page):
    """``/dues/channels/<channel>/``: enter the account, or another in its place."""

    permission = PaymentPermission.CHANNEL_CONFIGURE
    template_name = "dues/channel.html"

    def get(self, request: HttpRequest, channel: str) -> HttpResponse:
        return self._shown(Channel(channel), AccountForm(channel=Channel(channel)))

    def post(self, request: HttpRequest, channel: str) -> HttpResponse:
        form = AccountForm(request.POST, channel=Channel(channel))
        if not form.is_valid():
            return self._shown(Channel(channel), form, status=422)
        try:
            channels.set_up(
                channel=Channel(channel),
                parts=form.cleaned_data,
                actor=self.actor,
                now=clock.now(),
            )
        except ChannelMaterialUnusable as unusable:
            part = str(unusable.data["part"])
            form.add_error(
                part if part in form.fields else None, "渠道参数不正确，请核对后重新填写。"
            )
            return self._shown(Channel(channel), form, status=422)
        toast(request, f"{Channel(channel).label}已开通，党员可以用它交纳党费")
        return HttpResponseRedirect(reverse("dues:channels"))

    def _shown(self, channel: Channel, form: AccountForm, status: int = 200) -> HttpResponse:
        way = next(way for way in ways_of(current_unit().id) if way.channel == channel)
        return self.render(
            title=f"更换{channel.label}参数" if way.is_on else f"开通{channel.label}",
            crumbs=[
                {"label": _TITLE, "url": reverse("dues:channels")},
                {"label": channel.label},
            ],
            form=form,
            way=way,
            status=status,
        )
