"""Several ways to pay: chosen by the member, one at a time, each with its own word."""

from __future__ import annotations

import datetime as dt

import pytest
import requests

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.unit import shared_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import Channel
from shared_apps.payments.services import accounts
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.services import collection
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import as_member, make_owing_member
from tests.shared_apps.payments.conftest import alipay_account  # noqa: F401 - a fixture
from tests.tenant_apps.dues.test_pages import desk, phone


@pytest.fixture
def alipay(alpha, config, alipay_account, wall):  # noqa: F811
    with shared_context():
        return accounts.configure(
            unit_id=alpha.id,
            channel=Channel.ALIPAY,
            account=alipay_account,
            actor=Actor.system("tests"),
            now=wall(),
        )


@pytest.fixture
def begin(alipay, channel, wall):
    """The member begins to pay September in a way of choice."""

    def act(member, way, actor=None):
        return collection.start_payment(
            member_id=member.id,
            months=[Month(202609)],
            channel=way,
            actor=actor or as_member(member),
            now=wall(),
        )

    return act


def open_page(order):
    address = collection.cashier(order=order, return_url="http://alpha.test/m/dues/")
    return requests.get(address, allow_redirects=False, timeout=5)


class TestAnotherWay:
    def test_the_order_at_the_other_channel_is_closed_first(self, cleo, begin):
        actor = as_member(cleo)
        first = begin(cleo, Channel.WECHAT, actor)
        second = begin(cleo, Channel.ALIPAY, actor)
        assert second.config.channel == "alipay"
        assert not payments.order_by_id(first.pk).is_open
        open_page(second)
        third = begin(cleo, Channel.WECHAT, actor)
        assert not payments.order_by_id(second.pk).is_open
        assert begin(cleo, Channel.WECHAT, actor).pk == third.pk

    def test_one_that_was_paid_meanwhile_is_booked_and_nothing_is_paid_twice(
        self, cleo, begin, pay, books
    ):
        order = begin(cleo, Channel.ALIPAY)
        open_page(order)
        pay(order)
        with pytest.raises(collection.NotDue):
            begin(cleo, Channel.WECHAT)
        receipt = Receipt.objects.get()
        assert (receipt.channel, receipt.order_id) == ("alipay", order.pk)
        books()

    def test_a_page_that_may_still_be_used_holds_the_months(self, cleo, begin, wall):
        """Alipay learns of an order when its payer confirms; until then none can be closed."""
        order = begin(cleo, Channel.ALIPAY)
        with pytest.raises(collection.PaymentUnclear):
            begin(cleo, Channel.WECHAT)
        with pytest.raises(collection.StillPayable, match="支付宝的付款页面"):
            collection.give_up(order=order, actor=as_member(cleo), now=wall())
        over = wall() + dt.timedelta(minutes=21)
        given_up = collection.give_up(order=order, actor=as_member(cleo), now=over)
        assert not given_up.is_open
        assert audit.events_about(order.pk).filter(code="payment.given_up").exists()


class TestOnThePhone:
    def test_the_member_chooses_pays_and_reads_the_way_on_the_receipt(
        self, alpha, cleo, alipay, channel, pay, core, mailbag
    ):
        client = cast.member(FacingClient(), alpha, cleo.id)
        page = client.get(phone("dues")).content.decode()
        assert "微信支付" in page
        assert "支付宝" in page
        without = client.post(phone("pay"), {"month": ["202609"]})
        assert without["Location"] == phone("dues")
        assert not payments.orders_of_member(cleo.id).exists()
        begun = client.post(phone("pay"), {"month": ["202609"], "way": "alipay"})
        opening = client.get(begun["Location"])
        assert "正在打开支付宝" in opening.content.decode()
        requests.get(opening["Refresh"].partition("url=")[2], allow_redirects=False, timeout=5)
        order = payments.orders_of_member(cleo.id).get()
        pay(order)
        core.callbacks.deliver_due()
        _, headers, body = mailbag.received[-1]
        answer = FacingClient(SERVER_NAME="pay.test").generic(
            "POST", f"/pay/n/alipay/{alipay.uid}", body, content_type=headers["Content-Type"]
        )
        assert (answer.status_code, answer.content) == (200, b"success")
        collection.book_received(now=clock.now())
        done = client.get(phone("order", order.pk)).content.decode()
        assert "支付宝" in done
        again = client.get(phone("dues")).content.decode()
        assert again.index("way-alipay") < again.index("way-wechat")

    def test_a_payment_is_given_up_to_choose_another_way(self, alpha, cleo, alipay, begin):
        client = cast.member(FacingClient(), alpha, cleo.id)
        order = begin(cleo, Channel.WECHAT)
        assert "换一种方式" in client.get(phone("order", order.pk)).content.decode()
        answer = client.post(phone("give_up", order.pk))
        assert answer["Location"] == phone("dues")
        assert not payments.order_by_id(order.pk).is_open

    def test_nobody_gives_up_anothers_payment(self, alpha, cleo, alipay, begin):
        order = begin(cleo, Channel.WECHAT)
        dan = cast.member(FacingClient(), alpha, make_owing_member(name="丹").id)
        assert dan.post(phone("give_up", order.pk)).status_code == 404
        assert payments.order_by_id(order.pk).is_open


