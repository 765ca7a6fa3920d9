"""The extended sets: every kind's fields, what is sealed in them, striking out and taking back."""

import datetime as dt

import pytest

from kernel.errors import Forbidden
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import entries as reading
from tenant_apps.members.selectors import history_of
from tenant_apps.members.selectors.entry_sets import BY_HAND, SETS, Shape, set_named
from tenant_apps.members.services import entries, revealing
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree, somebody

RIGHT = "11010519491231002X"
RELATIVE = {"relation": "配偶", "name": "虚构人", "identity": RIGHT, "phone": "13900002222"}


def add(member, kind, data, **more):
    return entries.add(member=member, kind=kind, data=data, actor=admin(), now=NOW, **more)


def change(entry, data, **more):
    days = {"began_on": None, "ended_on": None, "year": None, **more}
    return entries.change(entry=entry, data=data, actor=admin(), now=NOW, **days)


def sample(one):
    """A right row of a set: every field filled."""
    values = {
        Shape.TEXT: "虚构", Shape.LONG: "虚构的内容", Shape.DAY: "2020-07-01", Shape.NUMBER: 12,
        Shape.MONEY: 50_000, Shape.IDENTITY: RIGHT, Shape.PHONE: "13900002222",
    }  # fmt: skip
    return {
        field.key: field.allowed[-1] if field.shape is Shape.CHOICE else values[field.shape]
        for field in one.fields
    }


class TestSets:
    def test_there_is_one_for_every_kind(self):
        assert set(SETS) == set(EntryKind)
        assert all(set_named(one.key) is one for one in SETS.values())
        assert set_named("nonsense") is None

    @pytest.mark.parametrize("kind", list(EntryKind))
    def test_takes_a_whole_row_and_says_it_in_words(self, tree, kind):
        one = SETS[kind]
        day = dt.date(2025, 3, 1)
        entry = add(make_member(tree.l1), kind, sample(one), began_on=day)
        shown = reading.shown_entry(Entry.objects.get(pk=entry.pk))
        assert shown.heading
        assert {label for label, _, _ in shown.details} == {
            field.label for field in one.fields if field.key not in one.heading
        }

    @pytest.mark.parametrize("one", BY_HAND, ids=lambda one: one.key)
    def test_asks_for_what_is_needed(self, tree, one):
        needed = next(field for field in one.fields if field.is_required)
        data = {key: value for key, value in sample(one).items() if key != needed.key}
        with pytest.raises(entries.EntryNotValid) as refused:
            add(make_member(tree.l1), one.kind, data, began_on=dt.date(2025, 1, 1))
        assert refused.value.data["field"] == needed.key
        assert not Entry.objects.exists()


class TestValues:
    @pytest.mark.parametrize(
        ("kind", "wrong", "field"),
        [
            ("EDUCATION", {"level": "博士后"}, "level"),
            ("TRAINING", {"hours": -1}, "hours"),
            ("TRAINING", {"hours": "八"}, "hours"),
            ("TRAINING", {"hours": True}, "hours"),
            ("TRAINING", {"name": "学" * 81}, "name"),
            ("FAMILY", {"identity": "110105194912310021"}, "identity"),
            ("FAMILY", {"phone": "打不通"}, "phone"),
            ("FAMILY", {"birth_on": "1980-13-01"}, "birth_on"),
            ("CONDOLENCE", {"amount_fen": 500.5}, "amount_fen"),
            ("REWARD", {"unknown": "x"}, "unknown"),
        ],
    )
    def test_that_cannot_be_are_refused_at_their_field(self, tree, kind, wrong, field):
        data = {**sample(SETS[EntryKind(kind)]), **wrong}
        with pytest.raises(entries.EntryNotValid) as refused:
            add(make_member(tree.l1), EntryKind(kind), data, began_on=dt.date(2025, 1, 1))
        assert refused.value.data["field"] == field

    def test_days_stand_in_order(self, tree):
        data = {"workplace": "水厂", "post": "工人"}
        days = {"began_on": dt.date(2020, 1, 2), "ended_on": dt.date(2020, 1, 1)}
        with pytest.raises(entries.EntryNotValid):
            add(make_member(tree.l1), EntryKind.WORK, data, **days)

    def test_the_year_is_that_of_the_day_unless_it_is_said(self, tree):
        member = make_member(tree.l1)
        day = dt.date(2026, 1, 9)
        data = {"grade": "优秀"}
        assert add(member, EntryKind.APPRAISAL, data, began_on=day).year == 2026
        assert add(member, EntryKind.APPRAISAL, data, began_on=day, year=2025).year == 2025
        with pytest.raises(entries.EntryNotValid):
            add(member, EntryKind.APPRAISAL, data)
        with pytest.raises(entries.EntryNotValid):
            add(member, EntryKind.APPRAISAL, data, year=1920)

    def test_a_probationary_member_receives_no_grade(self, tree):
        """Rulebook 5.1 and 14, fact 10."""
        member = make_member(tree.l1, category="PROBATIONARY", full_on=None)
        with pytest.raises(entries.EntryNotValid):
            add(member, EntryKind.APPRAISAL, {"grade": "合格"}, year=2026)
        kept = add(member, EntryKind.APPRAISAL, {"grade": "不评定等次"}, year=2026)
        assert kept.data["grade"] == "不评定等次"


