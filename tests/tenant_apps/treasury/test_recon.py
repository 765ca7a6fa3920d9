"""Reconciliation from end to end against the simulated channel, its pages, its API."""
# ruff: noqa: F811 - fixtures of the simulator

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import day_of
from kernel.errors import Forbidden
from kernel.unit import shared_context
from shared_apps.payments import selectors as payments
from shared_apps.reconciliation.models import Case, Line, Run
from shared_apps.reconciliation.selectors.cases import CaseNotFound, differences
from shared_apps.reconciliation.services import arranging, deciding
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.models import Bill
from tenant_apps.dues.services import ledger
from tenant_apps.treasury.services import recon
from tests import cast
from tests.conftest import FacingClient
from tests.factories import reconciliation as made
from tests.factories.dues import treasurer
from tests.shared_apps.payments.channels import bill_files as files
from tests.tenant_apps.dues.conftest import (  # noqa: F401 - fixtures of the simulator
    account,
    channel,
    cleo,
    config,
    core,
    mailbag,
    notify,
    pay,
    start,
    store,
    wall,
)

WHY = "已与渠道客服核实，次日补记"
LATER = dt.timedelta(minutes=11)


@pytest.fixture
def today(core, wall, config):
    """The channel's calendar runs ahead: today's bills are there."""
    core.clock.ahead = dt.timedelta(days=3)
    return day_of(wall())


@pytest.fixture
def go(today, wall):
    """A day's runs are opened and brought as far as they will go; by kind."""

    def act(*, days=0, after=dt.timedelta()):
        now = wall() + after
        with shared_context():
            arranging.arrange(day=today + dt.timedelta(days=days), now=now)
        recon.advance(now=now)
        found = Run.objects.filter(day=today + dt.timedelta(days=days))
        return {run.kind: run for run in found}

    return act


def test_no_bill_is_asked_for_of_a_day_before_the_account(go):
    assert go(days=-1) == {}
    assert set(go()) == {"trade", "fund"}


def test_a_day_on_which_nobody_looked_is_caught_up(config, wall):
    first = arranging.day_to_reconcile(wall()) + dt.timedelta(days=2)
    with shared_context():
        for days in (2, 2, 5):
            arranging.arrange_due(now=wall() + dt.timedelta(days=days))
    found = Run.objects.order_by("day").values_list("day", flat=True).distinct()
    assert [*found] == [first + dt.timedelta(days=days) for days in range(4)]


@pytest.fixture
def lost(cleo, start, pay):
    """Cleo paid September; the channel's callback never came."""
    order = start(cleo, 202609)
    pay(order)
    return order


@pytest.fixture
def case(alpha):
    """A difference about an order that nobody knows."""
    with shared_context():
        made.reconcile(made.make_config(alpha), [files.payment(8)])
    return Case.objects.get()


