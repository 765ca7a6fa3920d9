"""Numbers without a gap; a void number stays visible."""

from __future__ import annotations

import pytest

from kernel.actor import Actor
from kernel.models import uuid7
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Receipt
from tenant_apps.dues.permissions import DuesPermission as Dues
from tenant_apps.dues.selectors.receipts import mask_name, months_in_words
from tenant_apps.dues.services import receipts
from tests.factories.dues import NOW, as_member, make_owing_member, treasurer

SYSTEM = Actor.system("tests")


@pytest.fixture
def give(alpha):
    def act(member):
        bills = list(Bill.objects.filter(member=member).order_by("month"))
        for bill in bills:
            bill.paid_fen = bill.due_fen
        paid = receipts.Paid(bills=tuple(bills), order_id=uuid7(), channel="wechat")
        return receipts.give(paid=[paid], actor=SYSTEM, now=NOW)[0]

    return act


class TestGive:
    def test_numbers_follow_each_other_and_codes_differ(self, give):
        first, second = give(make_owing_member()), give(make_owing_member(name="丹"))
        assert [first.serial, second.serial] == ["2026-ALPHA-000001", "2026-ALPHA-000002"]
        assert first.verify_code != second.verify_code
        assert first.card_id != second.card_id
        assert len(first.verify_code) == receipts.CODE_LENGTH


class TestVoid:
    def test_the_number_stays_and_says_so(self, give):
        receipt = give(make_owing_member())
        receipts.void(receipt=receipt, reason="开错", actor=treasurer(), now=NOW)
        kept = Receipt.objects.get()
        assert kept.voided_at == NOW
        found = selectors.verify(serial=kept.serial, code=kept.verify_code)
        assert found.is_void
        assert give(make_owing_member(name="丹")).serial.endswith("000002")
        with pytest.raises(receipts.ReceiptAlreadyVoid):
            receipts.void(receipt=kept, reason="再次", actor=treasurer(), now=NOW)


class TestReading:
    def test_one_sees_ones_own_and_a_treasurer_those_of_the_sub_tree(self, give):
        member = make_owing_member(path="00010001")
        receipt = give(member)
        assert selectors.receipt_for(as_member(member), receipt.id, to=Dues.PAY) == receipt
        near, far = treasurer("00010001"), treasurer("00010002")
        assert selectors.receipt_for(near, receipt.id, to=Dues.BROWSE) == receipt
        for actor in (far, as_member(make_owing_member(name="丹"))):
            with pytest.raises(selectors.ReceiptNotFound):
                selectors.receipt_for(actor, receipt.id, to=Dues.BROWSE)


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ([202611], "2026 年 11 月"),
        ([202609, 202610, 202611], "2026 年 9 月至 11 月"),
        ([202612, 202701], "2026 年 12 月至 2027 年 1 月"),
        ([202609, 202611], "2026 年 9 月、2026 年 11 月"),
    ],
)
def test_months_in_words(months, words):
    assert months_in_words(months) == words


@pytest.mark.parametrize(("name", "masked"), [("王小明", "王**"), ("李四", "李*"), ("岳", "岳*")])
def test_mask_name(name, masked):
    assert mask_name(name) == masked
