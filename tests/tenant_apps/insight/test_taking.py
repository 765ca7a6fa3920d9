"""Freezing: what held at the cut, at one moment, and never again moved."""

import datetime as dt

import pytest

from kernel.errors import Forbidden
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.insight.models import Line, Place, Snapshot, State
from tenant_apps.insight.selectors import snapshots
from tenant_apps.insight.services import taking
from tenant_apps.insight.services.taking import AlreadyTaking, YearOutOfReach
from tenant_apps.members.models import Change, Entry, EntryKind, Member
from tenant_apps.organizations.models import Organization, Workplace
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, somebody
from tests.tenant_apps.insight.conftest import MORE_THAN_A_YEAR_ON, sheets_at, take

HALF = dt.date(2026, 6, 30)


def line_of(snapshot, member, source="PEOPLE") -> Line | None:
    return Line.objects.filter(snapshot=snapshot, member_id=member.pk, source=source).first()


def turn(member, kind, day, *, category="FULL", **data):
    """Something that happened, as the room of members writes it."""
    return Change.objects.create(
        member=member, kind=kind, happened_on=day, org_id=member.org_id,
        org_path=member.org_path, category=category, data=data, recorded_at=NOW,
    )  # fmt: skip


class TestPerson:
    """What is frozen of one person: the vectors of rulebook 7.3 and 7.4."""

    @pytest.mark.parametrize(
        ("born", "age"),
        [(dt.date(1995, 12, 31), 31), (dt.date(1996, 1, 1), 30), (dt.date(1966, 1, 1), 60),
         (dt.date(1965, 12, 31), 61), (None, None)],
    )  # fmt: skip
    def test_has_the_age_of_the_statistics(self, tree, born, age):
        member = make_member(tree.l1, birth_on=born)
        assert line_of(take(), member).age == age

    @pytest.mark.parametrize(
        ("full_on", "adjust", "years"),
        [
            (dt.date(2016, 12, 31), 0, 10), (dt.date(2017, 1, 1), 0, 9),
            (dt.date(2026, 12, 31), 0, 0), (dt.date(2016, 6, 15), -7, 9),
            (dt.date(2026, 12, 1), -30, 0), (None, 0, None),
        ],
    )  # fmt: skip
    def test_has_the_party_age_of_whole_months(self, tree, full_on, adjust, years):
        member = make_member(tree.l1, full_on=full_on)
        Member.objects.update(party_age_adjust_months=adjust)
        assert line_of(take(), member).party_years == years

    @pytest.mark.parametrize(
        ("label", "code"),
        [("大学本科", 21), ("本科", 21), ("博士研究生", 11), ("", 0), ("自学", 0)],
    )
    def test_has_the_code_of_the_schooling(self, tree, label, code):
        member = make_member(tree.l1, education=label)
        assert line_of(take(), member).education == code

    @pytest.mark.parametrize(("label", "code"), [("汉族", 1), ("满族", 11), ("", 0), ("火星", 0)])
    def test_has_the_code_of_the_people(self, tree, label, code):
        member = make_member(tree.l1, ethnicity=label)
        assert line_of(take(), member).ethnicity == code

    def test_keeps_no_code_that_no_table_knows(self, tree):
        member = make_member(tree.l1)
        Member.objects.update(occupation="ASTRONAUT", stratum="X", front_line="PRODUCTION")
        line = line_of(take(), member)
        assert (line.occupation, line.stratum, line.front_line) == ("", "", "PRODUCTION")


def test_the_nature_of_the_unit_is_the_own_else_the_superiors_else_the_clients(tree):
    """与上级党组织相同 says nothing of its own; a joint branch may have several (rulebook 8.3)."""
    Organization.objects.filter(pk__in=[tree.root.pk, tree.right.pk]).update(unit_situation="LEGAL")
    for org, nature in ((tree.left, "学校"), (tree.l2, "机关"), (tree.l2, "事业单位")):
        Workplace.objects.create(org=org, name=nature, nature=nature)
    people = {name: make_member(getattr(tree, name)) for name in ("l1", "l2", "r1", "alone")}
    snapshot = take()
    assert {name: line_of(snapshot, one).unit_nature for name, one in people.items()} == {
        "l1": "SCHOOL", "l2": "SEVERAL", "r1": "", "alone": "STATE_ENTERPRISE",
    }  # fmt: skip


