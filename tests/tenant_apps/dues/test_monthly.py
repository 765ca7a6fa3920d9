"""Issuing without being asked."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Forbidden
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Setting
from tenant_apps.dues.services import billing, monthly, settings, standards
from tenants.timetable import registered
from tests.factories.dues import (
    NOW,
    make_member,
    make_owing_member,
    make_standard,
    treasurer,
)

DECEMBER = dt.datetime(2026, 12, 5, 1, tzinfo=dt.UTC)


def keep(unit, now=DECEMBER):
    return monthly.keep_month(unit_id=unit.id, now=now)


def choose(actor=None, **with_):
    values = {"rounding": "FEN_HALF_UP", "is_automatic": True, "issue_day": 5, **with_}
    return settings.choose(actor=actor or treasurer(role="unit_admin"), now=NOW, **values)


class TestKeepMonth:
    def test_is_work_of_every_unit_once_a_day(self):
        assert registered()["dues.month"].body is monthly.keep_month

    def test_issues_once_a_month_and_leaves_what_was_taken_back(self, alpha):
        make_owing_member(202611)
        assert (keep(alpha), keep(alpha)) == (1, 0)
        assert selectors.month_totals(treasurer(), Month(202612)).bills == 1
        billing.withdraw_month(month=Month(202612), actor=treasurer(), now=DECEMBER)
        assert keep(alpha) == 0

    def test_adds_whom_people_left_out(self, alpha):
        make_owing_member(202612)
        make_standard(make_member())
        assert keep(alpha) == 1
        assert Bill.objects.count() == 2

    def test_leaves_a_unit_alone_that_never_issued_itself(self, alpha):
        make_standard(make_member())
        assert keep(alpha) == 0

    def test_waits_for_the_day_and_can_be_switched_off(self, alpha):
        make_owing_member(202611)
        choose(issue_day=6)
        assert keep(alpha) == 0
        choose(issue_day=5, is_automatic=False)
        assert keep(alpha) == 0
        choose()
        assert keep(alpha) == 1
        assert (Setting.objects.get().issue_day, Setting.objects.get().issued_month) == (5, 202612)


class TestSettings:
    def test_rounding_holds_for_standards_fixed_from_now_on_and_is_pinned(self, alpha):
        early = make_standard(make_member(), base_fen=333_333)
        choose(rounding="YUAN_CEIL")
        late = make_standard(make_member(), base_fen=333_333)
        key, member = make_member().id, make_member()
        standards.set_from_roster(
            rows=[standards.NewStandard(member.id, "WAGE", 333_333)], month=Month(202601),
            import_id=key, actor=Actor.system("tests"), now=NOW,
        )  # fmt: skip
        rostered = selectors.standard_in_force(member.id, Month(202601))
        assert [early.amount_fen, late.amount_fen, rostered.amount_fen] == [3_333, 3_400, 3_400]
        assert [early.rounding, late.rounding] == ["FEN_HALF_UP", "YUAN_CEIL"]
        choose(rounding="JIAO_HALF_UP")
        assert selectors.explain(late).rounding_label == "见分进元"
        event = next(e for e in audit.all_events() if e.code == "dues_setting.chosen")
        assert event.data["after"]["rounding"] == "JIAO_HALF_UP"

    def test_refuses(self, alpha):
        with pytest.raises(Forbidden):
            choose(actor=treasurer())
        with pytest.raises(settings.RoundingUnknown):
            choose(rounding="HALF_EVEN")
        for day in (0, 29):
            with pytest.raises(settings.IssueDayOutside):
                choose(issue_day=day)
        assert not Setting.objects.exists()
