"""Metering: reports in the unit's transaction, folded once, corrected by a recount."""

import datetime as dt
from contextlib import contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.conninfo import make_conninfo

from config.schedule import app
from kernel import storage
from kernel.clock import Month, day_of, now
from kernel.storage import archive_files, unit_files
from kernel.unit import shared_context, unit_context
from shared_apps.usage import selectors
from shared_apps.usage.models import (
    Drift,
    Freshness,
    Outbox,
    PlaceDay,
    Report,
    UnitDay,
    UnitMonth,
    UnitTotal,
)
from shared_apps.usage.services import correcting, folding, outbox, rollups
from shared_apps.usage.services.correcting import Counted, Dues
from tenants.models import Unit

NOV = Month(202611)
READABLE = ["usage_report", "usage_unittotal", "usage_unitmonth", "usage_unitday", "usage_drift"]


def report(unit, kind, **numbers):
    outbox.emit(unit=unit, kind=kind, now=numbers.pop("at", now()), **numbers)


def figures(unit):
    with shared_context():
        while rollups.fold(now=now()).taken == rollups.BATCH:
            pass
        return selectors.figures_by_unit(month=NOV).get(unit.id, selectors.UnitFigures())


def recount(unit, **found):
    values = {"organizations": 0, "members": 0, "activated": 0, **found}
    with shared_context():
        return correcting.correct(
            unit_id=unit.id, unit_role=unit.schema_name, counted=Counted(**values), now=now()
        )


@contextmanager
def analyzed_table(unit):
    """A table of some megabytes in the unit's schema, known to the catalogue; yields its bytes."""
    table = f"{unit.schema_name}.measured"
    owner = make_conninfo(settings.TEST_DATABASE_SERVER, dbname=settings.DATABASES["owner"]["NAME"])
    with psycopg.connect(owner, autocommit=True) as session, session.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} AS SELECT n FROM generate_series(1, 100000) AS n")
        try:
            cursor.execute(f"ANALYZE {table}")
            cursor.execute("SELECT pg_relation_size(%s)", [table])
            yield cursor.fetchone()[0]
        finally:
            cursor.execute(f"DROP TABLE {table}")


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

    def test_of_every_kind_is_folded_somewhere(self):
        folded = set(folding.REPORTED.values()) | {("state", name) for name in folding.STATED}
        sent = {(kind, name) for kind, names in outbox.NUMBERS.items() for name in names}
        assert folded == sent - {("bills", "month"), ("payments", "month")}


class TestFolding:
    def test_adds_changes_up_by_month(self, alpha):
        report(alpha, "members", delta=20)
        report(alpha, "members", delta=-3)
        report(alpha, "organizations", delta=4)
        report(alpha, "activations", delta=2)
        report(alpha, "bills", month=202611, count=17, due_fen=170_000)
        report(alpha, "bills", month=202610, count=16, due_fen=160_000)
        report(alpha, "payments", month=202611, count=2, paid_fen=20_000)
        found = figures(alpha)
        assert (found.members, found.organizations, found.activated) == (17, 4, 2)
        assert (found.bills, found.due_fen, found.month_due_fen) == (33, 330_000, 170_000)
        assert (found.month_paid_fen, found.paid_fen, found.month_bills) == (20_000, 20_000, 17)

    def test_adds_to_what_is_there(self, alpha):
        for delta in (20, 5):
            report(alpha, "members", delta=delta)
            report(alpha, "bills", month=202611, count=delta, due_fen=delta)
            found = figures(alpha)
        assert (found.members, found.bills, found.month_bills) == (25, 25, 25)

    def test_puts_acts_on_their_day_in_beijing(self, alpha):
        late = dt.datetime(2026, 11, 3, 17, tzinfo=dt.UTC)
        report(alpha, "sign_ins", delta=1, at=late)
        report(alpha, "imports", delta=1, at=late - dt.timedelta(hours=2))
        figures(alpha)
        with shared_context():
            days = {row.day.day: (row.imports, row.sign_ins) for row in UnitDay.objects.all()}
        assert days == {3: (1, 0), 4: (0, 1)}

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
        report(alpha, "state", administrators=1, second_factors=1, at=early)
        found = figures(alpha)
        assert (found.administrators, found.second_factors) == (2, 1)
        report(alpha, "state", administrators=3, at=late)
        report(alpha, "state", administrators=4, at=late + dt.timedelta(seconds=1))
        assert figures(alpha).administrators == 4

    def test_knows_since_when_a_figure_is_something(self, alpha):
        moment = dt.datetime(2026, 11, 3, 8, tzinfo=dt.UTC)
        report(alpha, "state", second_factors=1, at=moment)
        report(alpha, "bills", month=202611, count=1, due_fen=1, at=moment)
        report(alpha, "members", delta=1)
        found = figures(alpha)
        assert found.since("second_factors") == found.since("bills") == moment
        assert found.since("payments") is None

    def test_drops_reports_of_a_unit_that_is_gone(self, alpha):
        report(alpha, "members", delta=5)
        with shared_context():
            Outbox.objects.update(unit_id="01900000-0000-7000-8000-000000000000")
            assert rollups.fold(now=now()).taken == 1
            assert not UnitTotal.objects.exists()
            assert not Outbox.objects.exists()

    def test_keeps_the_latest_reports_as_they_were(self, alpha):
        for delta in range(1, rollups.REPORTS_KEPT + 4):
            report(alpha, "members", delta=delta)
        figures(alpha)
        with shared_context():
            rollups.prune(now=now())
            kept = list(Report.objects.all())
        assert len(kept) == rollups.REPORTS_KEPT
        assert (kept[0].kind, kept[0].numbers) == ("members", {"delta": rollups.REPORTS_KEPT + 3})