class TestCut:
    """Who was a member on the day, whatever happened between it and the taking."""

    def test_counts_who_left_afterwards_where_they_were(self, tree):
        member = make_member(tree.l1)
        turn(member, "TRANSFERRED_OUT", dt.date(2026, 7, 1))
        Member.objects.update(is_active=False)
        assert line_of(take(cut="HALF", now=NOW), member).org_path == tree.l1.path

    def test_leaves_out_who_left_before(self, tree):
        member = make_member(tree.l1)
        turn(member, "DIED", HALF)
        Member.objects.update(is_active=False)
        assert line_of(take(cut="HALF", now=NOW), member) is None

    def test_leaves_out_who_came_afterwards(self, tree):
        member = make_member(tree.l1)
        turn(member, "TRANSFERRED_IN", dt.date(2026, 7, 1))
        assert line_of(take(cut="HALF", now=NOW), member) is None

    def test_leaves_out_who_joined_afterwards(self, tree):
        member = make_member(tree.l1, joined_on=dt.date(2026, 7, 1), full_on=None)
        assert line_of(take(cut="HALF", now=NOW), member) is None

    def test_counts_again_who_came_back_before(self, tree):
        member = make_member(tree.l1)
        turn(member, "SUSPENDED", dt.date(2026, 2, 1))
        turn(member, "RESTORED", dt.date(2026, 5, 1))
        turn(member, "SUSPENDED", dt.date(2026, 9, 1))
        Member.objects.update(is_active=False)
        assert line_of(take(cut="HALF", now=NOW), member)

    def test_leaves_out_who_was_removed_from_suspension_afterwards(self, tree):
        member = make_member(tree.l1)
        turn(member, "REMOVED", dt.date(2026, 9, 1), was_counted=False)
        Member.objects.update(is_active=False)
        assert line_of(take(cut="HALF", now=NOW), member) is None

    def test_does_not_see_what_was_taken_back(self, tree):
        member = make_member(tree.l1)
        change = turn(member, "TRANSFERRED_IN", dt.date(2026, 7, 1))
        Change.objects.filter(pk=change.pk).update(undone_at=NOW)
        assert line_of(take(cut="HALF", now=NOW), member)

    def test_counts_as_probationary_who_turned_afterwards(self, tree):
        member = make_member(tree.l1, full_on=dt.date(2026, 6, 1))
        assert line_of(take(cut="HALF", now=NOW), member).is_probationary is False
        turn(member, "CONVERTED", dt.date(2026, 8, 1), category="PROBATIONARY")
        assert line_of(take(cut="HALF", now=NOW), member).is_probationary is True

    def test_takes_only_what_happened_in_the_period(self, tree):
        member = make_member(tree.l1)
        turn(member, "EXTENDED", dt.date(2025, 12, 31))
        turn(member, "CONVERTED", HALF, category="PROBATIONARY")
        turn(member, "RESTORED", dt.date(2026, 7, 1))
        snapshot = take(cut="HALF", now=NOW)
        kinds = Line.objects.filter(snapshot=snapshot, source="CHANGE")
        assert list(kinds.values_list("code", flat=True)) == ["CONVERTED"]

    def test_takes_entries_of_the_year_once_per_person(self, tree):
        member = make_member(tree.l1)
        rows = [
            (EntryKind.TRAINING, {"hours": 8}, 2026, dt.date(2026, 3, 1)),
            (EntryKind.TRAINING, {"hours": 24.5}, 2026, None),
            (EntryKind.TRAINING, {"hours": 40}, 2026, dt.date(2026, 11, 1)),
            (EntryKind.TRAINING, {"hours": 40}, 2025, dt.date(2025, 3, 1)),
            (EntryKind.TRAINING, {"hours": "many"}, 2026, None),
            (EntryKind.APPRAISAL, {"grade": "合格"}, 2026, dt.date(2026, 1, 5)),
            (EntryKind.APPRAISAL, {"grade": "优秀"}, 2026, dt.date(2026, 2, 5)),
        ]
        for kind, data, year, day in rows:
            Entry.objects.create(
                member=member, kind=kind, data=data, year=year, began_on=day, recorded_at=NOW
            )
        struck = {"kind": EntryKind.REWARD, "began_on": HALF, "struck_at": NOW}
        Entry.objects.create(member=member, data={"name": "x"}, recorded_at=NOW, **struck)
        snapshot = take(cut="HALF", now=NOW)
        trained = line_of(snapshot, member, "TRAINING")
        assert (trained.times, float(trained.amount)) == (3, 32.5)
        assert line_of(snapshot, member, "APPRAISAL").code == "优秀"
        assert line_of(snapshot, member, "REWARD") is None


