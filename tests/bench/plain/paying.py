"""The callback of a payment channel as one would write it with Django's ORM, in a plain Django.

The same rows under the same locks, one request at a time in one transaction: event, order, bill,
ledger, receipt, audit and report.  It runs as a WSGI application with the middleware that a new
project has, less sessions and sign-in.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

application = get_wsgi_application()

from kernel import clock  # noqa: E402 - after Django is set up
from kernel.actor import Actor  # noqa: E402
from kernel.unit import Purpose, current_unit, shared_context, unit_context  # noqa: E402
from shared_apps.library.models import Card  # noqa: E402
from shared_apps.payments.channels.base import Notification  # noqa: E402
from shared_apps.payments.models import (  # noqa: E402
    ChannelConfig,
    ChannelEvent,
    EventOutcome,
    EventSource,
    Order,
    OrderState,
)
from shared_apps.payments.services import accounts  # noqa: E402
from shared_apps.usage.services import outbox  # noqa: E402
from tenant_apps.audit.services import record  # noqa: E402
from tenant_apps.dues.models import (  # noqa: E402
    Bill,
    BillState,
    Receipt,
    ReceiptCounter,
    Transfer,
)

CHANNEL = Actor.system("channel")


@csrf_exempt
def notification(request: HttpRequest, channel: str, config_uid: UUID) -> HttpResponse:
    now = clock.now()
    with shared_context():
        config = ChannelConfig.objects.get(uid=config_uid, channel=channel)
    said = accounts.reader_for(config).read(
        headers=request.headers.items(), body=request.body, now=now
    )
    if not isinstance(said, Notification):
        return HttpResponse(status=400)
    with unit_context(config.unit_id, for_=Purpose.SETTLING), transaction.atomic():
        order = Order.objects.select_for_update().get(out_trade_no=said.out_trade_no)
        if order.amount_fen != said.amount_fen or order.config_id != config.pk:
            return HttpResponse(status=400)
        event, _ = ChannelEvent.objects.get_or_create(
            channel=channel,
            event_key=f"{said.mchid}:{said.event_id}",
            defaults={
                "unit_id": order.unit_id, "unit_role": order.unit_role, "order": order,
                "source": EventSource.CALLBACK, "transaction_id": said.transaction_id,
                "amount_fen": said.amount_fen, "paid_at": said.success_time,
                "raw_sha256": said.raw_sha256, "received_at": now,
            },
        )  # fmt: skip
        if event.outcome == EventOutcome.PENDING:
            _pay(order, event, config, now)
    return HttpResponse(status=204)


def _pay(order: Order, event: ChannelEvent, config: ChannelConfig, now: dt.datetime) -> None:
    order.state, order.ask_at = OrderState.PAID, None
    order.transaction_id, order.paid_at, order.settled_at = (
        event.transaction_id, event.paid_at, now,
    )  # fmt: skip
    order.save()
    paid = []
    for item in order.items.all():
        bill = Bill.objects.select_for_update().get(pk=item.bill_id)
        bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, event.paid_at
        bill.order_id = order.pk
        bill.save()
        Transfer.objects.create(
            debit=f"1011:{config.channel}:{config.mchid}", credit="4001", amount_fen=bill.paid_fen,
            effect=f"bill:{bill.id}", order_id=order.pk, bill=bill, org_path=bill.org_path,
            at=event.paid_at, memo="党费",
        )  # fmt: skip
        outbox.emit(
            unit=current_unit(), kind="payments", now=now, month=bill.month, count=1,
            paid_fen=bill.paid_fen,
        )  # fmt: skip
        paid.append(bill)
    receipt = _receipt(order, paid, config, now)
    for code, subject in (("receipt.issued", receipt.pk), ("payment.settled", order.pk)):
        record(
            code, actor=CHANNEL, now=now, subject_type="order", subject_id=subject,
            amount_fen=order.amount_fen, serial=receipt.serial, months=receipt.months,
        )  # fmt: skip
    event.outcome, event.applied_at = EventOutcome.APPLIED, now
    event.save()


def _receipt(order: Order, paid: list[Bill], config: ChannelConfig, now: dt.datetime) -> Receipt:
    ReceiptCounter.objects.get_or_create(year=now.year)
    counter = ReceiptCounter.objects.select_for_update().get(year=now.year)
    counter.last += 1
    counter.save()
    card = Card.objects.order_by("number")[counter.last % Card.objects.count()]
    made: Receipt = Receipt.objects.create(
        serial=f"{now.year}-{current_unit().label.upper()}-{counter.last:06d}",
        member_id=paid[0].member_id, order_id=order.pk, months=[bill.month for bill in paid],
        amount_fen=order.amount_fen, org_id=paid[0].org_id, channel=config.channel,
        verify_code="0" * 12, card_id=card.pk, issued_at=now,
    )  # fmt: skip
    return made


urlpatterns = [
    path("pay/n/<slug:channel>/<uuid:config_uid>", notification),
    path("livez", lambda request: HttpResponse(status=204)),
]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
application = get_wsgi_application()
