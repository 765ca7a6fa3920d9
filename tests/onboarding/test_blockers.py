"""What blocks a unit, by name and in order."""

import datetime as dt

import pytest

from onboarding.models import ImportState, Opening, RosterImport
from onboarding.services.blockers import LAST_STAGE, WORDS, Blocker, funnel, standing
from shared_apps.usage.selectors import UnitFigures

DAY = dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC)


def at(day):
    return DAY + dt.timedelta(days=day)


def opening(**values):
    return Opening(registered_at=at(0), **values)


def roster(state, **values):
    return RosterImport(state=state, uploaded_at=at(1), **values)


def figures(**days):
    """Figures that became something on these days."""
    values = dict.fromkeys(days, 1)
    return UnitFigures(members=20, **values, changed={name: at(day) for name, day in days.items()})


class TestBeforeTheImport:
    @pytest.mark.parametrize(
        ("latest", "blocker", "since"),
        [
            (None, Blocker.NO_ROSTER, 0),
            (roster(ImportState.UNDONE, undone_at=at(4)), Blocker.NO_ROSTER, 4),
            (roster(ImportState.UPLOADED), Blocker.ROSTER_UNREAD, 1),
            (roster(ImportState.READING), Blocker.ROSTER_UNREAD, 1),
            (roster(ImportState.FAILED), Blocker.ROSTER_UNREAD, 1),
            (roster(ImportState.REVIEW, rejected_count=3), Blocker.ROWS_REFUSED, 1),
            (roster(ImportState.REVIEW), Blocker.NOT_CONFIRMED, 1),
            (roster(ImportState.CONFIRMED, confirmed_at=at(2)), Blocker.NOT_IMPORTED, 2),
            (roster(ImportState.FAILED, confirmed_at=at(2)), Blocker.NOT_IMPORTED, 2),
        ],
    )
    def test_is_about_the_roster(self, latest, blocker, since):
        found = standing(opening=opening(), roster=latest)
        assert (found.blocker, found.since) == (blocker, at(since))
        assert found.words.advice


class TestAfterTheImport:
    @pytest.mark.parametrize(
        ("known", "invited", "blocker", "since"),
        [
            (figures(), None, Blocker.NOT_INVITED, 3),
            (figures(), at(4), Blocker.INVITATION_OPEN, 4),
            (figures(administrators=5), at(4), Blocker.NO_SECOND_FACTOR, 5),
            (figures(administrators=5, second_factors=6), at(4), Blocker.NO_STANDARDS, 6),
            (figures(administrators=5, second_factors=6, standards_confirmed=3), at(4),
             Blocker.NO_BILLS, 6),
            (figures(administrators=5, second_factors=6, standards_confirmed=3, bills=7), at(4),
             Blocker.NO_PAYMENT, 7),
            (figures(administrators=5, second_factors=6, standards_confirmed=3, bills=7,
                     payments=8), None, None, 8),
        ],
    )  # fmt: skip
    def test_is_the_next_thing_missing(self, known, invited, blocker, since):
        found = standing(
            opening=opening(opened_at=at(3), invited_at=invited),
            roster=roster(ImportState.DONE),
            figures=known,
        )
        assert (found.blocker, found.since) == (blocker, at(since))

    def test_a_remainder_in_hand_does_not_throw_a_unit_back(self):
        found = standing(
            opening=opening(opened_at=at(3)),
            roster=roster(ImportState.REVIEW, rejected_count=2),
            figures=figures(administrators=5),
        )
        assert found.blocker == Blocker.NO_SECOND_FACTOR


def test_the_funnel_counts_who_came_how_far_and_who_is_stuck_where():
    standings = [
        standing(opening=opening(), roster=None),
        standing(opening=opening(), roster=roster(ImportState.REVIEW)),
        standing(
            opening=opening(opened_at=at(3)),
            roster=roster(ImportState.DONE),
            figures=figures(
                administrators=5, second_factors=6, standards_confirmed=3, bills=7, payments=8
            ),
        ),
    ]
    stages = funnel(standings)
    assert len(stages) == len(WORDS) + 1
    assert [stage.reached for stage in stages][:2] == [3, 2]
    assert (stages[0].stuck, stages[-1].label, stages[-1].reached) == (1, LAST_STAGE, 1)
    assert [stage.reached for stage in stages] == sorted(
        (stage.reached for stage in stages), reverse=True
    )
