"""三本明白账 (rulebook 11, A3): every figure on the first page opens as many rows as it says."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month, months_later
from onboarding.services.ledgers import Ledgers, ledgers
from tenant_apps.admissions.models import Case, State
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.organizations.models import Organization
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_standard
from tests.factories.organizations import admin, somebody
from tests.tenant_apps.admissions.walking import opened, scene

DAY = dt.timedelta(days=1)
PAID = {"paid_fen": 100, "paid_at": clock.now()}


@pytest.fixture
def tree(alpha):
    """Terms over, soon over and running; a talk that is overdue and a case that ended; bills."""
    world, today = scene(), clock.today()
    tree = world.tree
    for org, ends_on in (
        (tree.l1, today - DAY),
        (tree.l2, months_later(today, 3)),
        (tree.alone, months_later(today, 20)),
    ):
        Organization.objects.filter(pk=org.pk).update(term_ends_on=ends_on)
    opened(world)
    ended = opened(world, name="何小满")
    Case.objects.filter(pk=ended.pk).update(state=State.WITHDRAWN, closed_on=today)
    month = Month.of(today)
    for member, state, owed in zip(
        world.people,
        (BillState.UNPAID, BillState.PAID, BillState.UNPAID),
        (month, month, month - 1),
        strict=True,
    ):
        Bill.objects.create(
            member=member, org=member.org, org_path=member.org_path, month=owed.value,
            standard=make_standard(member), due_fen=100, state=state,
            issued_at=clock.now(), **PAID if state == BillState.PAID else {},
        )  # fmt: skip
    return tree


def told(found):
    return {
        line.name: [[one.count for one in book] for book in line.figures] for line in found.lines
    }


def test_every_figure_opens_as_many_rows_as_it_says(tree, alpha):
    client = cast.officer(FacingClient(), alpha)
    found = ledgers(admin(), today=clock.today())
    everything = [[1, 1, 1], [0, 1, 1], [1, 1, 1]]
    assert told(found)["root"] == everything
    assert told(found)["left"] == [[1, 0, 1], [0, 1, 1], [1, 1, 1]]
    assert told(found)["right"] == [[0, 0, 0]] * 3
    assert [line.name for line in found.lines][:2] == ["root", "left"], "the most overdue on top"
    page = client.get("/").content.decode()
    assert "三本明白账" in page
    for line in found.lines:
        for one in (figure for book in line.figures for figure in book if figure.count):
            assert one.url.replace("&", "&amp;") in page
            opens = client.get(one.url)
            assert opens.context["page_obj"].paginator.count == one.count, (line.name, one.url)
    api = client.get("/api/v1/ledgers/").json()
    assert [[one["count"] for one in book] for book in api["lines"][0]["figures"]] == everything


def test_keep_to_the_sub_trees_and_to_what_one_may_see(tree):
    today = clock.today()
    secretary = somebody(("secretary", tree.l1.path), ("secretary", tree.alone.path))
    found = ledgers(secretary, today=today)
    assert told(found) == {
        "l1": [[0, 0, 1], [0, 1, 1], [1, 1, 1]], "alone": [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
    }  # fmt: skip
    treasurer = ledgers(somebody(("treasurer", tree.left.path)), today=today)
    assert [book.title for book in treasurer.books] == ["组织账（任期）", "党费账"]
    assert told(treasurer)["left"] == [[1, 0, 1], [1, 1, 1]]
    assert ledgers(Actor(), today=today).lines == ()


def test_the_rest_is_counted(tree, monkeypatch):
    monkeypatch.setattr("onboarding.services.ledgers.MOST_LINES", 1)
    found = ledgers(admin(), today=clock.today())
    assert ([line.name for line in found.lines], found.more) == (["root", "left"], 2)


def test_are_empty_where_there_is_no_organisation_yet(alpha):
    assert ledgers(admin(), today=clock.today()) == Ledgers((), (), 0)
