"""Money of strangers: booked once, claimed or given back by two people, the books in order."""

from types import SimpleNamespace

import pytest

from kernel.unit import shared_context
from shared_apps.reconciliation.models import Case
from shared_apps.reconciliation.services import deciding
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.models import Bill, Receipt, Resolution
from tenant_apps.dues.selectors.collected import By
from tenant_apps.dues.selectors.refunds import refundable
from tenant_apps.dues.selectors.strays import candidates
from tenant_apps.dues.services import decisions, strays
from tenant_apps.treasury.selectors import collection
from tenant_apps.treasury.selectors.strays import StrayNotFound, stray_for
from tenant_apps.treasury.services import recon
from tenant_apps.treasury.services import strays as booking
from tests import cast
from tests.conftest import FacingClient
from tests.factories import reconciliation as made
from tests.factories.dues import NOW, make_owing_member
from tests.factories.organizations import somebody
from tests.shared_apps.payments.channels import bill_files as files

WHY = "本人提供的付款截图相符"
BACK = "50000000012026112200000001"


@pytest.fixture
def found(alpha):
    """The channel has 129.00 that no order explains; Cleo owes 129.00 for November."""
    cleo = make_owing_member(202611)
    with shared_context():
        made.reconcile(made.make_config(alpha), [files.payment(8)])
    return SimpleNamespace(
        ann=somebody(("treasurer", ""), name="会计安"),
        ada=somebody(("unit_admin", ""), name="艾达"),
        cleo=cleo,
        case=Case.objects.get(),
    )


@pytest.fixture
def booked(found):
    booking.book(case_id=found.case.pk, actor=found.ann, now=NOW)
    return found


def stray(found, actor=None):
    return stray_for(actor or found.ann, found.case.pk)


def broken():
    return [check.code for check in dues.invariants() if not check.holds]


class TestBooking:
    def test_is_suspended_once_and_settles_the_difference(self, booked):
        assert (dues.balance(dues.SUSPENSE), dues.unresolved().fen) == (-12_900, 12_900)
        booked.case.refresh_from_db()
        assert booked.case.state == "settled"
        with pytest.raises((strays.StrayBooked, deciding.CaseAlreadySettled)):
            booking.book(case_id=booked.case.pk, actor=booked.ada, now=NOW)
        with pytest.raises(strays.StrayBooked):
            recon.take_back(case_id=booked.case.pk, actor=booked.ann, now=NOW)
        assert dues.balance(dues.SUSPENSE) == -12_900
        assert not broken()

    def test_only_what_no_order_explains(self, found):
        Case.objects.filter(pk=found.case.pk).update(kind="amount")
        with pytest.raises(booking.NotAStray):
            booking.book(case_id=found.case.pk, actor=found.ann, now=NOW)
        with pytest.raises(StrayNotFound):
            stray(found)


class TestClaim:
    def test_pays_the_bill_by_the_second_person_s_word(self, booked):
        (one,) = candidates(booked.ann, text="克", amount_fen=12_900)
        assert (one.member_id, one.last_month) == (booked.cleo.pk, 202611)
        strays.ask_claim(
            stray=stray(booked), member_id=one.member_id, reason=WHY, actor=booked.ann, now=NOW
        )
        assert not broken()
        with pytest.raises(strays.StraySecondPerson):
            strays.confirm_claim(stray=stray(booked), actor=booked.ann, now=NOW)
        receipt = strays.confirm_claim(stray=stray(booked), actor=booked.ada, now=NOW)
        assert (receipt.amount_fen, receipt.channel) == (12_900, "wechat")
        assert Bill.objects.get().state == "PAID"
        assert (dues.balance(dues.SUSPENSE), dues.unresolved().fen) == (0, 0)
        assert not broken()
        assert refundable(receipt) == []
        day = NOW.date()
        (row,) = collection.collection(booked.ann, by=By.CHANNEL, first=day, last=day).rows
        assert (row.label, row.figure.net_fen) == ("微信支付", 12_900)
        held = Resolution.objects.get()
        codes = [event.code for event in audit.events_about(held.pk)]
        assert set(codes) == {"stray.claim_asked", "stray.claimed"}

    def test_refuses_another_amount_and_a_bill_paid_meanwhile(self, booked):
        dora = make_owing_member(202610, 202611, name="朵拉", path="00010002")
        Bill.objects.filter(member=dora).update(due_fen=10_000)
        with pytest.raises(strays.StrayFitsNoBill):
            strays.ask_claim(
                stray=stray(booked), member_id=dora.pk, reason=WHY, actor=booked.ann, now=NOW
            )
        assert candidates(booked.ann, text="朵", amount_fen=12_900) == []
        strays.ask_claim(
            stray=stray(booked), member_id=booked.cleo.pk, reason=WHY, actor=booked.ann, now=NOW
        )
        Bill.objects.filter(member=booked.cleo).update(
            state="EXEMPT", exempt_reason="困难", exempt_approved_by="上级党委"
        )
        with pytest.raises(strays.StrayFitsNoBill):
            strays.confirm_claim(stray=stray(booked), actor=booked.ada, now=NOW)
        strays.withdraw(stray=stray(booked), actor=booked.ann, now=NOW)
        assert stray(booked).is_open
        assert not broken()

    def test_one_decision_at_a_time_with_a_reason(self, booked):
        with pytest.raises(decisions.ReasonNeeded):
            strays.ask_back(stray=stray(booked), reason="无", actor=booked.ann, now=NOW)
        one = stray(booked)
        strays.ask_back(stray=one, reason=WHY, actor=booked.ann, now=NOW)
        with pytest.raises(strays.StrayMoved):
            strays.ask_claim(
                stray=one, member_id=booked.cleo.pk, reason=WHY, actor=booked.ada, now=NOW
            )
        with pytest.raises(strays.StrayMoved):
            strays.confirm_claim(stray=stray(booked), actor=booked.ada, now=NOW)


