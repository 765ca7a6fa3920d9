"""Figures of requests and jobs: bounded whatever the number of units, the unit as an exemplar."""

import json
import os
import subprocess
import sys

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from config import metrics, observing
from config.gauges import READINGS, Platform
from config.metric_files import start_afresh
from kernel.errors import DomainError
from kernel.jobs import Running, watched
from kernel.models import uuid7
from kernel.unit import shared_context
from onboarding.views.workbench import UnitHome
from shared_apps.status.selectors.errors import errors_since
from tenants.models import Unit
from tests import cast
from tests.conftest import FacingClient

pytestmark = pytest.mark.django_db
TOKEN = {"authorization": "Bearer let-me-see"}
FORBIDDEN = {"unit", "unit_id", "host", "schema", "tenant", "path", "person", "actor"}


@pytest.fixture(autouse=True)
def _afresh():
    for histogram in (metrics.REQUESTS, metrics.QUERIES, metrics.JOBS):
        histogram.clear()
    metrics.exemplars.clear()


def families(*others):
    return list(text_string_to_metric_families(metrics.exposition(*others).decode()))


def samples(*others):
    return [sample for family in families(*others) for sample in family.samples]


class TestWhoMayRead:
    def test_nobody_without_the_token(self, client, settings):
        settings.METRICS_TOKEN = ""
        for given in ({}, TOKEN, {"authorization": "Bearer "}):
            answer = client.get("/metrics", headers={"host": "console.test", **given})
            assert answer.status_code == 403
        settings.METRICS_TOKEN = "let-me-see"
        for given in ({}, {"authorization": "Bearer let-me-sea"}, {"authorization": "Bearer "}):
            response = client.get("/metrics", headers={"host": "console.test", **given})
            assert (response.status_code, response.content) == (403, b"refused\n")

    def test_whoever_has_it_on_the_console_and_on_the_machine(self, client, settings):
        settings.METRICS_TOKEN = "let-me-see"
        for host in ("console.test", "127.0.0.1"):
            response = client.get("/metrics", headers={"host": host, **TOKEN})
            assert response.status_code == 200
            assert response["Content-Type"].startswith("application/openmetrics-text")

    def test_no_other_host_has_such_a_page(self, client, settings):
        settings.METRICS_TOKEN = "let-me-see"
        for host in ("alpha.test", "m.test", "pay.test", "status.test"):
            assert client.get("/metrics", headers={"host": host, **TOKEN}).status_code == 404


class TestRequests:
    def test_are_measured_by_face_view_method_and_status(self, client, alpha):
        FacingClient().get("/sign-in/", headers={"host": "alpha.test"})
        found = [s for s in samples() if s.name == "gongjian_request_seconds_count"]
        assert [s.labels for s in found] == [
            {
                "face": "unit",
                "view": "tenant_apps.access.views.sign_in.DeskSignIn",
                "method": "GET",
                "status": "2xx",
            }
        ]
        statements = next(s for s in samples() if s.name == "gongjian_request_queries_sum")
        assert statements.value > 0

    def test_carry_the_unit_as_an_exemplar(self, client, alpha):
        FacingClient().get("/sign-in/", headers={"host": "alpha.test"})
        units = {s.exemplar.labels["unit"] for s in samples() if s.exemplar}
        assert units == {str(alpha.pk)}

    def test_health_is_not_measured(self, client):
        client.get("/readyz")
        assert [s for s in samples() if s.name.startswith("gongjian_request")] == []

    def test_addresses_and_methods_made_up_by_strangers_add_no_series(self, client):
        client.get("/", headers={"host": "console.test"})
        client.get("/nowhere/0/", headers={"host": "console.test"})
        client.generic("BREW", "/nowhere/0/", headers={"host": "console.test"})
        before = len(samples())
        for number in range(1, 50):
            client.get(f"/nowhere/{number}/", headers={"host": "console.test"})
            client.generic(f"BREW{number}", f"/nowhere/{number}/", headers={"host": "console.test"})
        assert len(samples()) == before


def test_a_thousand_units_have_as_many_series_as_one():
    def everything(unit):
        labels = {"face": "unit", "view": "v", "method": "GET", "status": "2xx"}
        for seconds in (0.001, 0.3, 99.0):
            metrics.observe(metrics.REQUESTS, labels, seconds, unit=unit)
        metrics.observe(metrics.QUERIES, {"face": "unit", "view": "v"}, 7, unit=unit)
        observing.job_ended(Running("dues.sweep", unit, "1"), 0.2, None)

    everything(str(uuid7()))
    before = samples(Platform())
    units = [str(uuid7()) for _ in range(1000)]
    for unit in units:
        everything(unit)
    after = samples(Platform())
    assert len(after) == len(before)
    assert not FORBIDDEN & {name for sample in after for name in sample.labels}
    values = {value for sample in after for value in sample.labels.values()}
    assert not values & set(units)
    assert len(metrics.exemplars.everybodys()) == 5
    assert {s.exemplar.labels["unit"] for s in after if s.exemplar} == {units[-1]}