class TestTheDrain:
    def test_brings_a_units_write_to_the_page_within_a_minute(self, alpha):
        """The drain is sent every ten seconds (config.schedule)."""
        assert app.conf.beat_schedule["usage.rollups.drain"]["schedule"] <= 30
        written = now()
        report(alpha, "members", delta=7, at=written)
        with shared_context():
            behind = selectors.lag(now=written + dt.timedelta(seconds=75))
            assert (behind.waiting, behind.seconds, behind.is_late) == (1, 75, True)
            rollups.drain(now=written + dt.timedelta(seconds=10))
            lag = selectors.lag(now=written + dt.timedelta(seconds=12))
            assert (lag.waiting, lag.seconds, lag.is_late) == (0, 0, False)
            assert lag.as_of - written <= dt.timedelta(seconds=60)
            span = selectors.span_of("30", today=day_of(written))
            assert selectors.everything(span).members.over_everything == 7

    def test_says_when_it_was_last_done(self, db):
        moment = now()
        rollups.drain(now=moment)
        assert selectors.as_of() == moment
        assert Freshness.objects.count() == 1

    def test_makes_the_days_of_places_from_the_days_of_units(self, alpha, beta):
        with shared_context():
            Unit.objects.filter(pk=beta.pk).update(region_code="330100", bank_branch="西湖支行")
        for _ in range(2):
            report(alpha, "payments", month=202611, count=1, paid_fen=100)
        with unit_context(beta.id):
            report(beta, "payments", month=202611, count=5, paid_fen=900)
        with shared_context():
            rollups.drain(now=now())
            rollups.drain(now=now())
            rows = {(row.kind, row.place): row.paid_fen for row in PlaceDay.objects.all()}
        assert rows == {
            ("all", ""): 1_100,
            ("city", "320300"): 200, ("city", "330100"): 900,
            ("branch", ""): 200, ("branch", "西湖支行"): 900,
        }  # fmt: skip

    def test_heals_a_day_that_a_recount_folded(self, alpha):
        report(alpha, "imports", delta=1)
        figures(alpha)
        with shared_context():
            assert not PlaceDay.objects.exists()
            rollups.drain(now=now())
            assert PlaceDay.objects.get(kind="all").imports == 1

    def test_forgets_what_is_older_than_a_year(self, alpha):
        report(alpha, "imports", delta=1, at=now() - dt.timedelta(days=rollups.DAYS_KEPT + 2))
        report(alpha, "imports", delta=1)
        figures(alpha)
        with shared_context():
            rollups.prune(now=now())
            assert UnitDay.objects.count() == 1