class TestBack:
    def test_leaves_the_channel_with_its_number(self, booked):
        strays.ask_back(stray=stray(booked), reason=WHY, actor=booked.ann, now=NOW)
        assert (dues.balance(dues.SUSPENSE), dues.balance(dues.REFUNDS)) == (0, -12_900)
        with pytest.raises(strays.StraySecondPerson):
            strays.confirm_back(stray=stray(booked), refund_number=BACK, actor=booked.ann, now=NOW)
        with pytest.raises(strays.StrayNumber):
            strays.confirm_back(stray=stray(booked), refund_number="退", actor=booked.ada, now=NOW)
        strays.confirm_back(stray=stray(booked), refund_number=BACK, actor=booked.ada, now=NOW)
        assert (dues.balance(dues.REFUNDS), dues.unresolved().fen) == (0, 0)
        assert not broken()
        with pytest.raises(strays.StrayMoved):
            strays.withdraw(stray=stray(booked), actor=booked.ann, now=NOW)

    def test_withdrawn_it_waits_as_before(self, booked):
        strays.ask_back(stray=stray(booked), reason=WHY, actor=booked.ann, now=NOW)
        strays.withdraw(stray=stray(booked), actor=booked.ann, now=NOW)
        assert (dues.balance(dues.SUSPENSE), dues.balance(dues.REFUNDS)) == (-12_900, 0)
        assert stray(booked).is_open
        assert not broken()


def test_over_http(found, alpha, beta):
    ann, ada, bob = (
        cast.officer(FacingClient(), alpha, role=role, scope=scope, name=role)
        for role, scope in (("treasurer", ""), ("unit_admin", ""), ("treasurer", "00010001"))
    )
    page = f"/treasury/reconciliation/differences/{found.case.pk}/"
    assert "转入待确认款项" in ann.get(page).content.decode()
    assert bob.post(f"{page}stray/book/").status_code in {403, 404}
    assert ann.post(f"{page}stray/book/").status_code == 302
    assert "克莱" in ann.get(page, {"q": "克"}).content.decode()
    bad = ann.post(f"{page}stray/claim/", {"member": "x", "reason": WHY})
    assert bad.status_code == 409
    asked = {"member": str(found.cleo.pk), "reason": WHY}
    assert ann.post(f"{page}stray/claim/", asked).status_code == 302
    assert ann.post(f"{page}stray/confirm/").status_code == 403
    api = f"/api/v1/treasury/differences/{found.case.pk}/stray/"
    assert ann.post(f"{api}withdraw/").status_code == 200
    body = {"member_id": str(found.cleo.pk), "reason": WHY}
    assert ann.post(f"{api}claim/", body, content_type="application/json").status_code == 200
    assert ann.get(api).json()["kind"] == "claimed"
    assert cast.officer(FacingClient(), beta).get(api).status_code == 404
    assert ada.post(f"{page}stray/confirm/").status_code == 302
    assert Receipt.objects.get().amount_fen == 12_900
    late = ann.post(f"{api}give-back/", {"reason": WHY}, content_type="application/json")
    assert late.status_code == 409
    assert ada.post(api).status_code == 409