class TestFrozen:
    def test_does_not_move_while_data_changes(self, crowd):
        snapshot = take()
        before = sheets_at(snapshot)
        Member.objects.update(gender="F", is_active=False, occupation="RETIRED")
        Change.objects.all().delete()
        Organization.objects.filter(pk=crowd.left.pk).update(name="改了名")
        assert sheets_at(snapshot) == before
        assert snapshots.spot_of(admin(), snapshot, crowd.left.pk).ground.path == crowd.left.path

    def test_again_makes_another_and_keeps_the_first(self, crowd):
        first = take()
        Member.objects.filter(org=crowd.l1).update(is_active=False)
        second = take(now=MORE_THAN_A_YEAR_ON + dt.timedelta(hours=1))
        assert second.people < first.people
        assert Line.objects.filter(snapshot=first, source="PEOPLE").count() == first.people
        assert snapshots.newest(year=2026, cut="YEAR") == second

    def test_is_written_by_one_statement(self, crowd, django_assert_max_num_queries):
        """One moment for all sources; the rest is asking, recording and counting."""
        with django_assert_max_num_queries(20):
            snapshot = take()
        assert Place.objects.filter(snapshot=snapshot).count() == Organization.objects.count()

    def test_twice_by_a_worker_does_it_once(self, crowd):
        snapshot = take()
        lines = Line.objects.count()
        taking.write(snapshot_id=snapshot.pk)
        assert Line.objects.count() == lines

    def test_is_all_or_nothing(self, crowd, monkeypatch):
        monkeypatch.setattr(taking, "_FREEZE", taking._FREEZE + " no such statement")
        with pytest.raises(Exception, match="syntax"):
            take()
        assert Line.objects.count() == 0

    def test_is_recorded(self, crowd):
        actor = admin()
        snapshot = take(actor=actor)
        codes = [event.code for event in audit.events_about(snapshot.pk)]
        assert sorted(codes) == ["statistics.requested", "statistics.taken"]

    def test_of_another_unit_is_not_there(self, crowd, beta):
        take()
        with unit_context(beta.id):
            assert not Snapshot.objects.exists()


class TestAsking:
    @pytest.mark.parametrize("actor", [("unit_admin", "0001"), ("secretary", "")])
    def test_needs_the_whole_unit(self, crowd, actor):
        with pytest.raises(Forbidden):
            take(actor=somebody(actor))
        assert not Snapshot.objects.exists()

    @pytest.mark.parametrize("year", [1999, 2028])
    def test_refuses_a_year_out_of_reach(self, crowd, year):
        with pytest.raises(YearOutOfReach):
            take(year=year)

    def test_refuses_a_second_while_one_is_under_way(self, crowd):
        taken = take()
        Snapshot.objects.filter(pk=taken.pk).update(state=State.TAKING)
        with pytest.raises(AlreadyTaking):
            take()
        assert take(cut="HALF").is_ready

    def test_of_a_large_unit_is_left_to_a_worker(self, crowd, monkeypatch):
        monkeypatch.setattr(taking, "AT_ONCE", 10)
        snapshot = take()
        assert (snapshot.state, Line.objects.count()) == (State.TAKING, 0)
        taking.write(snapshot_id=snapshot.pk)
        assert Snapshot.objects.get().state == State.TAKEN

    def test_before_the_cut_is_a_trial(self, crowd):
        assert snapshots.is_trial(take(now=NOW))
        assert not snapshots.is_trial(take(cut="HALF", now=NOW))
        assert not snapshots.is_trial(take(now=MORE_THAN_A_YEAR_ON))