def bare(pem: str) -> str:
    """The letters of a key without their frame, as Alipay's own tool hands them out."""
    return "\n".join(line for line in pem.splitlines() if "-----" not in line)


class TestDesk:
    @pytest.fixture
    def parts(self, alipay_account):  # noqa: F811
        return {
            "mchid": alipay_account.mchid,
            "appid": alipay_account.appid,
            "merchant_private_key": bare(alipay_account.merchant_private_key),
            "platform_public_key": bare(alipay_account.platform_public_key),
        }

    def test_the_administrator_sets_up_a_channel_and_nobody_else(self, alpha, config, parts):
        for role in ("treasurer", "secretary"):
            other = cast.officer(FacingClient(), alpha, role=role)
            for address in (desk("channels"), desk("channel", "alipay")):
                assert other.get(address).status_code == 403
            assert other.post(desk("channel", "alipay"), parts).status_code == 403
        ada = cast.officer(FacingClient(), alpha)
        page = ada.get(desk("channels")).content.decode()
        assert page.count("未开通") == 2
        assert ada.get(desk("channel", "wechat")).status_code == 200
        answer = ada.post(desk("channel", "alipay"), parts)
        assert answer["Location"] == desk("channels")
        stored = payments.active_config(alpha.pk, Channel.ALIPAY)
        assert (stored.mchid, stored.base_url) == (parts["mchid"], "https://openapi.alipay.com")
        assert "PRIVATE KEY" in accounts.account_of(stored).merchant_private_key
        assert audit.events_about(stored.pk).get().data["channel"] == "alipay"
        assert parts["mchid"] in ada.get(desk("channels")).content.decode()

    def test_what_cannot_be_used_is_named_and_keys_are_not_shown_again(self, alpha, config, parts):
        ada = cast.officer(FacingClient(), alpha)
        for change in ({"platform_public_key": "abc"}, {"appid": "wx12"}, {"mchid": ""}):
            answer = ada.post(desk("channel", "alipay"), parts | change)
            assert answer.status_code == 422
            page = answer.content.decode()
            assert "data-invalid" in page
            assert parts["merchant_private_key"][:40] not in page
        assert [one.channel for one in payments.active_configs(alpha.pk)] == ["wechat"]

    def test_the_api_does_the_same(self, alpha, config, parts):
        ada = cast.officer(FacingClient(), alpha)
        put = ada.put("/api/v1/dues/channels/alipay/", parts, content_type="application/json")
        assert (put.status_code, put.json()["is_on"]) == (200, True)
        listed = ada.get("/api/v1/dues/channels/").json()
        assert [(one["channel"], one["is_on"]) for one in listed] == [
            ("wechat", True),
            ("alipay", True),
            ("bank", False),
        ]
        assert "private" not in str(listed)
        short = {name: parts[name] for name in ("mchid", "appid")}
        refused = ada.put("/api/v1/dues/channels/alipay/", short, content_type="application/json")
        assert refused.status_code in {400, 422}

    def test_beta_sees_nothing_of_alphas_channels(self, beta, config):
        ada = cast.officer(FacingClient(), beta)
        page = ada.get(desk("channels")).content.decode()
        assert page.count("未开通") == 3
        assert config.mchid not in page


def test_the_callback_address_of_no_channel_is_no_address(alipay):
    browser = FacingClient(SERVER_NAME="pay.test")
    assert browser.post(f"/pay/n/paypal/{alipay.uid}", {}).status_code == 404