class TestAdvance:
    def test_money_of_which_nothing_was_heard_is_booked_from_the_bill(self, lost, go, cleo):
        runs = go()
        assert payments.order_by_id(lost.pk).is_paid
        assert Bill.objects.filter(member=cleo, state="PAID").count() == 1
        case = Case.objects.get()
        assert (case.kind, case.state, case.way) == ("theirs_only", "settled", "booked")
        assert case.decided_by is None
        assert runs["trade"].state == "closed"
        event = audit.events_about(case.pk).get()
        assert (event.code, event.data["number"]) == ("reconciliation.booked", lost.out_trade_no)

    def test_a_second_run_changes_nothing(self, lost, go):
        go()
        before = (Line.objects.count(), Case.objects.count(), dues.balance("1011"))
        go(after=LATER)
        assert (Line.objects.count(), Case.objects.count(), dues.balance("1011")) == before

    def test_the_account_at_the_channel_is_the_ledgers(self, lost, go):
        fund = go()["fund"]
        assert (fund.state, fund.balance_fen, fund.books_fen) == ("closed", 12_900, 12_900)
        assert dues.balance("1011") == 12_900

    def test_what_was_paid_out_is_booked_once_and_the_account_is_empty(self, lost, go):
        go()
        fund = go(days=1)["fund"]
        assert (fund.state, fund.balance_fen, fund.books_fen) == ("closed", 0, 0)
        assert (dues.balance("1011"), dues.balance("1016")) == (0, 12_900)
        Run.objects.filter(pk=fund.pk).update(state="loaded")
        go(days=1, after=LATER)
        assert dues.balance("1016") == 12_900

    def test_an_account_that_differs_stays_open(self, lost, go, wall):
        clearing = ledger.clearing_account(channel="wechat", mchid=lost.config.mchid)
        ledger.post(
            debit=clearing, credit="2001", amount_fen=1, effect="test:1", at=wall(), memo="一分"
        )  # fmt: skip
        fund = go()["fund"]
        assert (fund.state, fund.balance_fen, fund.books_fen) == ("classified", 12_900, 12_901)
        case = Case.objects.get(kind="balance")
        assert (case.amount_fen, case.ours_fen, case.suggestion) == (-1, 12_901, "check")
        assert differences().count == 1
        with pytest.raises(recon.StillDiffers):
            recon.check_again(case_id=case.pk, actor=treasurer(), now=wall())
        recon.explain(case_id=case.pk, reason=WHY, actor=treasurer(), now=wall())
        fund.refresh_from_db()
        assert fund.state == "classified", "only agreeing closes a balance"
        recon.take_back(case_id=case.pk, actor=treasurer(), now=wall())
        ledger.post(
            debit="2001", credit=clearing, amount_fen=1, effect="test:2", at=wall(), memo="一分"
        )  # fmt: skip
        go(after=LATER)
        case.refresh_from_db()
        fund.refresh_from_db()
        assert (case.state, case.way, case.amount_fen) == ("settled", "agreed", 0)
        assert (fund.state, fund.books_fen) == ("closed", 12_900)
        with pytest.raises(CaseNotFound):
            recon.check_again(case_id=case.pk, actor=treasurer("00010002"), now=wall())

    @pytest.mark.parametrize(
        ("mode", "code"),
        [
            ("not_ready", "STATEMENT_CREATING"),
            ("wrong_digest", "bill_digest"),
            ("truncated", "bill_truncated"),
            ("wrong_total", "bill_total"),
        ],
    )
    def test_a_bill_that_is_not_there_or_not_whole_is_fetched_again(
        self, lost, go, core, mode, code
    ):
        core.plant("bill", mode, times=2)
        runs = go()
        assert {(run.state, run.error_code) for run in runs.values()} >= {("waiting", code)}
        assert not Line.objects.exists()
        again = go(after=LATER)
        assert again["trade"].state == "closed"
        assert again["trade"].error_code == ""

    def test_a_lying_bill_is_a_case_and_moves_no_money(self, lost, go, core, notify, pay):
        core.plant("bill", "extra_line")
        runs = go()
        assert runs["trade"].state == "classified"
        assert {case.kind for case in Case.objects.filter(state="open")} == {"theirs_only"}
        assert dues.balance("1011") == 12_900


class TestDecide:
    def test_a_person_explains_and_takes_back_and_both_are_kept(self, case):
        ben = treasurer()
        recon.explain(case_id=case.pk, reason=WHY, actor=ben, now=made.NOW)
        case.refresh_from_db()
        assert (case.state, case.way, case.decided_by_name) == ("settled", "explain", "贝凯")
        assert case.run.state == "closed"
        assert differences().count == 0
        recon.take_back(case_id=case.pk, actor=ben, now=made.NOW)
        case.refresh_from_db()
        assert (case.state, case.reason, case.decided_by) == ("open", "", None)
        assert Run.objects.get().state == "classified"
        told = [(event.code, event.data["reason"]) for event in audit.events_about(case.pk)]
        assert sorted(told) == [
            ("reconciliation.explained", WHY),
            ("reconciliation.taken_back", WHY),
        ]

    def test_refuses(self, case):
        ben = treasurer()
        with pytest.raises(deciding.CaseReasonNeeded):
            recon.explain(case_id=case.pk, reason=" 好 ", actor=ben, now=made.NOW)
        with pytest.raises(deciding.CaseNotDecided):
            recon.take_back(case_id=case.pk, actor=ben, now=made.NOW)
        with pytest.raises(Forbidden):
            recon.explain(
                case_id=case.pk, reason=WHY, actor=treasurer(role="secretary"), now=made.NOW
            )
        with pytest.raises(CaseNotFound):
            recon.explain(case_id=case.pk, reason=WHY, actor=treasurer("00010002"), now=made.NOW)
        recon.explain(case_id=case.pk, reason=WHY, actor=ben, now=made.NOW)
        with pytest.raises(deciding.CaseAlreadySettled):
            recon.explain(case_id=case.pk, reason=WHY, actor=ben, now=made.NOW)

    def test_the_channel_may_say_that_nothing_was_paid(self, cleo, start, config):
        order = start(cleo, 202609)
        number = {"商户号": config.mchid, "商户订单号": order.out_trade_no}
        with shared_context():
            made.reconcile(config, [files.payment(1, **number)])
        with pytest.raises(recon.StillUnclear):
            recon.ask_again(case_id=Case.objects.get().pk, actor=treasurer(), now=made.NOW)
        assert Case.objects.get().state == "open"