class TestJobs:
    def test_are_measured_by_name_and_result(self, alpha):
        with watched("a", "shared"):
            pass
        with pytest.raises(DomainError), watched("a", str(alpha.pk)):
            raise DomainError
        with pytest.raises(ZeroDivisionError), watched("a", str(alpha.pk)):
            1 / 0  # noqa: B018
        found = {
            s.labels["result"]: s.value for s in samples() if s.name == "gongjian_job_seconds_count"
        }
        assert found == {"ok": 1, "refused": 1, "failed": 1}

    def test_one_that_failed_counts_against_its_unit_and_a_refusal_does_not(self, alpha):
        with pytest.raises(DomainError), watched("a", str(alpha.pk)):
            raise DomainError

        with shared_context():
            assert errors_since(observing.clock.today()) == {}
        with pytest.raises(ZeroDivisionError), watched("a", str(alpha.pk)):
            1 / 0  # noqa: B018
        with shared_context():
            assert errors_since(observing.clock.today()) == {alpha.pk: 1}


class TestThePlatform:
    def test_every_reading_is_told(self, db):
        names = {family.name for family in families(Platform())}
        assert names >= {
            "gongjian_units", "gongjian_pool_schemas", "gongjian_waves", "gongjian_outbox_reports",
            "gongjian_outbox_lag_seconds", "gongjian_backup_age_units", "gongjian_turns",
            "gongjian_payment_callbacks_hour", "gongjian_database_connections",
        }  # fmt: skip
        assert not [s for s in samples(Platform()) if s.name == "gongjian_unread"]

    def test_counts_units_by_state_without_those_of_the_probe(self, alpha, beta):

        with shared_context():
            Unit.objects.filter(pk=beta.pk).update(is_synthetic=True)
            found = {
                s.labels["state"]: s.value
                for s in samples(Platform())
                if s.name == "gongjian_units"
            }
        assert found["trial"] == 1

    def test_a_part_that_cannot_be_read_is_named_and_takes_no_other_with_it(self, monkeypatch):
        def broken(now):
            raise OSError("away")
            yield

        monkeypatch.setattr("config.gauges.READINGS", (("queues", broken), *READINGS[1:]))
        found = samples(Platform())
        assert [s.labels for s in found if s.name == "gongjian_unread"] == [{"part": "queues"}]
        assert [s for s in found if s.name == "gongjian_units"]


PROCESS = """
import sys, os, time
sys.path[:0] = {path!r}
from django.conf import settings
settings.configure(DATA={data!r})
from config import metrics
labels = {{"face": "unit", "view": "v", "method": "GET", "status": "2xx"}}
metrics.observe(metrics.REQUESTS, labels, 0.3, unit=sys.argv[1])
if len(sys.argv) > 2:
    sys.stdout.write(metrics.exposition().decode())
"""


def test_figures_of_all_processes_and_programs_are_added_up(tmp_path, settings):
    """Two programs with a folder each; the last process tells for all."""
    code = PROCESS.format(
        path=[str(settings.ROOT / "platform"), str(settings.ROOT)], data=str(tmp_path)
    )
    told = ""
    for program, unit, more in (("web", "u1", []), ("web", "u2", []), ("worker", "u3", ["tell"])):
        folder = tmp_path / "metrics" / program
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", code, unit, *more],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        told = done.stdout
    found = [s for f in text_string_to_metric_families(told) for s in f.samples]
    count = next(s for s in found if s.name == "gongjian_request_seconds_count")
    assert count.value == 3
    assert [s.exemplar.labels["unit"] for s in found if s.exemplar] == ["u3"]
    kept = sorted(tmp_path.glob("metrics/*/exemplars_*.json"))
    assert len(kept) == 3
    assert json.loads(kept[0].read_text())


def test_a_start_forgets_the_figures_of_the_start_before(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "web"))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "histogram_1.db").write_bytes(b"old")
    start_afresh()
    assert list((tmp_path / "web").iterdir()) == []


def test_a_fault_of_ours_counts_and_a_refusal_does_not(alpha, monkeypatch):

    ada = cast.officer(FacingClient(raise_request_exception=False), alpha)

    def broken(self, request):
        raise RuntimeError

    assert ada.get("/nowhere/").status_code == 404
    monkeypatch.setattr(UnitHome, "get", broken)
    assert ada.get("/").status_code == 500
    with shared_context():
        assert errors_since(observing.clock.today()) == {alpha.pk: 1}
