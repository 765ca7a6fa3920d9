"""Two units, each with two committees and three branches, and the people who decide there."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from kernel.unit import shared_context, unit_context
from shared_apps.exchange.services import post
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.transfers.models import Handover, Side
from tenant_apps.transfers.services import approving, drafting, publishing
from tenant_apps.transfers.services.drafting import Plan
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, new, plant, somebody

DAY = dt.timedelta(days=1)


def grow() -> SimpleNamespace:
    """root > (one, two, second > three): two committees, three branches; who works there."""
    plant(
        new("root", Kind.COMMITTEE, None),
        new("one"),
        new("two"),
        new("second", Kind.COMMITTEE),
        new("three", parent="second"),
    )
    found = SimpleNamespace(**{org.short_name: org for org in Organization.objects.all()})
    found.chief, found.deputy = admin(), admin()
    found.secretary = somebody(("secretary", found.one.path), name="孙志远")
    return found


@pytest.fixture
def here(alpha):
    return grow()


@pytest.fixture
def there(here, beta):
    """The other unit, which lets itself be found."""
    with unit_context(beta.id):
        found = grow()
        publishing.publish(is_open=True, actor=found.chief, now=NOW)
    found.unit = beta
    return found


@pytest.fixture
def zeng(here):
    return make_member(here.one, "曾国强")


@contextmanager
def at(side):
    with unit_context(side.unit.id):
        yield


def carry(now=NOW) -> None:
    """Hands over what waits, and what that brings forth, until nothing moves."""
    with shared_context():
        for _ in range(6):
            post.sweep(now=now)


def online(there, **more) -> Plan:
    return Plan(unit_id=there.unit.id, reason="WORK", **more)


def begun(side, member, plan, now=NOW) -> Handover:
    (made,) = drafting.draft(members=[member], plan=plan, actor=side.secretary, now=now)
    return drafting.submit(handover=made, actor=side.secretary, now=now)


def sent(side, member, plan, now=NOW, days=90) -> Handover:
    handover = begun(side, member, plan, now)
    return approving.approve(handover=handover, actor=side.chief, now=now, days=days)


def incoming() -> Handover:
    return Handover.objects.get(side=Side.IN)


def again(handover) -> Handover:
    return Handover.objects.get(pk=handover.pk)