class TestSealed:
    def test_numbers_of_relatives_are_sealed_and_masked_everywhere(self, tree):
        member = make_member(tree.l1)
        entry = add(member, EntryKind.FAMILY, RELATIVE)
        entry.refresh_from_db()
        assert entry.data["identity"] == "110***********002X"
        assert entries.open_sealed(entry) == {"identity": RIGHT, "phone": "13900002222"}
        told = str([event.data for event in audit.events_about(member.id)]) + str(entry.data)
        assert RIGHT not in told and "13900002222" not in told

    def test_are_left_by_nothing_and_taken_away_by_the_empty_text(self, tree):
        entry = add(make_member(tree.l1), EntryKind.FAMILY, RELATIVE)
        data = {"relation": "配偶", "name": "虚构人"}
        kept = change(entry, data)
        assert entries.open_sealed(kept)["identity"] == RIGHT
        gone = change(entry, {**data, "identity": "", "phone": ""})
        assert (gone.sealed, gone.data.get("identity")) == (None, None)

    def test_are_opened_with_a_reason_that_the_member_sees(self, tree):
        member = make_member(tree.l1)
        entry = add(member, EntryKind.FAMILY, RELATIVE)
        who = {"entry": entry, "actor": admin(), "now": NOW}
        with pytest.raises(revealing.RevealReasonNeeded):
            revealing.reveal_relative(**who, field="phone", reason="看")
        with pytest.raises(revealing.NothingToReveal):
            revealing.reveal_relative(**who, field="name", reason="紧急联系家属")
        opened = revealing.reveal_relative(**who, field="phone", reason="紧急联系家属")
        assert opened == "13900002222"
        assert "查看了亲属的号码" in {entry.what for entry in history_of(member)}


class TestChanging:
    def test_records_old_and_new_once(self, tree):
        member = make_member(tree.l1)
        entry = add(
            member, EntryKind.REWARD, {"name": "优秀党员", "level": "市级", "organ": "市委"}
        )
        data = {"name": "先进", "level": "省级", "organ": "省委"}
        change(entry, data)
        change(entry, data)
        events = list(audit.events_about(member.id).filter(code="member.entry_changed"))
        assert len(events) == 1
        assert events[0].data["changes"]["level"] == ["市级", "省级"]

    def test_a_row_struck_out_stays_and_comes_back(self, tree):
        member = make_member(tree.l1)
        entry = add(member, EntryKind.NOTE, {"text": "虚构的情况"})
        act = {"entry": entry, "actor": admin(), "now": NOW}
        with pytest.raises(entries.EntryNotValid):
            entries.strike(**act, reason=" ")
        with pytest.raises(entries.EntryNotStruck):
            entries.take_back(**act)
        entries.strike(**act, reason="登记错人")
        with pytest.raises(entries.EntryStruck):
            entries.strike(**act, reason="登记错人")
        with pytest.raises(entries.EntryStruck):
            change(entry, {"text": "改"})
        assert reading.kinds_of(member) == set()
        entries.take_back(**act)
        assert reading.kinds_of(member) == {"NOTE"}
        codes = list(audit.events_about(member.id).values_list("code", flat=True))
        assert codes == [
            "member.entry_restored", "member.entry_struck", "member.entry_added",
        ]  # fmt: skip


class TestReading:
    def test_close_sets_are_kept_from_the_treasurer(self, tree):
        member = make_member(tree.l1)
        kinds = {
            who: {one.set.kind for one in reading.sets_of(actor, member)}
            for who, actor in {
                "secretary": somebody(("secretary", tree.l1.path)),
                "treasurer": somebody(("treasurer", tree.l1.path)),
                "elsewhere": somebody(("secretary", tree.r1.path)),
                "self": somebody(member_id=member.pk),
            }.items()
        }
        close = {kind for kind, one in SETS.items() if one.is_close}
        assert kinds["secretary"] == kinds["self"] == set(EntryKind)
        assert kinds["treasurer"] == set(EntryKind) - close
        assert kinds["elsewhere"] == set()

    def test_a_row_is_found_by_who_may_read_its_set(self, tree):
        member = make_member(tree.l1)
        entry = add(member, EntryKind.FAMILY, RELATIVE)
        assert reading.entry_for(admin(), entry.pk, to=MemberPermission.EDIT) == entry
        elsewhere, treasurer = somebody(("secretary", tree.r1.path)), somebody(("treasurer", ""))
        for actor in (elsewhere, treasurer):
            with pytest.raises(reading.EntryNotFound):
                reading.entry_for(actor, entry.pk, to=MemberPermission.READ)
        with pytest.raises(Forbidden):
            me = somebody(member_id=member.pk)
            reading.entry_for(me, entry.pk, to=MemberPermission.EDIT)

    def test_is_of_this_unit_only(self, alpha, beta, tree):
        add(make_member(tree.l1), EntryKind.NOTE, {"text": "甲单位"})
        with unit_context(beta.id):
            small_tree()
            assert not Entry.objects.exists() and not Member.objects.exists()
