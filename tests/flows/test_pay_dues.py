"""A member pays from the phone and finds receipt and card again; the treasurer sees it.

Over HTTP on all four hosts; the channel is the simulator behind `responses`.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import responses

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.unit import shared_context
from shared_apps.payments.services import accounts
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.services import booking, collection
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_member, make_standard
from tests.shared_apps.payments.conftest import (  # noqa: F401 - fixtures of the simulator
    account,
    channel,
    core,
    mailbag,
    store,
    wall,
)

THIS_MONTH = Month.of(clock.today())


@pytest.fixture
def shop(alpha, account, wall):  # noqa: F811
    with shared_context():
        return accounts.configure(
            unit_id=alpha.id, account=account, actor=Actor.system("tests"), now=wall()
        )


@pytest.fixture
def ben(alpha):
    return cast.officer(FacingClient(), alpha, role="treasurer", name="本")


@pytest.fixture
def cleo(alpha):
    """Cleo on the members' common host."""
    member = make_member()
    make_standard(member, year=THIS_MONTH.year)
    return cast.member(FacingClient(), alpha, member.id, host="m.test")


def order_in(address):
    return re.search(r"/orders/([0-9a-f-]{36})/", address)[1]


def tap_pay(core, location):  # noqa: F811
    """The payer taps 支付 at the channel."""
    prepay_id = re.search(r"/cashier/(wx[0-9A-Za-z]+)", location)[1]
    return core.pay(prepay_id)


def hand_in(message, shop):
    answer = FacingClient(SERVER_NAME="pay.test").generic(
        "POST",
        f"/pay/n/wechat/{shop.uid}",
        message.body,
        content_type="application/json",
        headers=dict(message.headers.items()),
    )
    collection.book_received(now=clock.now())
    return answer


def test_from_issue_to_receipt(shop, ben, cleo, core, channel: responses.RequestsMock):  # noqa: F811
    assert ben.post(f"/dues/{THIS_MONTH}/issue/").status_code == 302
    assert "129.00" in cleo.get("/m/").content.decode()
    due = cleo.get("/m/dues/").content.decode()
    assert "8,600.00" in due
    assert "1.5%" in due

    started = cleo.post("/m/dues/pay/", {"month": [str(THIS_MONTH.value)]})
    cashier = cleo.get(started["Location"])["Refresh"]
    paid = tap_pay(core, cashier)
    result = f"/m/dues/orders/{order_in(started['Location'])}/"
    assert "正在确认" in cleo.get(result).content.decode()

    message = core.callbacks.message(paid, "EV-1")
    assert hand_in(message, shop).status_code == 204
    assert hand_in(message, shop).status_code == 204

    done = cleo.get(result).content.decode()
    receipt = Receipt.objects.get()
    assert "交纳成功" in done
    assert receipt.serial in done
    assert receipt.serial in cleo.get("/m/receipts/").content.decode()
    assert cleo.get(f"/m/cards/{receipt.card_id}/").status_code == 200
    assert "已交清" in cleo.get("/m/dues/").content.decode()

    desk = ben.get(f"/dues/{THIS_MONTH}/", {"state": "PAID"}).content.decode()
    assert receipt.serial in desk
    assert "100" in ben.get("/dues/").content.decode()
    assert "壹佰贰拾玖元整" in ben.get(f"/dues/receipts/{receipt.id}/").content.decode()
    assert "账目相符" in ben.get("/dues/checks/").content.decode()
    assert ben.post(f"/dues/{THIS_MONTH}/withdraw/").status_code == 409

    genuine = FacingClient(SERVER_NAME="alpha.test").post(
        "/receipts/verify/", {"serial": receipt.serial, "code": receipt.verify_code}
    )
    assert "收据属实" in genuine.content.decode()


def test_a_payment_finished_while_the_page_was_closed_ends_with_a_receipt(
    shop,
    ben,
    cleo,
    core,  # noqa: F811
    channel,  # noqa: F811
):
    """No callback arrives and the member never comes back to the result page."""
    ben.post(f"/dues/{THIS_MONTH}/issue/")
    started = cleo.post("/m/dues/pay/", {"month": [str(THIS_MONTH.value)]})
    tap_pay(core, cleo.get(started["Location"])["Refresh"])
    assert not Receipt.objects.exists()
    booking.ask_channel(now=clock.now() + dt.timedelta(seconds=31))
    receipt = Receipt.objects.get()
    assert receipt.serial in cleo.get("/m/receipts/").content.decode()
