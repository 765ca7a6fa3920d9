"""Dedicated accounts and terms: registered by the unit, compared by the bank, seen by both."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from kernel.errors import DomainError, Forbidden
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import SecurityEvent
from shared_apps.settlement.models import Account, AccountState, Cycle, Instruction, Mode, Policy
from shared_apps.settlement.selectors import account_in_force, accounts_of
from shared_apps.settlement.selectors.terms import terms_on
from shared_apps.settlement.services import accounts as bank_side
from shared_apps.settlement.services import batches
from tenant_apps.audit.models import Event
from tenant_apps.treasury.services import accounts
from tests import cast
from tests.conftest import FacingClient
from tests.factories.settlement import (
    CCB,
    ICBC,
    MONDAY,
    NOW,
    approved,
    confirmed,
    paid_out,
    person,
    staff,
)

NEXT_MONTH = dt.date(2026, 12, 1)


def register(given=CCB, actor=None):
    return accounts.register(given=given, actor=actor or person(), now=NOW, today=MONDAY)


def choose(mode=Mode.POOL, cycle=Cycle.DAY, minimum_fen=0, today=MONDAY):
    return accounts.choose_terms(
        mode=mode, cycle=cycle, minimum_fen=minimum_fen, actor=person(), now=NOW, today=today
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"bank": "CMB"}, "settlement_bank_not_allowed"),
        ({"cnaps": "10530100012"}, "settlement_cnaps_invalid"),
        ({"cnaps": "１05301000123"}, "settlement_cnaps_invalid"),
        ({"cnaps": "102301000123"}, "settlement_cnaps_of_another_bank"),
        ({"name": "晨光机械有限公司"}, "settlement_account_name_invalid"),
        ({"name": "中国共产党晨光机械委员会办公室"}, "settlement_account_name_invalid"),
        ({"number": "3205-0159-8636"}, "settlement_account_number_invalid"),
        ({"number": "３２０５０１５９８６３６"}, "settlement_account_number_invalid"),
        ({"number": "123456789"}, "settlement_account_number_invalid"),
    ],
)
def test_what_stands_on_the_papers_has_to_fit(alpha, wrong, code):
    with pytest.raises(DomainError) as refused:
        register(replace(CCB, **wrong))
    assert refused.value.code == code
    assert not Account.objects.exists()


@pytest.mark.parametrize("ending", ["", "组织部", "(组织部)", "（组织部）"])
def test_the_committee_and_its_organisation_department(alpha, ending):
    assert register(replace(CCB, name=f"中国共产党晨光机械委员会{ending}")).pk


def test_the_bank_types_the_number_again_and_a_second_person_confirms(alpha):
    made = register()
    assert made.last_four == "4417"
    assert b"4417" not in bytes(made.number_sealed)
    assert accounts_of(alpha.id) == []
    own = replace(staff("settlement_checker"), person_id=made.registered_by)
    compare = {"account_id": made.pk, "now": NOW, "today": MONDAY}
    with pytest.raises(bank_side.SamePerson):
        bank_side.confirm(**compare, number=CCB.number, actor=own)
    with pytest.raises(bank_side.NumbersDiffer):
        bank_side.confirm(**compare, number="32050159863600004418", actor=staff("settlement_maker"))
    with pytest.raises(Forbidden):
        bank_side.confirm(**compare, number=CCB.number, actor=staff("operator"))
    done = bank_side.confirm(**compare, number=CCB.number, actor=staff("settlement_maker"))
    assert (done.state, done.effective_on) == (AccountState.CONFIRMED, MONDAY)
    assert [line.label for line in accounts_of(alpha.id)] == ["中国建设银行 尾号 4417"]
    assert Event.objects.filter(code="settlement.account_registered").count() == 1
    with shared_context():
        assert SecurityEvent.objects.filter(code="settlement.account_confirmed").count() == 1
        with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
            Account.objects.filter(pk=made.pk).update(decided_by=made.registered_by)


def test_a_change_of_account_counts_from_the_next_period(alpha):
    first = confirmed(CCB)
    second = confirmed(ICBC, today=MONDAY)
    assert second.effective_on == NEXT_MONTH
    assert account_in_force(alpha.id, MONDAY) == first
    assert account_in_force(alpha.id, NEXT_MONTH) == second
    paid_out(1_000)
    approved()
    assert {row.account_id for row in Instruction.objects.all()} == {first.pk}


def test_one_waits_at_a_time_and_can_be_taken_back(alpha):
    made = register()
    with pytest.raises(bank_side.AccountWaiting):
        register(ICBC)
    accounts.withdraw(account_id=made.pk, actor=person(), now=NOW)
    with pytest.raises(bank_side.AccountMoved):
        accounts.withdraw(account_id=made.pk, actor=person(), now=NOW)
    refused = register(ICBC)
    with pytest.raises(bank_side.ReasonMissing):
        bank_side.refuse(
            account_id=refused.pk, reason=" ", actor=staff("settlement_maker"), now=NOW
        )
    bank_side.refuse(
        account_id=refused.pk, reason="户名不一致", actor=staff("settlement_maker"), now=NOW
    )
    assert register(CCB).state == AccountState.REGISTERED


def test_nothing_is_sent_to_a_closed_account(alpha):
    account = confirmed()
    paid_out(1_000)
    batch = batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY)
    accounts.close(account_id=account.pk, actor=person(), now=NOW)
    with pytest.raises(batches.AccountsChanged):
        batches.approve(batch_id=batch.pk, actor=staff("settlement_checker"), now=NOW)
    batches.withdraw(batch_id=batch.pk, actor=staff("settlement_maker"), now=NOW)
    with pytest.raises(batches.NothingDue):
        batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY)


def test_two_units_never_share_an_account(alpha, beta):
    confirmed(CCB)
    with unit_context(beta.id), pytest.raises(bank_side.AccountInUse):
        confirmed(CCB)


def test_only_who_keeps_the_dues_of_the_whole_unit(alpha):
    for actor in (person(scope="00010001"), person("secretary"), staff("operator")):
        with pytest.raises(Forbidden):
            register(actor=actor)


def test_terms_count_from_the_next_period_and_the_old_one_is_settled(alpha):
    confirmed(CCB)
    chosen = choose(cycle=Cycle.DAY)
    assert chosen.effective_on == NEXT_MONTH
    assert terms_on(alpha.id, MONDAY).cycle == Cycle.MONTH
    assert choose(cycle=Cycle.QUARTER).effective_on == NEXT_MONTH
    assert Policy.objects.count() == 1, "what is not in force yet is replaced"
    assert Event.objects.filter(code="settlement.terms_chosen").count() == 2
    paid_out(700, on=dt.date(2026, 11, 30))
    paid_out(300, on=NEXT_MONTH)
    batch = batches.prepare(actor=staff("settlement_maker"), now=NOW, today=NEXT_MONTH)
    assert batch.amount_fen == 700


@pytest.mark.parametrize(
    ("cycle", "fen"), [(Cycle.DAY, 111), (Cycle.MONTH, 110), (Cycle.QUARTER, 100)]
)
def test_each_cycle_takes_what_has_closed(alpha, cycle, fen):
    confirmed(CCB)
    choose(cycle=cycle, today=dt.date(2026, 6, 30))
    for amount, on in ((100, (9, 30)), (10, (10, 31)), (1, (11, 22)), (5, (11, 23))):
        paid_out(amount, on=dt.date(2026, *on))
    assert batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY).amount_fen == fen


def test_too_little_is_carried_over(alpha):
    confirmed(CCB)
    choose(cycle=Cycle.DAY, minimum_fen=1_000, today=dt.date(2026, 10, 31))
    paid_out(999)
    with pytest.raises(batches.NothingDue):
        batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY)
    paid_out(1)
    assert approved().amount_fen == 1_000


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"cycle": None}, "settlement_cycle_missing"),
        ({"mode": Mode.SUB}, "settlement_cycle_only_pooled"),
        ({"mode": Mode.OWN, "cycle": None}, "settlement_other_bank_only_pooled"),
        ({"minimum_fen": -1}, "settlement_minimum_invalid"),
    ],
)
def test_terms_that_do_not_go_together(alpha, given, code):
    confirmed(CCB)
    with pytest.raises(DomainError) as refused:
        choose(**given)
    assert refused.value.code == code


def test_pages_of_the_unit_from_registering_to_choosing(alpha):
    ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
    page = ben.get("/treasury/account/").content.decode()
    assert "还没有党费专户" in page
    assert "银行归集户" in page
    typed = {name: getattr(CCB, name) for name in ("bank", "cnaps", "branch", "name", "number")}
    wrong = ben.post("/treasury/account/register/", {**typed, "cnaps": "102301000123"})
    assert wrong.status_code == 422
    assert "中国建设银行的联行号以 105 开头" in wrong.content.decode()
    assert ben.post("/treasury/account/register/", typed).status_code == 302
    page = ben.get("/treasury/account/").content.decode()
    assert "尾号 4417" in page
    assert "0159" not in page
    answer = ben.post("/treasury/account/terms/", {"mode": "m3", "cycle": "Q", "minimum": "100.00"})
    assert answer.status_code == 302
    assert Policy.objects.get().minimum_fen == 10_000
    assert ben.get("/treasury/settlements/").status_code == 200


def test_the_console_from_comparing_to_sending(alpha):
    made = register()
    paid_out(2_500, on=dt.date(2020, 1, 1))
    maker = cast.staff(FacingClient(), "settlement_maker")
    page = maker.get(f"/settlement/accounts/{made.pk}/").content.decode()
    assert "尾号 4417" in page
    assert "0159" not in page
    refused = maker.post(f"/settlement/accounts/{made.pk}/", {"number": "11111111111"})
    assert refused.status_code == 409
    assert maker.post(f"/settlement/accounts/{made.pk}/", {"number": CCB.number}).status_code == 302
    assert "25.00" in maker.get("/settlement/").content.decode()
    with shared_context():
        batch = batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY)
    assert maker.post(f"/settlement/{batch.pk}/approve/").status_code == 403
    page = maker.get(f"/settlement/{batch.pk}/").content.decode()
    assert "中国建设银行 尾号 4417" in page
    assert maker.get(f"/settlement/{batch.pk}/file/")["Content-Disposition"].startswith(
        "attachment"
    )
    assert maker.get("/settlement/statement/").status_code == 200
    listed = maker.get("/api/v1/settlement/batches/").json()
    assert [one["amount_fen"] for one in listed] == [2_500]
    assert maker.get("/settlement/accounts/").status_code == 200


def test_another_unit_finds_neither_account_nor_settlement(alpha, beta):
    account = confirmed(CCB)
    paid_out(2_500)
    approved()
    (row,) = Instruction.objects.all()
    ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
    assert ben.get(f"/treasury/settlements/{row.pk}/").status_code == 200
    assert ben.get(f"/api/v1/treasury/settlements/{row.pk}/").json()["amount_fen"] == 2_500
    with unit_context(beta.id):
        eve = cast.officer(FacingClient(), beta, role="treasurer", name="叶")
    assert eve.get(f"/treasury/settlements/{row.pk}/").status_code == 404
    assert eve.get("/api/v1/treasury/settlements/").json() == []
    assert eve.post(f"/treasury/account/{account.pk}/close/").status_code == 404
