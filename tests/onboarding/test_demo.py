"""The demo is made through the services, is complete, and is made once."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from kernel.unit import unit_context
from onboarding.demo.cast import PASSWORD, STAFF, UNITS
from onboarding.models import ImportState, Opening, RosterImport
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import ChannelConfig
from shared_apps.people.models import Person, SecurityEvent
from shared_apps.people.services import passwords
from tenant_apps.dues.models import Bill
from tenant_apps.members.models import Member


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
    settings.IS_DEMO, settings.DATA = True, tmp_path
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
    finally:
        ChannelConfig.objects.all().delete()
        SecurityEvent.objects.using("owner").all().delete()
        Person.objects.filter(login__in=[one.login for one in STAFF]).delete()
        Person.objects.exclude(phone_masked="").delete()


def _counts():
    return (Opening.objects.count(), Person.objects.count(), ChannelConfig.objects.count(),
            RosterImport.objects.count(), len(UNITS))  # fmt: skip
