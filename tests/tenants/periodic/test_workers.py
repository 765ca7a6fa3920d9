"""Workers share the turns without doing one twice, and one that is killed loses none."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection, connections

from kernel.clock import now
from kernel.unit import Purpose, unit_context
from tenant_apps.audit import selectors as audit
from tenants.models import PeriodicWork, Unit
from tenants.services import grants, periodic
from tests.onboarding.processes import environment
from tests.tenants.dying_worker import WORK, stamp
from tests.tenants.periodic.conftest import SEEN, directory, everything_due, register, rows_of


@pytest.fixture
def committed(really_written, django_db_setup, django_db_blocker):
    """Everything is really written and taken away again."""
    with django_db_blocker.unblock():
        yield list(Unit.objects.filter(label__in=["alpha", "beta"]))
        connection.set_schema_to_public()
        PeriodicWork.objects.all().delete()
        Unit.objects.using("owner").filter(label__regex="^u[0-9]").delete()
        for unit in Unit.objects.filter(label__in=["alpha", "beta"]):
            own = [f'{unit.schema_name}."{m._meta.db_table}"' for m in grants.unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {', '.join(own)}")
        for alias in connections:
            connections[alias].close()


class TestManyWorkers:
    def test_share_the_rows_without_doing_one_twice(self, committed):
        directory(300)
        register()
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)

        def work(_):
            try:
                for _ in range(4):
                    periodic.run(cost="bulk")
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert Counter(unit_id for _, unit_id in SEEN) == dict.fromkeys(
            Unit.objects.values_list("id", flat=True), 1
        )


class TestAKilledWorker:
    """``dying_worker`` kills itself with SIGKILL; whoever comes after the lease goes on."""

    @pytest.mark.parametrize("place", ["claimed", "begun", "done", "between"])
    def test_loses_nothing_and_repeats_nothing(self, committed, tmp_path, place):
        work = register(stamp, name=WORK, purpose=Purpose.WORK)
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)
        script = str(settings.ROOT / "tests" / "tenants" / "dying_worker.py")
        died = subprocess.run(
            [sys.executable, script, place], env=environment(tmp_path), timeout=120, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert died.returncode == -9, died.stderr
        marked = rows_of(work).exclude(last_done_at=None).count()
        assert marked == (1 if place == "between" else 0)
        assert periodic.claim(cost="bulk", now=now()) == []
        later = now() + dt.timedelta(hours=1)
        for held in periodic.claim(cost="bulk", now=later):
            assert periodic.perform(held, now=later)
        assert rows_of(work).filter(last_done_at=None).count() == 0
        for unit in committed:
            with unit_context(unit.pk):
                assert audit.all_events().filter(code="periodic.stamped").count() == 1
