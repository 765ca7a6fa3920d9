"""From the pool to a unit's account and back: one flow per way that it can go."""

import datetime as dt

import pytest
import responses
from django.db import IntegrityError, transaction

from kernel.errors import Forbidden
from kernel.unit import shared_context, unit_context
from shared_apps.settlement.models import Batch, BatchState, Instruction, InstructionState, Line
from shared_apps.settlement.selectors import instructions as found
from shared_apps.settlement.selectors.due import plan, unsettled_fen
from shared_apps.settlement.services import batches, instructions, statements
from tenant_apps.audit.models import Event
from tenant_apps.dues.selectors.chart import bank_account
from tenant_apps.dues.selectors.ledger import balance
from tenant_apps.treasury.services import settling
from tests.factories.settlement import (
    ICBC,
    MONDAY,
    NOW,
    POOL,
    BankOnLine,
    approved,
    confirmed,
    paid_out,
    staff,
)
from tests.scenes import scene

MINUTE = dt.timedelta(minutes=1)


def _unit_in_the_pool():
    account = confirmed()
    paid_out(123_456)
    paid_out(76_544)
    return account


in_the_pool = scene(_unit_in_the_pool)


@pytest.fixture
def bank():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        online = BankOnLine()
        online.listen(mocked)
        yield online


def carry(bank, now=NOW, today=MONDAY):
    return settling.carry(front=bank.front, now=now, today=today)


def read(bank, now=NOW, today=MONDAY):
    statements.read(front=bank.front, pool_account=POOL, now=now, today=today)
    return settling.book_statement(now=now)


def books(account):
    return {
        "pool": balance("1016"),
        "on_its_way": balance("1015"),
        "bank": balance(bank_account(account.pk)),
    }


def only():
    return Instruction.objects.get()


def state_of(batch):
    with shared_context():
        return Batch.objects.get(pk=batch.pk).state


def holds():
    with shared_context():
        assert set(found.broken_invariants().values()) == {0}
    drafted = Instruction.objects.filter(state__in=["draft", "checked"])
    assert balance("1016") == unsettled_fen(only().unit_id) + sum(
        drafted.values_list("amount_fen", flat=True)
    )


def test_money_goes_from_the_pool_to_the_account(in_the_pool, bank):
    assert books(in_the_pool) == {"pool": 200_000, "on_its_way": 0, "bank": 0}
    batch = approved()
    holds()
    assert carry(bank) == 1
    assert books(in_the_pool) == {"pool": 0, "on_its_way": 200_000, "bank": 0}
    assert only().state == InstructionState.ACCEPTED
    assert found.pooled(only().unit_id).fen == 200_000
    assert read(bank) == 1
    assert found.pooled(only().unit_id).fen == 0
    assert books(in_the_pool) == {"pool": 0, "on_its_way": 0, "bank": 200_000}
    assert bank.books.balances() == {"32050159863600004417": 200_000}
    assert (state_of(batch), only().state) == (BatchState.DONE, InstructionState.SETTLED)
    codes = Event.objects.filter(code__startswith="settlement.").values_list("code", flat=True)
    assert set(codes) >= {"settlement.sent", "settlement.credited"}
    holds()
    assert carry(bank) + read(bank) == 0
    assert bank.messages.count("b2e0009") == 1


def test_a_refusal_brings_the_money_back_and_the_next_batch_takes_it(in_the_pool, bank):
    bank.books.plant("reject")
    batch = approved()
    assert carry(bank) == 2
    assert only().state == InstructionState.REJECTED
    assert only().bank_words == "收款账号不存在"
    assert state_of(batch) == BatchState.PARTIAL
    assert books(in_the_pool) == {"pool": 200_000, "on_its_way": 0, "bank": 0}
    holds()
    again = approved()
    assert again.amount_fen == 200_000
    assert again.number != batch.number


def test_the_bank_takes_it_and_rejects_it_later(in_the_pool, bank):
    bank.books.plant("late_reject")
    approved()
    assert carry(bank) == 1
    assert only().state == InstructionState.ACCEPTED
    assert carry(bank, now=NOW + 11 * MINUTE) == 1
    assert only().state == InstructionState.REJECTED
    assert books(in_the_pool)["pool"] == 200_000


def test_credited_money_comes_back_three_days_later(in_the_pool, bank):
    bank.books.plant("return")
    batch = approved()
    carry(bank)
    assert read(bank) == 1
    assert state_of(batch) == BatchState.DONE
    bank.books.move_ahead(3)
    assert read(bank, today=MONDAY + dt.timedelta(days=3)) == 1
    assert (state_of(batch), only().state) == (BatchState.PARTIAL, InstructionState.RETURNED)
    assert books(in_the_pool) == {"pool": 200_000, "on_its_way": 0, "bank": 0}
    assert only().bank_words == "收款行退汇"
    assert bank.books.balances() == {"32050159863600004417": 0}
    holds()


def test_a_lost_answer_is_asked_about_and_nothing_goes_out_twice(in_the_pool, bank):
    bank.books.plant("drop_after")
    approved()
    carry(bank)
    assert only().state == InstructionState.UNKNOWN
    carry(bank, now=NOW + 2 * MINUTE)
    assert only().state == InstructionState.ACCEPTED
    assert bank.messages.count("b2e0009") == 1
    assert read(bank) == 1
    assert bank.books.balances() == {"32050159863600004417": 200_000}


