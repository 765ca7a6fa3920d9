"""Signing: two people, the audit explained, nothing before the cut."""

import datetime as dt

import pytest

from kernel.errors import Forbidden
from tenant_apps.audit import selectors as audit
from tenant_apps.insight.models import State
from tenant_apps.insight.selectors import reports
from tenant_apps.insight.selectors.duties import StatisticsDuties
from tenant_apps.insight.services import filing
from tenant_apps.insight.services.filing import NoteNeeded, OnlyATrial, SamePerson, WrongState
from tests.factories.organizations import NOW, admin, somebody
from tests.tenant_apps.insight.conftest import MORE_THAN_A_YEAR_ON, take


def submit(snapshot, actor=None, note=""):
    actor = actor or admin()
    return filing.submit(snapshot=snapshot, note=note, actor=actor, now=MORE_THAN_A_YEAR_ON)


def test_goes_from_who_fills_in_to_who_answers(snapshot):
    ada, ben = admin(), admin()
    submit(snapshot, ada)
    filed = filing.file(snapshot=snapshot, actor=ben, now=MORE_THAN_A_YEAR_ON)
    assert filed.state == State.FILED
    assert (filed.submitted_by, filed.filed_by) == (ada.person_id, ben.person_id)
    codes = [event.code for event in audit.events_about(snapshot.pk)]
    assert {"statistics.submitted", "statistics.filed"} <= set(codes)


def test_is_never_filed_by_who_filled_it_in(snapshot):
    ada = admin()
    submit(snapshot, ada)
    with pytest.raises(SamePerson):
        filing.file(snapshot=snapshot, actor=ada, now=MORE_THAN_A_YEAR_ON)


def test_of_two_who_file_at_once_the_second_is_told(snapshot):
    submit(snapshot)
    filing.file(snapshot=snapshot, actor=admin(), now=MORE_THAN_A_YEAR_ON)
    with pytest.raises(WrongState):
        filing.file(snapshot=snapshot, actor=admin(), now=MORE_THAN_A_YEAR_ON)


def test_comes_back_with_a_reason(snapshot):
    submit(snapshot)
    with pytest.raises(NoteNeeded):
        filing.give_back(snapshot=snapshot, note=" ", actor=admin(), now=NOW)
    back = filing.give_back(snapshot=snapshot, note="补登转出", actor=admin(), now=NOW)
    assert (back.state, back.submitted_by, back.note) == (State.TAKEN, None, "补登转出")


@pytest.mark.parametrize("act", ["file", "give_back"])
def test_is_not_filed_before_it_was_filled_in(snapshot, act):
    more = {"note": "没有原因"} if act == "give_back" else {}
    with pytest.raises(WrongState):
        getattr(filing, act)(snapshot=snapshot, actor=admin(), now=NOW, **more)


def test_is_not_submitted_when_it_was_taken_before_the_cut(crowd):
    with pytest.raises(OnlyATrial):
        submit(take(now=NOW))


def test_says_why_where_the_audit_is_uneven(snapshot, monkeypatch):
    monkeypatch.setattr(reports, "uneven", lambda snapshot: 2)
    with pytest.raises(NoteNeeded, match="2 项"):
        submit(snapshot)
    assert submit(snapshot, note="一名党员跨年补登").state == State.SUBMITTED


@pytest.mark.parametrize("holding", [("unit_admin", "0001"), ("secretary", ""), ("treasurer", "")])
def test_takes_an_administrator_of_the_whole_unit(snapshot, holding):
    with pytest.raises(Forbidden):
        submit(snapshot, somebody(holding))


class TestDuties:
    def texts(self, day, actor=None):
        return [duty.text for duty in StatisticsDuties().duties(actor or admin(), today=day)]

    def test_asks_for_the_year_in_january_and_the_half_year_in_july(self, alpha):
        assert self.texts(dt.date(2027, 1, 2)) == ["2026 年度党内统计待填报"]
        assert self.texts(dt.date(2026, 7, 31)) == ["2026 年上半年党内统计待填报"]
        assert self.texts(dt.date(2026, 12, 31)) == []
        assert self.texts(dt.date(2026, 8, 1)) == []

    def test_stops_asking_once_it_was_filled_in(self, snapshot):
        ada = admin()
        submit(snapshot, ada)
        assert self.texts(dt.date(2027, 1, 21), ada) == []
        assert self.texts(dt.date(2027, 1, 21)) == ["统计报表待负责人报出"]

    def test_asks_nobody_who_administers_a_part(self, snapshot):
        assert self.texts(dt.date(2027, 1, 2), admin("0001")) == []
