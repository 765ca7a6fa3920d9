"""What blocks a unit, by name and in order, worked out by the database."""

import datetime as dt

import pytest

from onboarding.models import ImportState, Opening, RosterImport
from onboarding.services import blockers
from onboarding.services.blockers import (
    LAST_STAGE,
    THROUGH,
    WORDS,
    Blocker,
    funnel,
    with_standing,
)
from shared_apps.usage.models import UnitTotal
from tenants.models import Unit

DAY = dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC)
ALL = {"administrators": 5, "second_factors": 6, "standards_confirmed": 3, "bills": 7}
pytestmark = pytest.mark.django_db


def at(day):
    return DAY + dt.timedelta(days=day)


def opening(label="alpha", **values):
    return Opening.objects.create(
        unit=Unit.objects.get(label=label), officer_name="陆远", registered_at=at(0),
        agreed_on=DAY.date(), agreement_ends_on=at(900).date(), **values,
    )  # fmt: skip


def roster(made, state, day=1, **values):
    return RosterImport.objects.create(
        unit=made.unit, state=state, uploaded_at=at(day), digest=bytes([day]), size=1, **values
    )


def figures(made, **days):
    """Figures that became something on these days, and twenty members."""
    moments = {f"{name}_at": at(day) for name, day in days.items()}
    UnitTotal.objects.create(
        unit=made.unit, unit_role=made.unit.schema_name, members=20, as_of=at(9),
        **dict.fromkeys(days, 1), **moments,
    )  # fmt: skip


def standing(made):
    found = with_standing(Opening.objects.all()).get(pk=made.pk)
    return blockers.standing(found.passed, found.since)


class TestBeforeTheImport:
    @pytest.mark.parametrize(
        ("state", "values", "blocker", "since"),
        [
            (None, {}, Blocker.NO_ROSTER, 0),
            (ImportState.DISCARDED, {}, Blocker.NO_ROSTER, 0),
            (ImportState.UNDONE, {"undone_at": at(4)}, Blocker.NO_ROSTER, 4),
            (ImportState.UPLOADED, {}, Blocker.ROSTER_UNREAD, 1),
            (ImportState.READING, {}, Blocker.ROSTER_UNREAD, 1),
            (ImportState.FAILED, {}, Blocker.ROSTER_UNREAD, 1),
            (ImportState.REVIEW, {"rejected_count": 3}, Blocker.ROWS_REFUSED, 1),
            (ImportState.REVIEW, {"heartbeat_at": at(2)}, Blocker.NOT_CONFIRMED, 2),
            (ImportState.CONFIRMED, {"confirmed_at": at(2)}, Blocker.NOT_IMPORTED, 2),
            (ImportState.FAILED, {"confirmed_at": at(2)}, Blocker.NOT_IMPORTED, 2),
        ],
    )
    def test_is_about_the_roster(self, state, values, blocker, since):
        made = opening()
        if state:
            roster(made, state, **values)
        found = standing(made)
        assert (found.blocker, found.since) == (blocker, at(since))
        assert found.words.advice

    def test_is_about_the_latest_roster(self):
        made = opening()
        roster(made, ImportState.REVIEW, day=3)
        roster(made, ImportState.UNDONE, day=2, undone_at=at(4))
        assert standing(made).blocker == Blocker.NOT_CONFIRMED


class TestAfterTheImport:
    @pytest.mark.parametrize(
        ("known", "invited", "blocker", "since"),
        [
            ({}, None, Blocker.NOT_INVITED, 3),
            ({}, 4, Blocker.INVITATION_OPEN, 4),
            ({"administrators": 5}, 4, Blocker.NO_SECOND_FACTOR, 5),
            ({"administrators": 5, "second_factors": 6}, 4, Blocker.NO_STANDARDS, 6),
            ({**ALL, "bills": None}, 4, Blocker.NO_BILLS, 6),
            (ALL, 4, Blocker.NO_PAYMENT, 7),
            ({**ALL, "payments": 8}, None, None, 8),
        ],
    )
    def test_is_the_next_thing_missing(self, known, invited, blocker, since):
        made = opening(opened_at=at(3), invited_at=invited and at(invited))
        roster(made, ImportState.DONE)
        figures(made, **{name: day for name, day in known.items() if day})
        found = standing(made)
        assert (found.blocker, found.since) == (blocker, at(since))

    def test_a_remainder_in_hand_does_not_throw_a_unit_back(self):
        made = opening(opened_at=at(3))
        roster(made, ImportState.REVIEW, rejected_count=2)
        figures(made, administrators=5)
        assert standing(made).blocker == Blocker.NO_SECOND_FACTOR

    def test_a_figure_that_went_back_to_nothing_is_missing_again(self):
        made = opening(opened_at=at(3), invited_at=at(4))
        figures(made, administrators=5)
        UnitTotal.objects.update(administrators=0)
        assert standing(made).blocker == Blocker.INVITATION_OPEN


def test_the_funnel_counts_who_came_how_far_and_who_is_stuck_where():
    opening()
    through = opening("beta", opened_at=at(3))
    figures(through, **ALL, payments=8)
    stages = funnel(Opening.objects.all())
    assert len(stages) == len(WORDS) + 1 == THROUGH
    assert [stage.reached for stage in stages] == [2] + [1] * len(WORDS)
    assert (stages[0].stuck, stages[-1].label, stages[-1].reached) == (1, LAST_STAGE, 1)
