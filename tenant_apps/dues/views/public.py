"""Without sign-in: the channel's callbacks, and whether a receipt is genuine."""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from kernel import clock
from kernel.errors import Invalid
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.web.views import Page
from shared_apps.payments.services.callbacks import CallbackRefused
from tenant_apps.dues.forms import VerifyForm
from tenant_apps.dues.services import collection, receipts

log = logging.getLogger(__name__)
BODY_LIMIT: Final = 64 * 1024


class NotificationTooLarge(Invalid):
    code = "notification_too_large"
    sentence = "通知内容过大。"


@method_decorator(csrf_exempt, name="dispatch")
class ChannelNotification(Page):
    """`/pay/n/<channel>/<uid>`: acknowledged once the fact is stored durably, in the channel's own
    way, so that it is never lost; anything else makes the channel send it again.  For where no
    proxy leads to the door of callbacks (``config intake``); either way the booker books it.
    """

    permission = PUBLIC

    def post(self, request: HttpRequest, channel: str, config_uid: UUID) -> HttpResponse:
        if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT:
            return _refused(NotificationTooLarge())
        try:
            kept = collection.receive_notification(
                channel=channel,
                config_uid=config_uid,
                headers=request.headers.items(),
                body=request.body,
                now=clock.now(),
            )
        except CallbackRefused as refused:
            log.warning("callback of %s refused: %s", channel, refused.reason)
            return _refused(refused)
        return HttpResponse(kept.body, status=kept.status, content_type=kept.content_type or None)


def _refused(error: Invalid) -> HttpResponse:
    """What the channel is told; a forger learns no reason."""
    body = {"code": "FAIL", "message": error.message}
    return JsonResponse(body, status=status_of(error))


class VerifyReceipt(Page):
    """`/receipts/verify/`: says genuine or not, and shows no more than a masked name."""

    permission = PUBLIC
    template_name = "dues/verify.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(form=VerifyForm(initial=request.GET.dict()), title="收据查验")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = VerifyForm(request.POST)
        if not form.is_valid():
            return self.render(form=form, title="收据查验", status=422)
        found = receipts.check(actor=self.actor, **form.cleaned_data)
        return self.render(form=form, found=found, is_asked=True, title="收据查验")