class TestInterfaces:
    @pytest.fixture
    def ann(self, alpha):
        return cast.officer(FacingClient(), alpha, role="treasurer", name="安")

    def test_the_list_shows_masked_payers_and_what_the_bill_says(self, lost, go, ann, today):
        go()
        month = f"{today:%Y-%m}"
        page = ann.get("/treasury/reconciliation/", {"month": month}).content.decode()
        assert lost.out_trade_no in page
        assert "克*" in page
        assert "克莱" not in page
        assert "差异 0.00 元" in page
        book = ann.get("/treasury/reconciliation/", {"month": month, "export": "xlsx"})
        assert book.content.startswith(b"PK")

    def test_a_difference_is_settled_at_the_desk(self, case, ann):
        page = ann.get("/treasury/reconciliation/differences/").content.decode()
        assert "长款" in page
        address = f"/treasury/reconciliation/differences/{case.pk}/"
        assert "登记核实结果" in ann.get(address).content.decode()
        assert ann.post(f"{address}explain/", {"reason": "短"}).status_code == 422
        assert ann.post(f"{address}ask/").status_code == 409
        assert ann.post(f"{address}explain/", {"reason": WHY}).status_code == 302
        assert WHY in ann.get(address).content.decode()
        assert ann.post(f"{address}take-back/").status_code == 302
        settled = ann.get("/treasury/reconciliation/differences/", {"state": "settled"})
        assert "还没有处理过差异" in settled.content.decode()

    def test_and_by_program(self, case, ann):
        (told,) = ann.get("/api/v1/treasury/differences/").json()
        assert (told["difference_kind"], told["amount_fen"]) == ("theirs_only", 12_900)
        address = f"/api/v1/treasury/differences/{case.pk}/"
        given = {"data": {"reason": WHY}, "content_type": "application/json"}
        assert ann.post(f"{address}explain/", **given).json()["case_state"] == "settled"
        assert ann.post(f"{address}explain/", **given).status_code == 409
        assert ann.post(f"{address}take-back/").json()["case_state"] == "open"

    def test_another_unit_and_another_branch_find_nothing(self, case, beta, alpha, lost, go):
        stranger = cast.officer(FacingClient(), beta, role="unit_admin", name="贝塔")
        bob = cast.officer(FacingClient(), alpha, role="treasurer", scope="00010002", name="博")
        go()
        for who in (stranger, bob):
            address = f"/treasury/reconciliation/differences/{case.pk}/"
            assert who.get(address).status_code == 404
            assert who.post(f"{address}explain/", {"reason": WHY}).status_code == 404
            page = who.get("/treasury/reconciliation/").content.decode()
            assert lost.out_trade_no not in page

    def test_a_balance_is_checked_again_at_the_desk(self, lost, go, ann, wall):
        clearing = ledger.clearing_account(channel="wechat", mchid=lost.config.mchid)
        ledger.post(
            debit=clearing, credit="2001", amount_fen=1, effect="test:1", at=wall(), memo="一分"
        )  # fmt: skip
        go()
        case = Case.objects.get(kind="balance")
        address = f"/treasury/reconciliation/differences/{case.pk}/"
        assert "重新核对结余" in ann.get(address).content.decode()
        assert ann.post(f"{address}check/").status_code == 409
        assert ann.post(f"/api/v1/treasury/differences/{case.pk}/check/").status_code == 409

    def test_operators_see_figures_and_fetch_again_what_is_stuck(self, case, lost, go, core, alpha):
        core.plant("bill", "not_ready", times=2)
        runs = go()
        operator = cast.staff(FacingClient(), "operator")
        page = operator.get("/reconciliation/").content.decode()
        assert alpha.name in page
        assert "账单生成中" in page
        assert "克莱" not in page
        assert case.number not in page
        address = f"/reconciliation/bills/{runs['trade'].pk}/again/"
        assert operator.post(address).status_code == 302
        assert operator.post("/api/v1" + address).status_code == 200
        done = f"/api/v1/reconciliation/bills/{case.run_id}/again/"
        assert operator.post(done).status_code == 409
        for what in ("days", "units", "bills"):
            assert operator.get(f"/api/v1/reconciliation/{what}/").json()
        auditor = cast.staff(FacingClient(), "audit_admin")
        assert auditor.post(address).status_code == 403
