"""Cash at the counter: taken by one, in the bank by another's word, every fen in the books."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.unit import shared_context, unit_context
from shared_apps.settlement.services import accounts
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Lot, Receipt, Slip, Transfer
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors import counter as reading
from tenant_apps.dues.selectors.banks import banks, open_banks
from tenant_apps.dues.selectors.refunds import refundable
from tenant_apps.dues.services import collection, counter
from tenant_apps.dues.services.counter import (
    BankSlipTaken,
    CashDiffers,
    DepositInvalid,
    NothingToDeposit,
    SlipMoved,
)
from tenant_apps.dues.services.decisions import ReasonNeeded
from tenant_apps.dues.services.slips import SecondPerson
from tenant_apps.members.selectors import MemberNotFound
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import NOW, make_member, make_owing_member, treasurer
from tests.factories.settlement import confirmed, person
from tests.scenes import scene

MONTHS = (202609, 202610, 202611)
TODAY = dt.date(2026, 11, 22)
WHY = "误收，现金已当面退还"
UNIT = "config.urls.unit"


def _owing():
    """Cleo owes three months, Dan one; the branch has a secretary, the unit a treasurer."""
    cleo = make_owing_member(*MONTHS)
    dan = make_owing_member(202611, path="00010002", name="丹")
    return cleo, dan, treasurer("00010001", role="secretary"), treasurer()


owing = scene(_owing)


def take(member, *months, by, fen=None, **how):
    return counter.take(
        chosen={member.pk: [Month(month) for month in months]},
        received_fen=12_900 * len(months) if fen is None else fen,
        actor=by,
        now=NOW,
        **how,
    )


def deposit(*slips, by, **how):
    values = {
        "collector": slips[0].taken_by,
        "slip_ids": [one.pk for one in slips],
        "bank": "1001",
        "bank_number": "HD20261122001",
        "banked_on": TODAY,
        "amount_fen": sum(one.amount_fen for one in slips),
        **how,
    }
    return counter.deposit(actor=by, now=NOW, **values)


def held(account):
    return selectors.balance(account)


class TestTaking:
    def test_pays_the_months_gives_a_numbered_receipt_and_holds_the_cash(self, owing, books):
        cleo, _, eva, _ = owing
        (slip,) = take(cleo, 202609, 202610, by=eva, handed_by="其子")
        assert (slip.months, slip.amount_fen, slip.handed_by) == ([202609, 202610], 25_800, "其子")
        paid = Bill.objects.filter(member=cleo, state="PAID", order_id=slip.pk)
        assert list(paid.order_by("month").values_list("month", flat=True)) == [202609, 202610]
        receipt = Receipt.objects.get(order_id=slip.pk)
        assert (receipt.channel, receipt.amount_fen) == ("现金", 25_800)
        assert receipt.serial.endswith("-000001")
        assert held(chart.COUNTER) == 25_800
        assert held(chart.MEMBERS_DUES) == -25_800
        assert audit.events_about(slip.pk).get().code == "counter.taken"
        with shared_context():
            assert Outbox.objects.filter(kind="payments").exists()
        books()

    def test_several_members_at_once_each_with_a_receipt(self, owing, books):
        cleo, dan, _, ben = owing
        made = counter.take(
            chosen={cleo.pk: [Month(202609)], dan.pk: [Month(202611)]},
            received_fen=25_800,
            actor=ben,
            now=NOW,
        )
        assert Receipt.objects.filter(order_id__in=[one.pk for one in made]).count() == 2
        assert len(reading.taken_together(ben, made[0])) == 2
        books()

    @pytest.mark.parametrize(
        ("months", "fen", "error"),
        [
            ((), 0, collection.NothingChosen),
            ((202610,), None, collection.OldestFirst),
            ((202608,), None, collection.NotDue),
            ((202609,), 12_899, CashDiffers),
        ],
    )
    def test_refuses_what_is_not_owed_or_not_counted(self, owing, months, fen, error):
        cleo, _, eva, _ = owing
        with pytest.raises(error):
            take(cleo, *months, by=eva, fen=fen)
        assert not Slip.objects.exists()

    def test_a_month_is_not_paid_twice(self, owing):
        cleo, _, eva, ben = owing
        take(cleo, 202609, by=eva)
        with pytest.raises(collection.NotDue):
            take(cleo, 202609, by=ben)

    def test_a_secretary_takes_only_for_the_own_branch(self, owing):
        _, dan, eva, _ = owing
        with pytest.raises(MemberNotFound):
            take(dan, 202611, by=eva)
        with pytest.raises(MemberNotFound):
            take(dan, 202611, by=treasurer(role="member"))

    def test_another_unit_sees_none_of_it(self, owing, beta):
        cleo, _, eva, ben = owing
        (slip,) = take(cleo, 202609, by=eva)
        with unit_context(beta.id):
            assert not Slip.objects.exists()
            with pytest.raises(reading.SlipNotFound):
                reading.slip_for(ben, slip.pk, to=DuesPermission.COUNTER)


class TestAnOpenOrder:
    def test_is_closed_first(self, config, cleo, start, wall, books):
        order = start(cleo, 202609)
        counter.take(
            chosen={cleo.pk: [Month(202609)]}, received_fen=12_900, actor=treasurer(), now=wall()
        )
        order.refresh_from_db()
        assert order.state == "closed"
        books()

    def test_money_that_comes_all_the_same_is_suspended(
        self, config, cleo, start, pay, notify, wall, books
    ):
        order = start(cleo, 202609)
        taken = {cleo.pk: [Month(202609)]}
        counter.take(chosen=taken, received_fen=12_900, actor=treasurer(), now=wall())
        notify(pay(order, after_close=True))
        assert held(chart.SUSPENSE) == -12_900
        assert Receipt.objects.count() == 1
        books()


class TestDeposit:
    def test_another_person_confirms_it_with_the_banks_number(self, owing, books):
        cleo, _, eva, ben = owing
        slips = [*take(cleo, 202609, by=eva), *take(cleo, 202610, by=eva)]
        lot = deposit(*slips, by=ben)
        assert (lot.amount_fen, lot.made_by, lot.checked_by) == (
            25_800,
            eva.person_id,
            ben.person_id,
        )
        assert set(Slip.objects.values_list("state", flat=True)) == {"banked"}
        assert (held(chart.COUNTER), held("1001")) == (0, 25_800)
        assert Transfer.objects.get(effect=f"deposit:{lot.pk}").org_path == "00010001"
        assert audit.events_about(lot.pk).get().code == "counter.deposited"
        assert reading.cash_in_hand(ben) == []
        books()

    def test_never_by_who_took_it(self, owing):
        cleo, _, _, ben = owing
        slips = take(cleo, 202609, by=ben)
        with pytest.raises(SecondPerson):
            deposit(*slips, by=ben)
        with pytest.raises(Forbidden):
            deposit(*slips, by=treasurer(role="secretary"))

    @pytest.mark.parametrize(
        ("how", "error"),
        [
            ({"amount_fen": 12_800}, CashDiffers),
            ({"bank": "1002"}, DepositInvalid),
            ({"bank_number": "回单"}, DepositInvalid),
            ({"banked_on": TODAY + dt.timedelta(days=1)}, DepositInvalid),
            ({"banked_on": TODAY - dt.timedelta(days=1)}, DepositInvalid),
            ({"slip_ids": []}, NothingToDeposit),
        ],
    )
    def test_refuses_what_the_banks_slip_cannot_say(self, owing, how, error):
        cleo, _, eva, ben = owing
        with pytest.raises(error):
            deposit(*take(cleo, 202609, by=eva), by=ben, **how)

    def test_a_banks_slip_covers_one_deposit_and_a_slip_one_bank(self, owing):
        cleo, _, eva, ben = owing
        first, second = take(cleo, 202609, by=eva), take(cleo, 202610, by=eva)
        deposit(*first, by=ben)
        with pytest.raises(NothingToDeposit):
            deposit(*first, by=ben, bank_number="HD20261122002")
        with pytest.raises(BankSlipTaken):
            deposit(*second, by=ben)

    def test_the_database_refuses_one_person(self, owing):
        cleo, _, eva, ben = owing
        (slip,) = take(cleo, 202609, by=eva)
        lot = deposit(slip, by=ben)
        for rows, change in (
            (Slip.objects.filter(pk=slip.pk), {"checked_by": eva.person_id}),
            (Slip.objects.filter(pk=slip.pk), {"checked_by": None}),
            (Lot.objects.filter(pk=lot.pk), {"checked_by": eva.person_id}),
            (Lot.objects.filter(pk=lot.pk), {"bank_number": ""}),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)


def test_money_is_paid_in_to_an_open_account_only(alpha):
    assert [one.account for one in open_banks()] == ["1001"]
    with shared_context():
        account = confirmed(unit_id=alpha.id)
    assert [one.account for one in open_banks()] == [chart.bank_account(account.pk)]
    with shared_context():
        accounts.close(unit_id=alpha.id, account_id=account.pk, actor=person(), now=NOW)
    assert [one.account for one in open_banks()] == ["1001"]
    assert chart.bank_account(account.pk) in {one.account for one in banks()}


class TestReversing:
    def test_a_second_person_takes_it_back_and_the_month_is_due_again(self, owing, books):
        cleo, _, eva, ben = owing
        (slip,) = take(cleo, 202609, by=eva)
        done = counter.reverse(slip=slip, reason=WHY, actor=ben, now=NOW)
        assert (done.state, done.checked_by) == ("reversed", ben.person_id)
        assert Bill.objects.get(member=cleo, month=202609).state == "UNPAID"
        assert Receipt.objects.get(order_id=slip.pk).voided_at == NOW
        assert held(chart.COUNTER) == held(chart.MEMBERS_DUES) == 0
        books()
        (again,) = take(cleo, 202609, by=eva)
        assert Receipt.objects.get(order_id=again.pk).serial.endswith("-000002")
        books()

    def test_is_refused_to_who_took_it_without_a_reason_and_after_the_deposit(self, owing):
        cleo, _, eva, ben = owing
        (slip,) = take(cleo, 202609, by=ben)
        with pytest.raises(SecondPerson):
            counter.reverse(slip=slip, reason=WHY, actor=ben, now=NOW)
        with pytest.raises(Forbidden):
            counter.reverse(slip=slip, reason=WHY, actor=eva, now=NOW)
        other = treasurer()
        with pytest.raises(ReasonNeeded):
            counter.reverse(slip=slip, reason="错", actor=other, now=NOW)
        deposit(slip, by=other)
        with pytest.raises(SlipMoved):
            counter.reverse(slip=slip, reason=WHY, actor=other, now=NOW)

    def test_cash_is_no_refund_at_a_channel(self, owing):
        cleo, _, eva, _ = owing
        (slip,) = take(cleo, 202609, by=eva)
        receipt = Receipt.objects.get(order_id=slip.pk)
        assert refundable(receipt) == []


def test_how_old_cash_is(owing):
    cleo, _, eva, ben = owing
    take(cleo, 202609, by=eva)
    (hand,) = reading.cash_in_hand(ben)
    assert (hand.slips, hand.fen, hand.days(dt.date(2026, 11, 25))) == (1, 12_900, 3)
    assert not hand.is_of_last_month(dt.date(2026, 11, 30))
    assert hand.is_of_last_month(dt.date(2026, 12, 1))
    duties = list(reading.CounterDuties().duties(ben, today=dt.date(2026, 12, 1)))
    assert [duty.urgency for duty in duties] == [0]
    assert next(iter(reading.CounterDuties().duties(eva, today=TODAY))).count == 1


def test_the_desk_from_finding_the_member_to_the_bank(alpha):
    cleo = make_owing_member(*MONTHS)
    make_member(name="无账单")
    eva = cast.officer(FacingClient(), alpha, role="secretary", scope="00010001", name="伊娃")
    ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
    address = reverse("dues:counter_take", urlconf=UNIT)
    page = eva.get(address, {"q": "克莱"}).content.decode()
    assert "2026 年 10 月（2 个月，258.00 元）" in page
    form = {
        "offered": cleo.pk, "pick": cleo.pk, f"until_{cleo.pk}": 202610, "received": "257",
        "handed_by": "",
    }  # fmt: skip
    refused = eva.post(address, form)
    assert refused.status_code == 422
    assert "合计 258.00 元" in refused.content.decode()
    taken = eva.post(address, {**form, "received": "258"})
    slip = Slip.objects.get()
    assert taken["Location"] == reverse("dues:slip", urlconf=UNIT, args=[slip.pk])
    paper = eva.get(taken["Location"]).content.decode()
    assert "贰佰伍拾捌元整" in paper
    assert "查验收据真伪" in paper
    bank = reverse("dues:counter_deposit", urlconf=UNIT) + f"?by={slip.taken_by}"
    assert eva.get(bank).status_code == 403
    assert "登记交存" in ben.get(reverse("dues:counter", urlconf=UNIT)).content.decode()
    sent = {
        "slip": slip.pk, "bank": "1001", "bank_number": "HD0001",
        "banked_on": str(clock.today()), "amount": "258",
    }  # fmt: skip
    assert ben.post(bank, {**sent, "amount": "2"}).status_code == 422
    assert ben.get(reverse("dues:slip_reverse", urlconf=UNIT, args=[slip.pk])).status_code == 200
    assert ben.post(bank, sent).status_code == 302
    assert "HD0001" in ben.get(reverse("dues:counter", urlconf=UNIT)).content.decode()


def test_the_api_takes_shows_takes_back_and_deposits(alpha):
    cleo = make_owing_member(*MONTHS)
    eva = cast.officer(FacingClient(), alpha, role="secretary", scope="00010001", name="伊娃")
    ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
    slips = "/api/v1/dues/counter/slips/"
    asked = {
        "members": [{"member_id": str(cleo.pk), "months": ["2026-09"]}], "received_fen": 12_900,
    }  # fmt: skip
    assert eva.post(slips, {**asked, "received_fen": 1}, "application/json").status_code == 422
    (made,) = eva.post(slips, asked, "application/json").json()
    assert (made["amount_fen"], made["months"], made["state"]) == (12_900, ["2026-09"], "held")
    one = f"{slips}{made['id']}/"
    assert eva.post(f"{one}reversal/", {"reason": WHY}, "application/json").status_code == 403
    assert ben.post(f"{one}reversal/", {"reason": WHY}, "application/json").status_code == 200
    assert ben.get(one).json()["state"] == "reversed"
    (made,) = eva.post(slips, asked, "application/json").json()
    sent = {
        "collector": made["taken_by"], "slip_ids": [made["id"]], "bank": "1001",
        "bank_number": "HD0002", "banked_on": str(clock.today()), "amount_fen": 12_900,
    }  # fmt: skip
    assert ben.post("/api/v1/dues/counter/deposits/", sent, "application/json").status_code == 201
    assert len(eva.get(slips, {"state": "banked"}).json()["results"]) == 1
