"""A small fleet with one unit in trouble, and people who look at it."""

import datetime as dt

import pytest

from kernel.clock import now
from kernel.unit import shared_context
from shared_apps.fleet.models import SchemaState, Standing, Trouble
from shared_apps.fleet.services import standings
from tenants.models import Unit
from tests import cast
from tests.conftest import FacingClient

NOW = now()


@pytest.fixture
def operator(db):
    return cast.staff(FacingClient(), "operator")


@pytest.fixture
def auditor(db):
    return cast.staff(FacingClient(), "audit_admin")


@pytest.fixture
def fleet(alpha, beta):
    """Alpha is fine; beta has errors, a difference, and a schema two steps behind."""
    with shared_context():
        Unit.objects.filter(pk=alpha.pk).update(
            name="彭城水务集团", region_code="320300", bank_branch="彭城支行"
        )
        Unit.objects.filter(pk=beta.pk).update(
            name="淮湖港务集团", region_code="440100", bank_branch="淮湖分行"
        )
        standings.refresh(now=NOW)
        Standing.objects.filter(unit=alpha).update(
            members=900,
            activated=3,
            organizations=40,
            storage_bytes=5_000_000,
            active_at=NOW,
            backed_up_at=NOW - dt.timedelta(hours=5),
            troubles=[],
            score=0,
        )
        Standing.objects.filter(unit=beta).update(
            members=4,
            activated=4,
            errors_day=3,
            errors_week=9,
            difference_fen=12_900,
            schema_state=SchemaState.BEHIND,
            steps_behind=2,
            troubles=[Trouble.ERRORS, Trouble.MONEY, Trouble.BEHIND],
            score=208,
        )
        yield alpha, beta
