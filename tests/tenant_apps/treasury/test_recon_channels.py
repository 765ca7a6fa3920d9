"""Alipay's bills and the bank's files from end to end, as ``test_recon`` follows WeChat's."""
# ruff: noqa: F811 - fixtures of the simulator

from __future__ import annotations

import datetime as dt

import pytest
import requests

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.unit import shared_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import Channel
from shared_apps.payments.services import accounts, orders
from shared_apps.reconciliation.models import Case, Line, Run
from shared_apps.reconciliation.services import arranging
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.models import Bill
from tenant_apps.dues.services import collection
from tenant_apps.treasury.services import recon
from tests.factories.dues import as_member, make_owing_member
from tests.shared_apps.payments.bank import bring
from tests.shared_apps.payments.conftest import (  # noqa: F401 - fixtures of the simulator
    alipay_account,
    bank,
    bank_account,
    bank_keys,
    channel,
    core,
    mailbag,
    store,
    wall,
)

LATER = dt.timedelta(minutes=11)


@pytest.fixture(params=["alipay", "bank"])
def name(request):
    return request.param


@pytest.fixture
def lost(name, request, alpha, core, bank, channel, wall):
    """A member paid September; the channel's callback never came."""
    with shared_context():
        accounts.configure(
            unit_id=alpha.id, channel=Channel(name), actor=Actor.system("tests"), now=wall(),
            account=request.getfixturevalue(f"{name}_account"),
        )  # fmt: skip
    cleo = make_owing_member(202609)
    order = collection.start_payment(
        member_id=cleo.id, months=[Month(202609)], actor=as_member(cleo), now=wall(), channel=name
    )
    if name == "bank":
        assert bring(core, order.pay_url)[0] == 303
    else:
        page = orders.pay_page(order=order, return_url="https://m.test/")
        assert requests.get(page, allow_redirects=False, timeout=5).status_code == 302
    core.pay(core.books.orders_numbered(order.out_trade_no)[0].prepay_id)
    core.clock.ahead = dt.timedelta(days=3)
    return order


@pytest.fixture
def go(lost, wall):
    def act(*, days=0, after=dt.timedelta()):
        now, day = wall() + after, day_of(wall()) + dt.timedelta(days=days)
        with shared_context():
            arranging.arrange(day=day, now=now)
        recon.advance(now=now)
        return {run.kind: run for run in Run.objects.filter(day=day)}

    return act


def test_money_of_which_nothing_was_heard_is_booked_and_the_account_agrees(lost, go, core, name):
    core.plant("bill", "wrong_total", times=2)
    assert {run.error_code for run in go().values()} == {"bill_total"}
    assert not Line.objects.exists()
    runs = go(after=LATER)
    assert payments.order_by_id(lost.pk).is_paid
    assert Bill.objects.filter(state="PAID").count() == 1
    case = Case.objects.get()
    assert (case.kind, case.state, case.way) == ("theirs_only", "settled", "booked")
    fund = runs["fund"]
    assert (runs["trade"].state, fund.state) == ("closed", "closed")
    assert (fund.balance_fen, fund.books_fen) == (12_900, 12_900)
    paid_out = go(days=1)["fund"]
    assert (paid_out.state, paid_out.balance_fen, paid_out.books_fen) == ("closed", 0, 0)
    assert (dues.balance("1011"), dues.balance("1016")) == (0, 12_900)


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ("extra_line", {"theirs_only"}),
        ("duplicate_line", {"duplicate"}),
        ("one_fen_off", {"amount"}),
        ("missing_line", {"ours_only"}),
        ("fee", {"fee"}),
    ],
)
def test_a_bill_that_lies_is_a_case_of_its_class(lost, go, core, mode, kinds, wall):
    followed = orders.refresh(order=payments.order_by_id(lost.pk), now=wall())
    recon.booking.apply(event_ids=[followed.event_id], now=wall())
    core.plant("bill", mode)
    assert go()["trade"].state == "classified"
    assert {case.kind for case in Case.objects.filter(state="open")} == kinds
