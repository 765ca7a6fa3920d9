"""The demo is made through the services, is complete, and is made once."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from kernel.unit import unit_context
from onboarding.demo.cast import PASSWORD, STAFF, UNITS
from onboarding.demo.operating import OUR_OWN
from onboarding.models import (
    Batch,
    BatchRow,
    BatchState,
    ImportState,
    Opening,
    RosterImport,
    RowState,
)
from shared_apps.fleet.models import Standing
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import ChannelConfig
from shared_apps.people.models import Person, SecurityEvent
from shared_apps.people.services import passwords
from shared_apps.status.models import Incident, IncidentUpdate
from shared_apps.usage.models import UnitTotal
from tenant_apps.dues.models import Bill
from tenant_apps.members.models import Member
from tenants.archive.models import (
    Backup,
    BackupKind,
    BackupState,
    Restore,
    RestoreKind,
    RestoreState,
)
from tenants.models import ReadySchema, Unit, UnitState
from tenants.services import schemas


def make():
    out = io.StringIO()
    call_command("demo_data", json=True, stdout=out)
    return json.loads(out.getvalue())


def test_is_refused_outside_a_demo(db):
    with pytest.raises(CommandError):
        call_command("demo_data")


@pytest.mark.slow
def test_opens_units_leaves_one_in_review_and_adds_nothing_the_second_time(
    committed, settings, tmp_path, monkeypatch
):
    settings.IS_DEMO, settings.DATA, settings.READY_SCHEMAS = True, tmp_path, 3
    settings.PAYSIM_URL = "http://127.0.0.1:9"
    monkeypatch.setattr("onboarding.demo.living.activate", lambda **kwargs: None)
    monkeypatch.setattr("onboarding.demo.living.pay", lambda **kwargs: ["未运行"])
    try:
        first = make()
        counts = _counts()
        again = make()
        assert _counts() == counts
        assert {one["login"] for one in first["accounts"]} >= {one.login for one in STAFF}
        assert first["accounts"] == again["accounts"]
        assert all(set(one) >= {"name", "url"} for one in first["addresses"])
        outreach = Person.objects.get(login="outreach")
        assert passwords.is_right(outreach, PASSWORD)
        states = list(RosterImport.objects.order_by("id").values_list("state", flat=True))
        assert states == [ImportState.DONE] * 3 + [ImportState.REVIEW]
        for opening in Opening.objects.filter(unit__label="yunlong"):
            assert payments.accepts_payments(opening.unit_id)
            with unit_context(opening.unit_id):
                assert Bill.objects.count() > Member.objects.count()
        _operators_find_a_fleet_at_work(settings)
    finally:
        IncidentUpdate.objects.using("owner").all().delete()
        Incident.objects.all().delete()
        Restore.objects.all().delete()
        Backup.objects.all().delete()
        Batch.objects.all().delete()
        with connections["owner"].cursor() as cursor:
            for ready in ReadySchema.objects.using("owner"):
                schemas.drop(cursor, ready.schema_name)
                ready.delete()
        ChannelConfig.objects.all().delete()
        SecurityEvent.objects.using("owner").all().delete()
        Person.objects.filter(login__in=[one.login for one in STAFF]).delete()
        Person.objects.exclude(phone_masked="").delete()


def _operators_find_a_fleet_at_work(settings):
    opened = Unit.objects.filter(state=UnitState.TRIAL, opening__isnull=False)
    at_work = set(opened.values_list("id", flat=True))
    assert len(at_work) == 7
    batch = Batch.objects.get()
    assert batch.state == BatchState.DONE
    assert sorted(batch.rows.values_list("state", flat=True)) == [RowState.DONE] * 4 + [
        RowState.REFUSED
    ]
    assert Unit.objects.get(is_canary=True).name == OUR_OWN
    good = Backup.objects.filter(
        kind=BackupKind.SCHEDULED, state=BackupState.DONE, unit_id__in=at_work
    )
    assert sorted(good.values_list("unit_id", flat=True)) == sorted(at_work)
    drill = Restore.objects.get()
    assert (drill.kind, drill.state, drill.error) == (RestoreKind.DRILL, RestoreState.DONE, "")
    assert not UnitTotal.objects.filter(unit_id__in=at_work, storage_bytes=0).exists()
    for line in Standing.objects.filter(unit_id__in=at_work):
        assert line.storage_bytes > 0
        assert line.backed_up_at is not None
    assert Incident.objects.get().resolved_at is not None
    assert ReadySchema.objects.count() == settings.READY_SCHEMAS


def _counts():
    return (
        Opening.objects.count(),
        Person.objects.count(),
        ChannelConfig.objects.count(),
        RosterImport.objects.count(),
        len(UNITS),
        Batch.objects.count(),
        BatchRow.objects.count(),
        Backup.objects.count(),
        Restore.objects.count(),
        Incident.objects.count(),
    )
