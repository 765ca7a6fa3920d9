"""Paying for somebody who shows a code: the receipt is theirs, both see it, nobody else pays."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Bill, Receipt
from tenant_apps.dues.selectors import on_behalf
from tenant_apps.dues.selectors.on_behalf import CodeExpired
from tenant_apps.dues.services import collection
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import as_member, make_member, make_owing_member


@pytest.fixture
def dan(config):
    return make_member(name="丹丹")


@pytest.fixture
def pay_for(channel, wall):
    """``payer`` starts an order for somebody's months."""

    def act(member, payer, *months, consent=None):
        return collection.start_payment(
            member_id=member.pk,
            months=[Month(month) for month in months],
            consent=consent,
            actor=as_member(payer),
            now=wall(),
        )

    return act


def consent_of(member, wall):
    return on_behalf.consent_in(on_behalf.code_of(member.pk, now=wall()), now=wall())


def test_the_receipt_is_in_the_name_of_whose_dues_they_are(
    cleo, dan, pay_for, pay, notify, wall, books
):
    order = pay_for(cleo, dan, 202609, 202610, consent=consent_of(cleo, wall))
    assert order.payer_member_id == dan.pk
    notify(pay(order))
    receipt = Receipt.objects.get()
    assert (receipt.member_id, receipt.months) == (cleo.pk, [202609, 202610])
    assert on_behalf.payer_of(receipt) == "丹丹"
    assert on_behalf.receipts_paid_for_others(dan.pk) == [receipt]
    assert on_behalf.receipts_paid_for_others(cleo.pk) == []
    started = next(e for e in audit.events_about(order.pk) if e.code == "payment.started")
    assert started.data["is_for_another"] is True
    books()


def test_nobody_pays_without_the_code_or_with_anothers(cleo, dan, pay_for, wall):
    with pytest.raises(Forbidden):
        pay_for(cleo, dan, 202609)
    eva = make_owing_member(202611, name="伊娃")
    with pytest.raises(Forbidden):
        pay_for(cleo, dan, 202609, consent=consent_of(eva, wall))


def test_a_code_is_of_its_unit_and_short_lived(cleo, beta, wall):
    code = on_behalf.code_of(cleo.pk, now=wall())
    consent = on_behalf.consent_in(code, now=wall() + dt.timedelta(minutes=14))
    assert (consent.member_id, consent.name_masked) == (cleo.pk, "克*")
    for wrong, at in (
        (code, wall() + dt.timedelta(minutes=16)),
        (code[:-1] + ("A" if code[-1] != "A" else "B"), wall()),
        ("1", wall()),
    ):
        with pytest.raises(CodeExpired):
            on_behalf.consent_in(wrong, now=at)
    with unit_context(beta.id), pytest.raises(CodeExpired):
        on_behalf.consent_in(code, now=wall())


def test_the_member_pays_after_all_and_the_others_order_is_closed(
    cleo, dan, pay_for, start, wall, books
):
    theirs = pay_for(cleo, dan, 202609, consent=consent_of(cleo, wall))
    mine = start(cleo, 202609)
    theirs.refresh_from_db()
    assert (theirs.state, mine.state) == ("closed", "awaiting")
    books()


def test_on_two_phones(alpha, cleo, dan, channel, core):
    """Cleo shows her code; Dan sees her months, pays, and both find the receipt."""
    hers = cast.member(FacingClient(), alpha, cleo.pk)
    his = cast.member(FacingClient(), alpha, dan.pk)
    shown = hers.get("/m/dues/for/").content.decode()
    assert "387.00" in shown
    address = shown.partition('value="http://')[2].partition('"')[0]
    address = address[address.index("/m/") :]
    assert hers.get(address).status_code == 302
    page = his.get(address).content.decode()
    assert "替 克* 代交" in page
    assert "克莱" not in page
    code = hers.get("/api/v1/my/pay-for/").json()["code"]
    told = his.get(f"/api/v1/my/pay-for/{code}/").json()
    assert told == {
        "name_masked": "克*", "months": ["2026-09", "2026-10", "2026-11"], "amount_fen": 38_700,
    }  # fmt: skip
    sent = his.post(address, {"month": [202609], "way": "wechat"})
    order = sent["Location"].split("/")[-3]
    assert sent["Location"].endswith("/open/")
    assert hers.get(f"/m/dues/orders/{order}/").status_code == 200
    eva = cast.member(FacingClient(), alpha, make_member(name="伊娃").pk)
    assert eva.get(f"/m/dues/orders/{order}/").status_code == 404
    assert his.get("/m/dues/for/1/").status_code == 404
    assert Bill.objects.filter(state="PAID").count() == 0
