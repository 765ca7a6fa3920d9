"""Openings to work with: alpha in a transaction, or a unit of its own that is really written."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, connections

from kernel.actor import Actor, Holding
from kernel.clock import now
from kernel.crypto import platform_cipher
from kernel.models import uuid7
from kernel.unit import shared_context
from onboarding.models import Batch, BatchRow, Event, Opening, RosterImport
from onboarding.services import credit_codes, importing, reading, registration
from shared_apps.people.models import Affiliation, Invitation
from shared_apps.usage.services import rollups
from tenants.models import ReadySchema, Transition, Unit
from tenants.services import schemas
from tests import cast
from tests.bench import roster_shapes
from tests.conftest import FacingClient


def officer_named(name: str, *roles: str) -> Actor:
    return Actor(
        kind="person",
        name=name,
        person_id=uuid7(),
        holdings=tuple(Holding(role) for role in roles or ("outreach",)),
        is_second_factor_passed=True,
    )


@pytest.fixture
def officer():
    return officer_named("陆远")


@pytest.fixture
def colleague():
    return officer_named("沈一帆")


def registration_of(name: str = "青石镇供销社", **changes) -> registration.Registration:
    values = {
        "name": name,
        "credit_code": credit_codes.provisional(name),
        "region_code": "320300",
        "label": "qszgxs",
        "contact_name": "宋佳",
        "contact_phone": "13812340000",
        "agreed_on": dt.date(2026, 11, 1),
        "agreement_ends_on": dt.date(2029, 10, 31),
        "bank_branch": "彭城支行",
    }
    return registration.Registration(**{**values, **changes})


@pytest.fixture
def opening(alpha, officer):
    """Alpha as a registered unit without a roster."""
    cipher = platform_cipher()
    with shared_context():
        made = Opening.objects.create(
            unit=Unit.objects.get(pk=alpha.pk),
            officer_id=officer.person_id,
            officer_name=officer.name,
            contact_name_sealed=cipher.seal("宋佳", column="opening.contact_name"),
            contact_phone_sealed=cipher.seal("13812340000", column="opening.contact_phone"),
            contact_phone_masked="138****0000",
            agreed_on=dt.date(2026, 11, 1),
            agreement_ends_on=dt.date(2029, 10, 31),
            registered_at=now(),
        )
        yield made


@pytest.fixture(scope="session")
def roster():
    """60 people in the unit's own shape, a few of them faulty."""
    return roster_shapes.make("own", name="青石镇供销社", members=60, seed=7, share=0.05)


@pytest.fixture
def committed(really_written, django_db_setup, django_db_blocker):
    """Everything is really written, and every unit made here is taken away again."""
    with django_db_blocker.unblock():
        before = set(Unit.objects.values_list("id", flat=True))
        yield
        connection.set_schema_to_public()
        for unit in Unit.objects.exclude(id__in=before):
            Affiliation.objects.filter(unit_id=unit.id).delete()
            Invitation.objects.filter(unit_id=unit.id).delete()
            RosterImport.objects.filter(unit=unit).delete()
            Opening.objects.filter(unit=unit).delete()
            Event.objects.using("owner").filter(unit_id=unit.id).delete()
            Transition.objects.using("owner").filter(unit=unit).delete()
            rollups.forget(unit_id=unit.id)
            schemas.discard(unit=unit)
            Unit.objects.using("owner").filter(pk=unit.pk).delete()
        for alias in connections:
            connections[alias].close()


@pytest.fixture
def made(committed):
    """Everything is really written; sheets and ready schemas go again, before the units."""
    yield
    connection.set_schema_to_public()
    BatchRow.objects.all().delete()
    Batch.objects.all().delete()
    with connections["owner"].cursor() as cursor:
        for one in ReadySchema.objects.using("owner"):
            schemas.drop(cursor, one.schema_name)
            one.delete()


@pytest.fixture
def outreach(db):
    return cast.staff(FacingClient(), "outreach")


@pytest.fixture
def operator(db):
    return cast.staff(FacingClient(), "operator")


@pytest.fixture
def in_review(opening, roster, officer):
    row = reading.receive(
        unit=opening.unit,
        filename=roster.filename,
        content=roster.content,
        actor=officer,
        now=now(),
    )
    reading.read(import_id=row.id)
    row.refresh_from_db()
    return row


@pytest.fixture
def imported(in_review, officer):
    importing.approve(held=in_review, actor=officer, now=now())
    importing.store(import_id=in_review.id)
    in_review.refresh_from_db()
    return in_review
