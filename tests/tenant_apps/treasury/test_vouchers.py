"""Income, expenses, reversals: done, refused, told, kept to two people by the database too."""

import dataclasses
import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.papers import Upload
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.selectors import balance
from tenant_apps.dues.selectors.books import standings
from tenant_apps.treasury.models import Voucher
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import vouchers as reading
from tenant_apps.treasury.services import bookkeeping, publishing, reversing, vouchers
from tenant_apps.treasury.services.vouchers import Decided
from tests.factories.organizations import somebody
from tests.tenant_apps.treasury.conftest import DAY, NOON, A, B, entry

MINUTE = Decided(minute="支委会〔2026〕11 号", decided_on=DAY, present=7)
SPENT = {"use": "5001", "payee": "新华书店", "summary": "培训教材"}


def income(people, kind="INTEREST", fen=1_234, **more):
    return vouchers.enter_income(kind=kind, entry=entry(fen, **more), actor=people.ann, now=NOON)


def drafted(people, fen=10_000, path="000100010001", **more):
    made = entry(fen, path, **{**SPENT, **more})
    return vouchers.enter_expense(entry=made, actor=people.ann, now=NOON)


def approved(people, **more):
    held = vouchers.decide(
        voucher=drafted(people, **more), decided=MINUTE, actor=people.ann, now=NOON
    )
    return vouchers.approve(voucher=held, actor=people.ada, now=NOON)


class TestIncome:
    def test_is_in_the_books_at_once(self, people):
        made = income(people)
        assert (made.state, balance("1001"), balance("4004")) == ("PAID", A + B + 1_234, -1_234)
        assert audit.events_about(made.pk).get().code == "treasury.income_entered"

    def test_an_account_is_opened_once(self, people):
        first = income(people, "OPENING", 5_000)
        with pytest.raises(vouchers.AlreadyOpened):
            income(people, "OPENING", 5_000)
        back = reversing.ask(voucher=first, reason="数字有误", actor=people.ann, now=NOON)
        reversing.confirm(voucher=back, actor=people.cas, now=NOON)
        income(people, "OPENING", 6_000)
        assert balance("3001") == -6_000

    @pytest.mark.parametrize(
        ("fen", "more"),
        [
            (0, {}),
            (1, {"happened_on": DAY + dt.timedelta(days=1)}),
            (1, {"bank": "1002"}),
            (1, {"summary": " "}),
            (1, {"use": "5006"}),
        ],
    )
    def test_refuses(self, people, fen, more):
        with pytest.raises(bookkeeping.VoucherInvalid):
            income(people, fen=fen, **more)


