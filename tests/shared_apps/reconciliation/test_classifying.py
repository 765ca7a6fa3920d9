"""Comparing bills with orders: every class of difference, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.unit import shared_context, unit_context
from shared_apps.payments.models import Refund
from shared_apps.reconciliation.models import Case, Incoming, Line, Run
from shared_apps.reconciliation.selectors import runs
from shared_apps.reconciliation.services import classifying, loading
from tests.factories.reconciliation import DAY, NOW, at, make_config, make_paid, reconcile
from tests.shared_apps.payments.channels import bill_files as files

NEXT = DAY + dt.timedelta(days=1)


@pytest.fixture
def config(alpha):
    with shared_context():
        yield make_config(alpha)


def told(run=None):
    """Kind, number and amount of every case."""
    found = Case.objects.filter(run=run) if run else Case.objects.all()
    return sorted(found.values_list("kind", "number", "amount_fen"))


def each_line_has_one_end(run):
    """I9: matched or in exactly one case; as many as the bill says."""
    lines = Line.objects.filter(run=run)
    cased = set(Case.objects.filter(line__run=run).values_list("line_id", flat=True))
    by_verdict = {line.pk for line in lines if line.verdict == "case"}
    assert by_verdict == cased
    assert lines.count() == run.line_count
    assert not Incoming.objects.exists()
    assert runs.broken_invariants() == {"I7": 0, "I9": 0}


def test_what_agrees_is_matched_and_the_day_is_closed(config):
    order = make_paid(config, 1)
    run = reconcile(config, [files.payment(1)])
    assert (run.state, run.line_count, run.in_fen) == ("closed", 1, 12_900)
    assert Line.objects.get().order_id == order.pk
    assert told() == []
    each_line_has_one_end(run)


def test_every_difference_has_its_class_and_amount(config):
    for n in (1, 2, 3, 4, 5, 6):
        make_paid(config, n)
    make_paid(config, 7, state="awaiting")
    rows = [
        files.payment(1), files.payment(1),
        files.payment(2, 12_901),
        files.payment(3, 交易状态="REVOKED"),
        files.payment(4, 手续费="0.05000"),
        files.payment(5),
        files.payment(7),
        files.payment(8),
        files.refund(5, 300),
    ]  # fmt: skip
    totals = ["9", "0", "0", "0", "0.05", files.yuan(8 * 12_900 + 1), "3.00"]
    run = reconcile(config, rows, totals=totals)
    assert told(run) == sorted(
        [
            ("amount", "GJ00000000000002", 1),
            ("duplicate", "GJ00000000000001", 12_900),
            ("fee", "GJ00000000000004", -5),
            ("ours_only", "GJ00000000000006", -12_900),
            ("refund_theirs", "GR00000000000005", -300),
            ("state", "GJ00000000000003", -12_900),
            ("theirs_only", "GJ00000000000007", 12_900),
            ("theirs_only", "GJ00000000000008", 12_900),
        ]
    )
    assert run.state == "classified"
    each_line_has_one_end(run)
    known, unknown = (Case.objects.get(number=f"GJ{n:014d}") for n in (7, 8))
    assert (known.suggestion, unknown.suggestion) == ("ask", "explain")
    assert known.due_on == dt.date(2026, 11, 25)


def test_a_second_payment_of_one_order_is_a_duplicate(config):
    make_paid(config, 1)
    second = files.payment(1, 微信订单号="4200999")
    run = reconcile(config, [second, files.payment(1)])
    assert told(run) == [("duplicate", "GJ00000000000001", 12_900)]
    assert Case.objects.get().line.transaction_id == "4200999"


def test_a_second_payment_does_not_stand_for_the_first(config):
    make_paid(config, 1)
    run = reconcile(config, [files.payment(1, 微信订单号="4200999")])
    assert told(run) == [
        ("duplicate", "GJ00000000000001", 12_900),
        ("ours_only", "GJ00000000000001", -12_900),
    ]


def test_an_order_of_another_account_is_not_ours(config, beta):
    make_paid(make_config(beta, mchid="1900000002"), 1)
    run = reconcile(config, [files.payment(1)])
    case = Case.objects.get()
    assert (case.kind, case.order_id, case.unit_id) == ("theirs_only", None, config.unit_id)
    assert run.state == "classified"


class TestAcrossMidnight:
    def test_a_payment_in_the_next_days_bill_is_found_there(self, config):
        order = make_paid(config, 1, paid_at=at("23:59:58"))
        first = reconcile(config, [])
        assert told(first) == [("cutoff", "GJ00000000000001", -12_900)]
        assert first.state == "classified"
        second = reconcile(config, [files.payment(1)], day=NEXT)
        case = Case.objects.get()
        assert (case.state, case.way, case.order_id) == ("settled", "found", order.pk)
        assert (case.line.run_id, case.amount_fen, case.decided_by) == (second.pk, 0, None)
        each_line_has_one_end(second)

    def test_one_that_the_next_bill_has_not_either_is_missing(self, config):
        make_paid(config, 1, paid_at=at("23:59:58"))
        reconcile(config, [])
        reconcile(config, [], day=NEXT)
        assert told() == [("ours_only", "GJ00000000000001", -12_900)]

    def test_one_that_an_earlier_bill_had_is_explained_and_not_missing(self, config):
        make_paid(config, 1, paid_at=at("00:00:01", NEXT))
        first = reconcile(config, [files.payment(1)])
        assert (first.state, told(first)) == ("closed", [("cutoff", "GJ00000000000001", 0)])
        assert reconcile(config, [], day=NEXT).state == "closed"

    def test_one_that_both_bills_have_is_a_duplicate(self, config):
        make_paid(config, 1)
        reconcile(config, [files.payment(1)])
        second = reconcile(config, [files.payment(1)], day=NEXT)
        assert told(second) == [("duplicate", "GJ00000000000001", 12_900)]


class TestRefunds:
    @pytest.fixture
    def refund(self, config):
        order = make_paid(config, 1)
        ids = {"unit_id": config.unit_id, "unit_role": config.unit_role}
        made = Refund.objects.create(
            **ids, order=order, cause_id=order.pk, out_refund_no=f"GR{1:014d}",
            transaction_id=order.transaction_id, paid_fen=12_900, amount_fen=12_900,
            requested_by=order.pk, requested_at=NOW,
        )  # fmt: skip
        for changes in (
            {"state": "approved", "approved_by": config.unit_id, "approved_at": NOW},
            {"state": "submitting"},
            {"state": "succeeded", "refunded_at": at("12:00:00")},
        ):
            Refund.objects.filter(pk=made.pk).update(**changes)
        return made

    def test_agree(self, config, refund):
        assert reconcile(config, [files.payment(1), files.refund(1)]).state == "closed"

    def test_that_the_channel_does_not_know_or_knows_otherwise(self, config, refund):
        run = reconcile(config, [files.payment(1)])
        assert told(run) == [("refund_ours", "GR00000000000001", 12_900)]

    def test_of_another_amount(self, config, refund):
        run = reconcile(config, [files.payment(1), files.refund(1, 12_800)])
        assert told(run) == [("amount", "GR00000000000001", 100)]


class TestOnce:
    def test_a_bill_is_compared_once(self, config):
        make_paid(config, 1, state="awaiting")
        reconcile(config, [files.payment(1)])
        assert classifying.classify_tied_out(now=NOW) == []
        assert Case.objects.count() == Line.objects.count() == 1

    def test_an_account_has_one_run_a_day(self, config):
        reconcile(config, [])
        with pytest.raises(IntegrityError), transaction.atomic():
            reconcile(config, [])

    def test_a_row_of_a_bill_is_written_once(self, config):
        make_paid(config, 1)
        reconcile(config, [files.payment(1)])
        line = Line.objects.get()
        line.pk = config.pk
        with pytest.raises(IntegrityError), transaction.atomic():
            line.save(force_insert=True)

    def test_what_does_not_add_up_in_the_table_is_not_compared(self, config):
        make_paid(config, 1)
        run = Run.objects.create(
            unit_id=config.unit_id, unit_role=config.unit_role, config=config, channel="wechat",
            mchid=config.mchid, day=DAY, kind="trade", state="fetched", changed_at=NOW,
        )  # fmt: skip
        with transaction.atomic():
            loading.take(run=run, content=files.wechat([files.payment(1)]), now=NOW)
        Incoming.objects.update(amount_fen=1)
        classifying.tie_out(now=NOW)
        assert classifying.classify_tied_out(now=NOW) == []
        assert (Run.objects.get().state, Run.objects.get().try_at) == ("waiting", NOW)


def test_a_unit_sees_its_own_differences_only(alpha, beta, config):
    other = make_config(beta, mchid="1900000002")
    reconcile(other, [files.payment(1, 商户号="1900000002")])
    reconcile(config, [files.payment(2)])
    assert Case.objects.count() == 2
    for unit, number in ((alpha, "GJ00000000000002"), (beta, "GJ00000000000001")):
        with unit_context(unit.id):
            assert [case.number for case in Case.objects.all()] == [number]
            assert Line.objects.count() == Run.objects.count() == 1
