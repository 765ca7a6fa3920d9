"""Two files of one person: found, looked at, made one, made two again."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from kernel.errors import Forbidden
from kernel.unit import shared_context
from shared_apps.people.models import Affiliation
from tenant_apps.audit import selectors as audit
from tenant_apps.elections.models import Act
from tenant_apps.members.models import ChangeKind, Entry, EntryKind, Member
from tenant_apps.members.selectors import MemberNotFound, duplicates
from tenant_apps.members.services import (
    entries,
    filing,
    merging,
    proposals,
    references,
    sealing,
)
from tests.factories.elections import branch, drive
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, somebody

LATER = NOW + dt.timedelta(days=8)


@pytest.fixture
def pair(tree):
    kept = make_member(tree.l1, "田雨欣", identity_number="320303199001010012", phone=None,
                       education="")  # fmt: skip
    gone = make_member(tree.l2, "田雨欣", identity_number="320303199001010021",
                       phone="13900002222", education="大学本科")  # fmt: skip
    entries.add(
        member=gone, kind=EntryKind.NOTE, data={"text": "曾在外地工作"}, actor=admin(), now=NOW
    )
    return kept, gone


def merge(kept, gone, *take, actor=None, now=NOW):
    return merging.merge(kept=kept, gone=gone, take=take, actor=actor or admin(), now=now)


def fresh(*members):
    return [Member.objects.get(pk=member.pk) for member in members]


class TestFinding:
    def test_says_why_two_files_look_alike(self, tree, pair):
        make_member(tree.r1, "单独一人", birth_on=dt.date(1991, 2, 3))
        (found,) = duplicates.pairs_visible_to(admin())
        assert {found.first.pk, found.second.pk} == {member.pk for member in pair}
        assert found.signs == ("姓名与出生日期相同",)

    def test_finds_the_same_phone_and_the_same_name_in_a_branch(self, tree):
        make_member(tree.l1, "唐一", phone="13900003333", birth_on=dt.date(1970, 1, 1))
        make_member(tree.r1, "唐二", phone="13900003333", birth_on=dt.date(1971, 1, 1))
        make_member(tree.l1, "唐一", birth_on=dt.date(1972, 1, 1))
        signs = sorted(pair.signs for pair in duplicates.pairs_visible_to(admin()))
        assert signs == [("同一支部内姓名相同",), ("手机号码相同",)]

    def test_stays_within_the_sub_tree(self, tree, pair):
        assert duplicates.pairs_visible_to(admin(tree.l1.path)) == []
        with pytest.raises(MemberNotFound):
            duplicates.pair_for(admin(tree.l1.path), pair[0].pk, pair[1].pk)
        with pytest.raises(Forbidden):
            duplicates.pair_for(somebody(("secretary", "")), pair[0].pk, pair[1].pk)

    def test_does_not_ask_again_of_two_people(self, pair):
        merging.tell_apart(first=pair[1], second=pair[0], actor=admin(), now=NOW)
        assert duplicates.pairs_visible_to(admin()) == []


class TestMerging:
    def test_waits_for_what_is_to_be_decided(self, pair):
        proposals.submit(member=pair[0], kind=ChangeKind.PERSUADED, on=TODAY, document="1 号",
                         reason="", actor=somebody(("secretary", "")), now=NOW)  # fmt: skip
        with pytest.raises(merging.TurnWaits):
            merge(*pair)

    def test_one_value_wins_and_everything_goes_along(self, pair):
        kept, gone = pair
        assert [
            (one.label, one.going) for one in references.preview(gone=gone.pk, kept=kept.pk)
        ] == [("扩展信息", 1)]
        merge(kept, gone, "identity", "phone", "education", "org")
        kept, gone = fresh(kept, gone)
        assert sealing.open_identity(kept.identity_sealed) == "320303199001010021"
        assert sealing.open_phone(kept.phone_sealed) == "13900002222"
        assert (kept.education, kept.org_path) == ("大学本科", pair[1].org_path)
        assert (gone.is_active, gone.left_kind, gone.left_on) == (False, "OTHER_OUT", TODAY)
        assert Entry.objects.get().member_id == kept.pk
        assert audit.events_about(kept.pk).filter(code="member.merged").exists()
        with shared_context():
            assert Affiliation.objects.filter(member_id=kept.pk).exists()
            assert not Affiliation.objects.filter(member_id=gone.pk).exists()

    def test_writes_no_number_into_the_event(self, pair):
        change = merge(*pair, "identity", "phone")
        assert "32030319900101" not in str(change.data)
        assert "1390000" not in str(change.data)

    def test_is_made_two_again(self, pair):
        before = [vars(member) for member in fresh(*pair)]
        change = merge(*pair, "identity", "phone", "education", "org", "name")
        merging.undo(change=change, actor=admin(), now=NOW)
        after = [vars(member) for member in fresh(*pair)]
        for one, other in zip(before, after, strict=True):
            same = set(one) - {"_state", "_unit_id", "version", "updated_at"}
            assert {key: one[key] for key in same} == {key: other[key] for key in same}
        assert Entry.objects.get().member_id == pair[1].pk
        change.refresh_from_db()
        assert change.undone_at == NOW

    def test_is_not_made_two_again_late_or_twice(self, pair):
        change = merge(*pair)
        with pytest.raises(merging.MergerNotToUndo):
            merging.undo(change=change, actor=admin(), now=LATER)
        merging.undo(change=change, actor=admin(), now=NOW)
        with pytest.raises(merging.MergerNotToUndo):
            merging.undo(change=change, actor=admin(), now=NOW)

    def test_is_not_made_two_again_once_the_file_went_on(self, pair):
        kept, gone = pair
        change = merge(kept, gone, "education")
        (kept,) = fresh(kept)
        filing.correct(
            member=kept, sheet=replace(filing.sheet_of(kept), native_place="江苏徐州"), reason="",
            actor=admin(), today=TODAY, now=NOW,
        )  # fmt: skip
        with pytest.raises(merging.MergerNotToUndo):
            merging.undo(change=change, actor=admin(), now=NOW)

    def test_refuses_itself_the_departed_and_who_may_not(self, tree, pair):
        kept, gone = pair
        with pytest.raises(merging.SameFile):
            merge(kept, kept)
        with pytest.raises(Forbidden):
            merge(kept, gone, actor=admin(tree.l1.path))
        merge(kept, gone)
        with pytest.raises(merging.NotToMerge):
            merge(kept, gone)


class TestNamed:
    """Who is named inside JSON: on the list of an election, in its count, beside an applicant."""

    def test_a_count_names_the_kept_file_until_the_merger_is_undone(self, alpha):
        place = branch()
        case = drive(place, Act.DONE)
        kept, gone = make_member(place.org, "党员一"), place.people[0]
        before = named(case)
        assert str(gone.pk) in str(before)
        labels = {one.label for one in references.preview(gone=gone.pk, kept=kept.pk)}
        assert {"候选人名单", "选举计票", "党内职务"} <= labels
        change = merge(kept, Member.objects.get(pk=gone.pk))
        assert named(case) == json.loads(json.dumps(before).replace(str(gone.pk), str(kept.pk)))
        merging.undo(change=change, actor=admin(), now=NOW)
        assert named(case) == before

    def test_a_count_that_names_both_stays_as_it_is(self, alpha):
        place = branch()
        case = drive(place, Act.DONE)
        before = named(case)
        first, second = (Member.objects.get(pk=one.pk) for one in place.people[:2])
        merge(first, second)
        assert named(case) == before


def named(case):
    """What an election and its counts say of people."""
    case.refresh_from_db()
    columns = ("candidates", "others", "elected", "tied")
    return [case.nominees, *map(list, case.ballots.order_by("pk").values_list(*columns))]