class TestARecount:
    def test_corrects_and_reports_the_difference(self, alpha):
        report(alpha, "members", delta=20)
        assert figures(alpha).members == 20
        found = recount(alpha, members=18)
        assert [(one.metric, one.kept, one.found) for one in found] == [("members", 20, 18)]
        with shared_context():
            since = now() - dt.timedelta(hours=1)
            assert selectors.drifts(since=since).count() == 1
            assert selectors.drifts_of_units(since=since).get() == {"unit_id": alpha.id, "n": 1}
        assert figures(alpha).members == 18

    def test_moves_the_sum_of_all_months_by_what_a_month_was_wrong(self, alpha):
        report(alpha, "bills", month=202401, count=5, due_fen=500)
        report(alpha, "bills", month=202611, count=5, due_fen=500)
        figures(alpha)
        found = recount(alpha, months={202611: Dues(bills=4, due_fen=450), 202612: Dues()})
        assert {one.metric for one in found} == {"bills", "due_fen"}
        after = figures(alpha)
        assert (after.bills, after.due_fen, after.month_due_fen) == (9, 950, 450)

    def test_leaves_what_it_did_not_look_at(self, alpha):
        report(alpha, "bills", month=202401, count=5, due_fen=500)
        figures(alpha)
        assert recount(alpha, months={202611: Dues()}) == []
        with shared_context():
            assert not Drift.objects.exists()
            assert UnitMonth.objects.get(month=202401).bills == 5

    def test_makes_the_line_of_a_unit_that_never_reported(self, alpha):
        assert [one.found for one in recount(alpha, members=7)] == [7]
        assert figures(alpha).members == 7


class TestStorage:
    def test_of_all_units_is_measured_at_once(self, alpha, beta):
        for unit in (alpha, beta):
            with unit_context(unit.id):
                report(unit, "members", delta=7)
            figures(unit)
        with shared_context():
            rollups.measure(now=now())
            assert selectors.as_of("storage") is not None
        before = figures(alpha).storage_bytes, figures(beta).storage_bytes
        with analyzed_table(alpha) as size, shared_context():
            rollups.measure(now=now())
        # The catalogue's own upkeep may find a page more of the tables that were there.
        slack = size // 4
        assert size <= figures(alpha).storage_bytes - before[0] < size + slack
        assert figures(beta).storage_bytes - before[1] < slack

    def test_counts_the_units_files_and_neither_backups_nor_those_of_others(self, alpha, beta):
        for unit in (alpha, beta):
            with unit_context(unit.id):
                report(unit, "members", delta=7)
            figures(unit)
        with shared_context():
            rollups.measure(now=now())
        before = figures(alpha).storage_bytes, figures(beta).storage_bytes
        with unit_context(alpha.id):
            key = unit_files().save("roster.xlsx", b"x" * 3_000_000)
            unit_files().save("roster.xlsx", b"x" * 1_000_000)
        archive_files(alpha.id).save("alpha.gjunit", b"x" * 5_000_000)
        with shared_context():
            rollups.measure(now=now())
        after = figures(alpha).storage_bytes, figures(beta).storage_bytes
        assert after == (before[0] + 4_000_000, before[1])
        with unit_context(alpha.id):
            unit_files().delete(key)
        with shared_context():
            rollups.measure(now=now())
        assert figures(alpha).storage_bytes == before[0] + 1_000_000

    def test_asks_an_object_store_once_for_all_units(self, alpha, beta, monkeypatch):
        stored = [
            SimpleNamespace(key=f"units/{unit.id}/{name}", size=size)
            for unit, name, size in ((alpha, "a", 1), (alpha, "b", 2), (beta, "c", 4))
        ]
        asked = []

        def listing(Prefix):
            asked.append(Prefix)
            return iter(stored)

        bucket = SimpleNamespace(objects=SimpleNamespace(filter=listing))
        monkeypatch.setattr(storage, "default_storage", SimpleNamespace(bucket=bucket))
        assert storage.sizes() == {alpha.id: 3, beta.id: 4}
        assert asked == ["units/"]


class TestWhatIsKeptOfAUnit:
    def test_may_be_read_by_the_unit_and_by_no_other(self, alpha, beta):
        report(alpha, "bills", month=202611, count=7, due_fen=3)
        figures(alpha)
        recount(alpha, members=1)
        for context, rows in ((alpha, 1), (beta, 0)):
            with unit_context(context.id), connection.cursor() as cursor:
                for table in READABLE:
                    cursor.execute(f"SELECT count(*) > 0 FROM {table}")
                    assert cursor.fetchone() == (bool(rows),), table

    @pytest.mark.parametrize("table", [*READABLE, "usage_placeday", "usage_freshness"])
    def test_cannot_be_written_by_the_unit(self, alpha, table):
        for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)

    def test_goes_with_the_unit(self, alpha):
        report(alpha, "members", delta=3)
        figures(alpha)
        report(alpha, "members", delta=3)
        recount(alpha)
        with shared_context():
            rollups.forget(unit_id=alpha.id)
            for model in (Outbox, Report, UnitTotal, UnitMonth, UnitDay, Drift):
                assert not model.objects.exists(), model