def test_what_never_reached_the_bank_goes_out_again_under_its_own_number(in_the_pool, bank):
    bank.books.plant("drop_before")
    approved()
    carry(bank)
    insid = only().insid
    asked = bank.messages.count("b2e0007")
    carry(bank, now=NOW + 2 * MINUTE)
    assert bank.messages.count("b2e0007") == asked + 1
    assert only().submitted_at is None
    carry(bank, now=NOW + 3 * MINUTE)
    assert bank.messages.count("b2e0009") == 2
    assert (only().insid, only().state) == (insid, InstructionState.ACCEPTED)


def test_killed_between_sending_and_writing_it_down(in_the_pool, bank, monkeypatch):
    approved()

    def dies(*args):
        raise SystemExit(137)

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(instructions, "_take", dies)
        carry(bank)
    assert only().state == InstructionState.SENT
    carry(bank, now=NOW + MINUTE)
    assert bank.messages.count("b2e0009") == 1, "sent again without asking"
    carry(bank, now=NOW + 2 * MINUTE)
    assert only().state == InstructionState.ACCEPTED
    assert bank.messages.count("b2e0009") == 1


def test_outside_the_banks_hours_it_waits(in_the_pool, bank):
    bank.books.plant("window_closed")
    approved()
    carry(bank)
    assert (only().state, only().submitted_at) == (InstructionState.SENT, None)
    carry(bank, now=NOW + MINUTE)
    assert only().state == InstructionState.ACCEPTED


def test_a_line_that_the_bank_printed_twice_credits_once(in_the_pool, bank):
    bank.books.plant("double_entry")
    approved()
    carry(bank)
    assert read(bank) == 1
    with shared_context():
        assert [line.state for line in found.statement(view="open")] == ["doubled"]
    assert books(in_the_pool)["bank"] == 200_000


def test_the_books_refuse_the_same_step_twice(in_the_pool, bank, monkeypatch):
    approved()
    carry(bank)
    row = only()
    monkeypatch.setattr(instructions, "step", lambda **given: row)
    taken = settling.take(
        unit_id=row.unit_id, instruction_id=row.pk, to=InstructionState.SENT, now=NOW
    )
    assert not taken
    assert balance("1015") == 200_000


def test_two_units_at_two_banks_are_settled_and_see_their_own(in_the_pool, bank, alpha, beta):
    with unit_context(beta.id):
        confirmed(ICBC)
    paid_out(5_000, unit_id=beta.id)
    batch = approved()
    assert (batch.count, batch.amount_fen) == (2, 205_000)
    carry(bank)
    assert read(bank) == 2
    assert bank.books.balances() == {
        "32050159863600004417": 200_000,
        "4301015809100224986": 5_000,
    }
    assert [row.amount_fen for row in Instruction.objects.all()] == [200_000]
    with unit_context(beta.id):
        assert [row.amount_fen for row in found.own(beta.id)] == [5_000]
        assert list(found.own(alpha.id)) == []
        assert balance("1001") == 5_000


def test_who_prepared_does_not_approve(in_the_pool):
    both = staff("settlement_maker")
    both = type(both)(**{**vars_of(both), "holdings": holdings("maker", "checker")})
    batch = batches.prepare(actor=both, now=NOW, today=MONDAY)
    with pytest.raises(batches.SamePerson):
        batches.approve(batch_id=batch.pk, actor=both, now=NOW)
    with shared_context(), pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(checked_by=both.person_id)
    with shared_context(), pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        Instruction.objects.update(checked_by=both.person_id)
    with pytest.raises(Forbidden):
        batches.approve(batch_id=batch.pk, actor=staff("operator"), now=NOW)


def vars_of(actor):
    return {name: getattr(actor, name) for name in actor.__dataclass_fields__}


def holdings(*names):
    return tuple(staff(f"settlement_{name}").holdings[0] for name in names)


def test_a_withdrawn_batch_gives_everything_back(in_the_pool):
    batch = batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY)
    with pytest.raises(batches.NothingDue):
        batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY)
    batches.withdraw(batch_id=batch.pk, actor=staff("settlement_checker"), now=NOW)
    with shared_context():
        assert plan(MONDAY).amount_fen == 200_000
    with pytest.raises(batches.BatchMoved):
        batches.approve(batch_id=batch.pk, actor=staff("settlement_checker"), now=NOW)


def test_a_payout_is_in_one_live_instruction(in_the_pool):
    approved()
    line = Line.objects.first()
    with shared_context(), pytest.raises(IntegrityError, match="payout_once"):
        Line.objects.create(
            unit_id=line.unit_id, unit_role=line.unit_role, payout_id=line.payout_id,
            instruction_id=line.instruction_id,
        )  # fmt: skip


def test_no_step_but_the_legal_ones(in_the_pool):
    approved()
    with shared_context():
        for to, rule in (("settled", "step_legal"), ("draft", "step_legal")):
            with pytest.raises(IntegrityError, match=rule), transaction.atomic():
                Instruction.objects.update(state=to)
        with pytest.raises(IntegrityError, match="terms_fixed"), transaction.atomic():
            Instruction.objects.update(amount_fen=1)


def test_banks_do_not_work_on_sunday(in_the_pool):
    with pytest.raises(batches.NotAWorkingDay, match="2026-11-23"):
        batches.prepare(
            actor=staff("settlement_maker"), now=NOW, today=MONDAY - dt.timedelta(days=1)
        )


def test_a_suspended_unit_is_settled_too(in_the_pool, bank, alpha):
    with shared_context():
        type(alpha).objects.filter(pk=alpha.id).update(state="suspended")
    approved()
    assert carry(bank) + read(bank) == 2
