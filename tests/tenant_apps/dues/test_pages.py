"""Pages over HTTP: what they show, whom they refuse, what they change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import Bill, Receipt, Standard
from tenant_apps.dues.services import collection
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_member, make_owing_member, make_standard

THIS_MONTH = Month.of(clock.today())
UNIT = "config.urls.unit"


def desk(name, *args):
    return reverse(f"dues:{name}", urlconf=UNIT, args=args)


def phone(name, *args):
    return reverse(f"m-dues:{name}", urlconf=UNIT, args=args)


@pytest.fixture
def ben(alpha):
    return cast.officer(FacingClient(), alpha, role="treasurer", name="本")


@pytest.fixture
def owing(alpha):
    member = make_member()
    make_standard(member, year=THIS_MONTH.year)
    return member


class TestDesk:
    def test_issue_from_preview_to_undo(self, ben, owing):
        make_member(name="无标准")
        page = ben.get(desk("overview")).content.decode()
        assert "生成本月账单" in page
        assert "本年度交纳标准尚未核定" in page
        answer = ben.post(desk("issue", THIS_MONTH))
        assert answer.status_code == 302
        assert Bill.objects.count() == 1
        page = ben.get(desk("overview")).content.decode()
        assert "129.00" in page
        ben.post(desk("withdraw", THIS_MONTH))
        assert not Bill.objects.exists()

    def test_drills_down_the_tree_and_keeps_the_month(self, ben):
        make_owing_member(path="000100010001")
        page = ben.get(desk("overview"), {"month": "2026-11", "org": "00010001"})
        assert "000100010001" in page.content.decode()
        assert ben.get(desk("overview"), {"org": "0009"}).status_code == 404
        assert ben.get(desk("overview"), {"month": "2026-13"}).status_code == 422
        assert ben.get("/dues/2026-13/").status_code == 404

    def test_bills_filter_sort_search_and_export(self, ben, alpha, django_assert_max_num_queries):
        for name in ("王一", "李二", "赵三"):
            make_owing_member(name=name)
        address = desk("bills", Month(202611))
        with django_assert_max_num_queries(14):
            page = ben.get(address, {"state": "UNPAID", "sort": "-due"}).content.decode()
        assert "王一" in page
        assert "李二" in page
        found = ben.get(address, {"q": "李"}).content.decode()
        assert "王一" not in found
        export = ben.get(address, {"export": "xlsx"})
        assert export.content[:2] == b"PK"
        assert "attachment" in export["Content-Disposition"]
        assert "没有符合条件" in ben.get(address, {"q": "无此人"}).content.decode()

    def test_a_standard_is_set_with_a_reason_and_refused_without(self, ben, owing):
        address = desk("standard", owing.id)
        assert "8600.00" in ben.get(address).content.decode()
        form = {"category": "WAGE", "base": "12,000", "month": str(THIS_MONTH), "reason": ""}
        refused = ben.post(address, form)
        assert refused.status_code == 422
        assert "必须写明理由" in refused.content.decode()
        assert ben.post(address, {**form, "base": "一万"}).status_code == 422
        assert ben.post(address, {**form, "reason": "晋级"}).status_code == 302
        assert Standard.objects.get(is_current=True).amount_fen == 24_000

    def test_exempting_and_taking_it_back(self, ben):
        make_owing_member()
        bill = Bill.objects.get()
        address = desk("exempt", bill.id)
        assert "第七条" in ben.get(address).content.decode()
        assert ben.post(address, {"reason": "患病"}).status_code == 422
        ben.post(address, {"reason": "患病", "approved_by": "中共甲市委员会"})
        bill.refresh_from_db()
        assert bill.state == "EXEMPT"
        ben.post(desk("reinstate", bill.id))
        bill.refresh_from_db()
        assert bill.state == "UNPAID"

    def test_standards_missing_receipts_checks_and_rules_open(self, ben, owing):
        make_member(name="无标准")
        assert "129.00" in ben.get(desk("standards")).content.decode()
        assert ben.get(desk("standards"), {"export": "xlsx"}).content[:2] == b"PK"
        assert "无标准" in ben.get(desk("missing", THIS_MONTH)).content.decode()
        assert "还没有收据" in ben.get(desk("receipts")).content.decode()
        assert "账目相符" in ben.get(desk("checks")).content.decode()
        rules = ben.get("/rules/dues/").content.decode()
        assert "5,000 元至 10,000 元（含）" in rules
        assert "中组发〔2008〕3号第二条" in rules

    def test_the_member_list_and_file_show_what_is_owed(self, alpha):
        member = make_owing_member(THIS_MONTH.value, name="王一")
        make_member(name="无标准")
        ada = cast.officer(FacingClient(), alpha)
        listed = ada.get("/members/").content.decode()
        assert f"{THIS_MONTH.number} 月党费" in listed
        assert "本月未交党费" in listed
        unpaid = ada.get("/members/", {"bill": "unpaid"}).content.decode()
        assert "王一" in unpaid
        assert "无标准" not in unpaid
        file = ada.get(f"/members/{member.id}/").content.decode()
        for text in ("129.00", "8,600.00", "第二条", "未交"):
            assert text in file, text

    def test_a_secretary_sees_the_sub_tree_and_cannot_issue(self, alpha):
        make_owing_member(path="00010001", name="近处")
        make_owing_member(path="00010002", name="远处")
        secretary = cast.officer(FacingClient(), alpha, role="secretary", scope="00010001")
        page = secretary.get(desk("bills", Month(202611))).content.decode()
        assert "近处" in page
        assert "远处" not in page
        assert secretary.post(desk("issue", Month(202611))).status_code == 403
        assert secretary.get(desk("checks")).status_code == 403

    def test_a_member_has_no_desk(self, alpha):
        cleo = make_owing_member()
        client = cast.member(FacingClient(), alpha, cleo.id)
        for address in (desk("overview"), desk("standards"), desk("checks")):
            assert client.get(address).status_code == 403


class TestPhone:
    @pytest.mark.parametrize("host", ["alpha.test", "m.test"])
    def test_home_and_dues_say_what_is_due_and_how_it_came_about(self, alpha, config, host):
        cleo = make_owing_member(202609, 202610, 202611)
        client = cast.member(FacingClient(), alpha, cleo.id, host=host)
        assert "387.00" in client.get(phone("home")).content.decode()
        page = client.get(phone("dues")).content.decode()
        for text in ("387.00", "8,600.00", "1.5%", "第二条", "10,000 元后", "微信支付", "逾期"):
            assert text in page, text
        assert "支付宝" not in page
        assert "0.5%" in client.get("/m/rules/dues/").content.decode()

    def test_paying_leads_to_the_cashier_and_ends_with_receipt_and_card(
        self, alpha, cleo, channel, pay, notify
    ):
        client = cast.member(FacingClient(), alpha, cleo.id)
        answer = client.post(phone("pay"), {"month": ["202609", "202610"]})
        opening = client.get(answer["Location"])
        assert "https://pay.channel.test/" in opening["Refresh"]
        order = payments.orders_of_member(cleo.id).get()
        waiting = client.get(phone("order", order.pk)).content.decode()
        assert "正在确认，请勿重复支付" in waiting
        assert "every 2s" in waiting
        assert "正在确认" in client.get(phone("dues")).content.decode()
        notify(pay(order))
        polled = client.get(phone("order", order.pk), headers={"hx-request": "true"})
        assert polled["HX-Redirect"] == phone("order", order.pk)
        done = client.get(phone("order", order.pk)).content.decode()
        receipt = Receipt.objects.get()
        for text in ("交纳成功", receipt.serial, "贰佰伍拾捌元整", "党建小知识"):
            assert text in done, text
        for name, args in (("receipts", ()), ("receipt", (receipt.id,)), ("cards", ())):
            assert client.get(phone(name, *args)).status_code == 200
        assert client.get(phone("card", receipt.card_id)).status_code == 200

    def test_polling_ends(self, alpha, cleo, start, channel):
        order = start(cleo, 202609)
        client = cast.member(FacingClient(), alpha, cleo.id)
        page = client.get(phone("order", order.pk), {"asked": "45"}, headers={"hx-request": "true"})
        assert "every 2s" not in page.content.decode()
        assert "刷新结果" in page.content.decode()

    def test_a_wrong_choice_comes_back_with_a_sentence(self, alpha, cleo, channel):
        client = cast.member(FacingClient(), alpha, cleo.id)
        for months in ([], ["202611"], ["202701"]):
            answer = client.post(phone("pay"), {"month": months})
            assert answer["Location"] == phone("dues")
            assert "toast" in answer.cookies
        assert not payments.orders_of_member(cleo.id).exists()

    def test_what_belongs_to_others_does_not_exist(self, alpha, cleo, start, pay, notify):
        order = start(cleo, 202609)
        notify(pay(order))
        dan = cast.member(FacingClient(), alpha, make_owing_member(name="丹").id)
        receipt = Receipt.objects.get()
        for address in (
            phone("order", order.pk),
            phone("open", order.pk),
            phone("receipt", receipt.id),
            phone("order", uuid7()),
        ):
            assert dan.get(address).status_code == 404

    def test_nobody_is_sent_to_sign_in(self, alpha):
        answer = FacingClient(SERVER_NAME="alpha.test").get(phone("dues"))
        assert answer["Location"].startswith("/m/sign-in/")


class TestWithoutSignIn:
    def test_a_callback_is_acknowledged_and_a_forged_one_is_not(
        self, cleo, start, pay, core, config
    ):
        order = start(cleo, 202609)
        paid = pay(order)
        browser = FacingClient(SERVER_NAME="pay.test")
        for mode, status in (("forged", 422), ("oversized", 422), ("", 204), ("", 204)):
            message = core.callbacks.message(paid, "EV-1", mode)
            answer = browser.generic(
                "POST",
                f"/pay/n/wechat/{config.uid}",
                message.body,
                content_type="application/json",
                headers=dict(message.headers.items()),
            )
            assert answer.status_code == status, (mode, answer.content)
            collection.book_received(now=clock.now())
        assert Receipt.objects.count() == 1
        assert browser.get(f"/pay/n/wechat/{config.uid}").status_code == 405

    def test_a_receipt_is_verified_without_telling_more_than_needed(self, cleo, start, pay, notify):
        notify(pay(start(cleo, 202609)))
        receipt = Receipt.objects.get()
        browser = FacingClient(SERVER_NAME="alpha.test")
        address = desk("verify")
        assert browser.get(address).status_code == 200
        good = browser.post(
            address, {"serial": receipt.serial.lower(), "code": receipt.verify_code}
        ).content.decode()
        assert "收据属实" in good
        assert cleo.name not in good
        assert "克*" in good
        bad = browser.post(address, {"serial": receipt.serial, "code": "A" * 12})
        assert "没有查到这张收据" in bad.content.decode()
        for _ in range(30):
            bad = browser.post(address, {"serial": receipt.serial, "code": "A" * 12})
        assert bad.status_code == 429

    def test_it_is_not_genuine_at_another_unit(self, cleo, start, pay, notify, beta):
        notify(pay(start(cleo, 202609)))
        receipt = Receipt.objects.get()
        with shared_context():
            page = FacingClient(SERVER_NAME="beta.test").post(
                desk("verify"), {"serial": receipt.serial, "code": receipt.verify_code}
            )
        assert "没有查到这张收据" in page.content.decode()
