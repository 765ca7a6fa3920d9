"""A member pays through the bank's gateway, whose page opens beside ours and leads nowhere back."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.unit import shared_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import Channel
from shared_apps.payments.services import accounts
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.services import collection
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import as_member
from tests.shared_apps.payments.bank import bring
from tests.shared_apps.payments.bank_fixtures import (  # noqa: F401 - fixtures
    bank,
    bank_account,
    bank_keys,
)
from tests.tenant_apps.dues.test_pages import phone


@pytest.fixture
def bank_config(alpha, config, bank, bank_account, wall):  # noqa: F811
    with shared_context():
        return accounts.configure(
            unit_id=alpha.id,
            channel=Channel.BANK,
            account=bank_account,
            actor=Actor.system("tests"),
            now=wall(),
        )


def test_the_form_opens_the_banks_page_and_its_notice_books_the_money(
    alpha, cleo, bank_config, channel, pay, core, mailbag
):
    client = cast.member(FacingClient(), alpha, cleo.id)
    begun = client.post(phone("pay"), {"month": ["202609"], "way": "bank"})
    opening = client.get(begun["Location"])
    page = opening.content.decode()
    assert "Refresh" not in opening
    order = payments.orders_of_member(cleo.id).get()
    form = collection.cashier_form(order=order)
    assert f'action="{form.address}" target="_blank"' in page
    assert len(re.findall('type="hidden"', page)) >= len(form.fields)
    bring(core, order.pay_url)
    pay(order)
    core.callbacks.deliver_due()
    _, headers, body = mailbag.received[-1]
    answer = FacingClient(SERVER_NAME="pay.test").generic(
        "POST", f"/pay/n/bank/{bank_config.uid}", body, content_type=headers["Content-Type"]
    )
    assert (answer.status_code, answer.content) == (200, b"success")
    collection.book_received(now=clock.now())
    assert "手机银行" in client.get(phone("order", order.pk)).content.decode()
    assert Receipt.objects.get().channel == "bank"
    assert client.get(phone("open", order.pk))["Location"] == phone("order", order.pk)


def test_the_api_says_that_it_is_a_form(alpha, cleo, bank_config, channel):
    client = cast.member(FacingClient(), alpha, cleo.id)
    given = {"months": ["2026-09"], "channel": "bank", "return_url": "http://alpha.test/m/dues/"}
    answer = client.post("/api/v1/my/payments/", given, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["cashier_method"] == "POST"
    assert "B2CMobileRecvOrder.do?" in answer.json()["cashier_url"]


def test_it_holds_its_months_until_its_time_is_over(cleo, bank_config, channel, wall):
    actor = as_member(cleo)

    def begin(way: Channel, now: dt.datetime):
        months = [Month(202609)]
        return collection.start_payment(
            member_id=cleo.id, months=months, actor=actor, now=now, channel=way
        )

    order = begin(Channel.BANK, wall())
    with pytest.raises(collection.PaymentUnclear):
        begin(Channel.WECHAT, wall())
    with pytest.raises(collection.StillPayable, match="手机银行的付款页面"):
        collection.give_up(order=order, actor=actor, now=wall())
    wall.pass_by(21 * 60)
    assert begin(Channel.WECHAT, wall()).config.channel == "wechat"
    assert not payments.order_by_id(order.pk).is_open
