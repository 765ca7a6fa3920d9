"""Metering: reports in the unit's transaction, folded once, corrected by a recount."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.clock import Month, now
from kernel.unit import shared_context
from shared_apps.usage import selectors
from shared_apps.usage.models import Drift, Freshness, Outbox, Rollup
from shared_apps.usage.services import outbox, rollups

NOV = Month(202611)


def report(unit, kind, **numbers):
    outbox.emit(unit=unit, kind=kind, now=numbers.pop("at", now()), **numbers)


def figures(unit):
    with shared_context():
        while rollups.fold() == rollups.BATCH:
            pass
        return selectors.figures_by_unit(month=NOV).get(unit.id, selectors.UnitFigures())


class TestAReport:
    def test_is_written_by_the_units_own_role(self, alpha):
        report(alpha, "members", delta=12)
        with shared_context():
            row = Outbox.objects.get()
        assert (row.unit_id, row.unit_role) == (alpha.id, alpha.schema_name)

    def test_cannot_be_read_changed_or_written_for_another(self, alpha, beta):
        report(alpha, "members", delta=1)
        for sql in ("SELECT * FROM usage_outbox", "DELETE FROM usage_outbox"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        with pytest.raises(DatabaseError), transaction.atomic():
            report(beta, "members", delta=1)

    def test_disappears_with_its_transaction(self, alpha):
        with pytest.raises(ValueError), transaction.atomic():
            report(alpha, "members", delta=9)
            raise ValueError
        assert figures(alpha).members == 0

    @pytest.mark.parametrize(
        ("kind", "numbers"), [("members", {"count": 1}), ("gossip", {}), ("gossip", {"delta": 1})]
    )
    def test_of_an_unknown_kind_or_number_is_a_mistake(self, alpha, kind, numbers):
        with pytest.raises(TypeError):
            report(alpha, kind, **numbers)


class TestFolding:
    def test_adds_changes_up_by_month(self, alpha):
        report(alpha, "members", delta=20)
        report(alpha, "members", delta=-3)
        report(alpha, "organizations", delta=4)
        report(alpha, "bills", month=202611, count=17, due_fen=170_000)
        report(alpha, "bills", month=202610, count=16, due_fen=160_000)
        report(alpha, "payments", month=202611, count=2, paid_fen=20_000)
        found = figures(alpha)
        assert (found.members, found.organizations) == (17, 4)
        assert (found.bills, found.due_fen, found.month_due_fen) == (33, 330_000, 170_000)
        assert (found.month_paid_fen, found.paid_fen) == (20_000, 20_000)

    def test_takes_every_report_once(self, alpha):
        report(alpha, "members", delta=20)
        assert figures(alpha).members == 20
        assert figures(alpha).members == 20
        with shared_context():
            assert not Outbox.objects.exists()

    def test_keeps_the_latest_of_what_is_stated(self, alpha):
        early, late = now(), now() + dt.timedelta(minutes=1)
        report(alpha, "state", administrators=2, at=late)
        assert figures(alpha).administrators == 2
        report(alpha, "state", administrators=1, at=early)
        assert figures(alpha).administrators == 2

    def test_knows_since_when_a_figure_is_something(self, alpha):
        moment = dt.datetime(2026, 11, 3, 8, tzinfo=dt.UTC)
        report(alpha, "state", second_factors=1, at=moment)
        assert figures(alpha).since("second_factors") == moment
        assert figures(alpha).since("bills") is None

    def test_says_when_it_was_last_done(self, db):
        moment = now()
        rollups.drain(now=moment)
        assert selectors.as_of() == moment
        assert Freshness.objects.count() == 1


class TestARecount:
    def test_corrects_and_reports_the_difference(self, alpha):
        report(alpha, "members", delta=20)
        assert figures(alpha).members == 20
        with shared_context():
            found = rollups.correct(
                unit_id=alpha.id,
                found={("members.delta", 0): 18, ("organizations.delta", 0): 0},
                now=now(),
            )
            assert [(one.metric, one.kept, one.found) for one in found] == [
                ("members.delta", 20, 18)
            ]
            assert selectors.drifts(since=now() - dt.timedelta(hours=1)).count() == 1
        assert figures(alpha).members == 18

    def test_leaves_what_it_did_not_look_at(self, alpha):
        report(alpha, "bills", month=202401, count=5, due_fen=500)
        figures(alpha)
        with shared_context():
            rollups.correct(unit_id=alpha.id, found={("bills.count", 202611): 0}, now=now())
            assert not Drift.objects.exists()
            assert Rollup.objects.get(metric="bills.count", period=202401).value == 5


class TestWhatLeavesAUnit:
    @pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (411, 411)])
    def test_small_counts_of_people_are_suppressed(self, count, shown):
        assert selectors.shown(count) == shown

    def test_totals_are_not(self):
        totals = selectors.totals(
            [selectors.UnitFigures(members=3), selectors.UnitFigures(members=4)]
        )
        assert totals.members == 7

    def test_the_unit_may_see_everything_kept_about_it(self, alpha):
        report(alpha, "members", delta=3)
        figures(alpha)
        with shared_context():
            assert [row.metric for row in selectors.reports_of(alpha.id)] == ["members.delta"]
            rollups.forget(unit_id=alpha.id)
            assert not selectors.reports_of(alpha.id).exists()