class TestExpense:
    def test_goes_its_way_and_is_booked_when_paid(self, people):
        scan = Upload(name="会议记录.pdf", content=b"%PDF-1.7 minute")
        held = vouchers.decide(
            voucher=drafted(people), decided=MINUTE, scan=scan, actor=people.ann, now=NOON
        )
        held = vouchers.approve(voucher=held, actor=people.ada, now=NOON)
        assert balance("5001") == 0
        held = vouchers.pay(voucher=held, actor=people.cas, now=NOON)
        assert (held.state, balance("5001"), balance("1001")) == ("PAID", 10_000, A + B - 10_000)
        assert standings(DAY, DAY)[held.org_id].share_fen == A - 10_000
        assert vouchers.scan_of(voucher=held) == ("会议记录.pdf", b"%PDF-1.7 minute")
        codes = {event.code for event in audit.events_about(held.pk)}
        assert codes == {
            f"treasury.expense_{step}" for step in ("entered", "decided", "approved", "paid")
        }
        with pytest.raises(vouchers.VoucherMoved):
            vouchers.pay(voucher=held, actor=people.cas, now=NOON)
        with pytest.raises(vouchers.VoucherMoved):
            vouchers.withdraw(voucher=held, actor=people.ann, now=NOON)

    def test_who_enters_neither_approves_nor_pays(self, people):
        both = dataclasses.replace(people.cas, person_id=people.ann.person_id)
        held = vouchers.decide(voucher=drafted(people), decided=MINUTE, actor=people.ann, now=NOON)
        with pytest.raises(bookkeeping.SecondPerson):
            vouchers.approve(voucher=held, actor=both, now=NOON)
        held = vouchers.approve(voucher=held, actor=people.ada, now=NOON)
        with pytest.raises(bookkeeping.SecondPerson):
            vouchers.pay(voucher=held, actor=both, now=NOON)

    @pytest.mark.parametrize(
        "change",
        [
            {"state": "PAID"},
            {"state": "PAID", "paid_by": "self"},
            {"approved_by": "self"},
            {"minute": ""},
            {"present": None},
            {"use": "5006"},
        ],
    )
    def test_the_database_holds_it_too(self, people, change):
        held = approved(people)
        own = {key: held.entered_by if value == "self" else value for key, value in change.items()}
        line = {"line_id": held.pk} if "paid_by" in change else {}
        with pytest.raises(IntegrityError), transaction.atomic():
            Voucher.objects.filter(pk=held.pk).update(**own, **line)

    def test_is_refused_above_what_is_there(self, people):
        for fen in (B + 1, A + B + 1):
            held = approved(people, fen=fen, path="000100010002")
            with pytest.raises(bookkeeping.NotEnough):
                vouchers.pay(voucher=held, actor=people.cas, now=NOON)
        vouchers.pay(
            voucher=approved(people, fen=B, path="000100010002"), actor=people.cas, now=NOON
        )

    def test_an_allocation_is_spent_for_its_use_only_and_once(self, people):
        given = income(people, "ALLOCATION", 3_000, path="000100010001", use="5004")
        with pytest.raises(bookkeeping.VoucherInvalid):
            drafted(people, fen=1_000, earmark=given)
        first = approved(people, fen=2_000, earmark=given, use="5004")
        with pytest.raises(bookkeeping.NotEnough):
            drafted(people, fen=1_001, earmark=given, use="5004")
        vouchers.pay(voucher=first, actor=people.cas, now=NOON)
        assert reading.left_of(given) == 1_000

    @pytest.mark.parametrize("more", [{"use": "5011"}, {"use": ""}, {"payee": " "}, {"fen": -1}])
    def test_refuses_what_is_no_expense(self, people, more):
        with pytest.raises(bookkeeping.VoucherInvalid):
            drafted(people, **more)

    @pytest.mark.parametrize(
        "change",
        [{"minute": ""}, {"present": 0}, {"decided_on": DAY + dt.timedelta(days=1)}],
    )
    def test_refuses_what_is_no_decision(self, people, change):
        with pytest.raises(bookkeeping.VoucherInvalid):
            vouchers.decide(
                voucher=drafted(people),
                decided=dataclasses.replace(MINUTE, **change),
                actor=people.ann,
                now=NOON,
            )

    def test_a_published_year_stays_as_it_was_shown(self, people):
        before = dt.date(DAY.year - 1, 12, 31)
        income(people, happened_on=before)
        publishing.publish(year=before.year, note="", actor=people.ada, now=NOON)
        with pytest.raises(bookkeeping.YearPublished):
            income(people, happened_on=before)
        publishing.publish(year=DAY.year, note="", actor=people.ada, now=NOON)
        vouchers.pay(voucher=approved(people), actor=people.cas, now=NOON)


class TestReversing:
    def test_adds_a_line_and_changes_none(self, people):
        paid = vouchers.pay(voucher=approved(people), actor=people.cas, now=NOON)
        back = reversing.ask(voucher=paid, reason="付错了收款人", actor=people.ann, now=NOON)
        with pytest.raises(reversing.AlreadyReversed):
            reversing.ask(voucher=paid, reason="付错了收款人", actor=people.ann, now=NOON)
        with pytest.raises(bookkeeping.SecondPerson):
            reversing.confirm(voucher=back, actor=people.ann, now=NOON)
        back = reversing.confirm(voucher=back, actor=people.cas, now=NOON)
        paid.refresh_from_db()
        assert (paid.state, balance("5001"), balance("1001")) == ("REVERSED", 0, A + B)
        assert audit.events_about(back.pk).filter(code="treasury.reversed").exists()
        for held in (paid, back):
            with pytest.raises(reversing.NotReversible):
                reversing.ask(voucher=held, reason="再来一次", actor=people.ann, now=NOON)

    def test_income_that_is_spent_is_not_taken_back(self, people):
        made = income(people, path="000100010001", fen=100)
        vouchers.pay(voucher=approved(people, fen=A + 50), actor=people.cas, now=NOON)
        back = reversing.ask(voucher=made, reason="利息记错", actor=people.ann, now=NOON)
        with pytest.raises(bookkeeping.NotEnough):
            reversing.confirm(voucher=back, actor=people.cas, now=NOON)


def test_nobody_else_sees_a_voucher(people, beta):
    made = drafted(people)
    outside = somebody(("treasurer", "000100010002"))
    with pytest.raises(reading.VoucherNotFound):
        reading.voucher_for(outside, made.pk, to=TreasuryPermission.ENTER)
    with unit_context(beta.id), pytest.raises(reading.VoucherNotFound):
        reading.voucher_for(people.ann, made.pk, to=TreasuryPermission.ENTER)
