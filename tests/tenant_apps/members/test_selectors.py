"""Lists, search, gates, tabs and history."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.actor import Actor
from kernel.errors import Forbidden
from kernel.unit import unit_context
from tenant_apps.access.models import Grant
from tenant_apps.members import selectors
from tenant_apps.members.models import Member, party_age
from tenant_apps.members.permissions import MemberPermission as P
from tenant_apps.members.selectors import Cell, Filters, Listing, columns, listing
from tenant_apps.members.selectors.arrangement import Arrangement
from tenant_apps.members.services import filing, revealing
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import NOW, TODAY, admin, somebody


def found(actor=None, **filters):
    rows = selectors.members_visible_to(actor or admin(), filters=Filters(**filters), today=TODAY)
    return {member.name for member in rows}


class Owing:
    """A column as dues registers one: who owes is who has no phone."""

    key, label, is_numeric = "owing", "本月党费", False
    choices = (("unpaid", "未交"), ("paid", "已交"))
    tab = ("unpaid", "本月未交党费")

    def heading(self, *, today):
        return f"{today.month} 月党费"

    def is_visible_to(self, actor):
        return actor.holds("unit_admin")

    def cells(self, member_ids, *, today):
        return {pk: Cell("未交", status="unpaid") for pk in member_ids}

    def matching(self, choice, *, today):
        return Q(phone_index__isnull=choice == "unpaid")


@pytest.fixture
def owing(monkeypatch):
    monkeypatch.setattr(columns, "_columns", [Owing()])


class TestMembersVisibleTo:
    def test_keeps_to_the_sub_trees_of_the_actor(self, tree):
        store(new_member(tree.l1, "甲"), new_member(tree.l2, "乙"), new_member(tree.r1, "丙"))
        assert found() == {"甲", "乙", "丙"}
        assert found(somebody(("secretary", tree.left.path))) == {"甲", "乙"}
        two = somebody(("secretary", tree.l1.path), ("treasurer", tree.r1.path))
        assert found(two) == {"甲", "丙"}
        assert found(Actor()) == found(somebody(("member", tree.l1.path))) == set()

    def test_narrows_to_an_organisation_with_or_without_its_sub_tree(self, tree):
        store(new_member(tree.left, "甲"), new_member(tree.l1, "乙"), new_member(tree.r1, "丙"))

        def of_left(**choice):
            rows = selectors.members_visible_to(admin(), org_path=tree.left.path, **choice)
            return {member.name for member in rows}

        assert of_left() == {"甲", "乙"}
        assert of_left(include_sub=False) == {"甲"}

    def test_leaves_out_who_is_no_longer_active_and_does_not_load_sealed_values(self, tree):
        member = make_member(tree.l1)
        loaded = selectors.members_visible_to(admin()).get()
        assert "identity_sealed" in loaded.get_deferred_fields()
        Member.objects.filter(pk=member.pk).update(is_active=False)
        assert found() == set()

    def test_filters(self, tree):
        early, late = dt.date(1999, 7, 1), dt.date(2020, 7, 1)
        store(
            new_member(tree.l1, "早", joined_on=early, posts="支部书记"),
            new_member(tree.l1, "晚", joined_on=late, category="PROBATIONARY", full_on=None),
            new_member(tree.l1, "缺", phone=None),
        )
        assert found(category="PROBATIONARY") == {"晚"}
        assert found(joined_from=dt.date(2000, 1, 1), joined_to=dt.date(2010, 1, 1)) == {"缺"}
        assert found(has_phone=False) == {"缺"}
        assert found(has_phone=True) == {"早", "晚"}
        assert found(incomplete=True) == {"缺"}
        assert found(posts="书记") == {"早"}


class TestSearch:
    @pytest.fixture
    def people(self, tree):
        store(
            new_member(tree.l1, "曾国强", identity_number="32030319800101123X",
                       phone="13812345678"),
            new_member(tree.l1, "欧阳春梅"),
            new_member(tree.l1, "张国", identity_number="320303198001012345"),
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("国", {"曾国强", "张国"}), ("zgq", {"曾国强"}), ("ZG", {"曾国强", "张国"}),
            ("zengguo", {"曾国强"}), ("oycm", {"欧阳春梅"}), ("ouyang", {"欧阳春梅"}),
            ("32030319800101123x", {"曾国强"}), ("320303198001012345", {"张国"}),
            ("138 1234 5678", {"曾国强"}), ("5678", {"曾国强"}), ("123X", {"曾国强"}),
            ("2345", {"张国"}), ("13800000000", set()), ("3203", set()), ("guoqiang", set()),
            ("%", set()), ("", {"曾国强", "欧阳春梅", "张国"}),
        ],
    )  # fmt: skip
    def test_understands_what_people_type(self, people, text, names):
        assert found(q=text) == names

    def test_finds_a_number_only_in_its_own_unit(self, people, alpha, beta):
        ours = selectors.search("320303198001012345")
        with unit_context(beta.id):
            assert str(selectors.search("320303198001012345")) != str(ours)


@given(text=st.text(max_size=30))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_can_be_searched_for(alpha, text):
    text = text.replace("\x00", "")
    assert list(selectors.members_visible_to(admin(), filters=Filters(q=text))) == []


class TestOrders:
    @pytest.mark.parametrize(
        ("sort", "names"),
        [
            ("name", ["安", "白", "曹"]), ("-name", ["曹", "白", "安"]),
            ("joined", ["白", "安", "曹"]), ("-joined", ["安", "白", "曹"]),
            ("age", ["曹", "安", "白"]), ("-age", ["白", "安", "曹"]),
            ("org", ["曹", "安", "白"]), ("nonsense", ["安", "白", "曹"]),
        ],
    )  # fmt: skip
    def test_are_by_pinyin_date_age_and_place(self, tree, sort, names):
        store(
            new_member(tree.l2, "安", birth_on=dt.date(1980, 1, 1), joined_on=dt.date(2010, 1, 1)),
            new_member(tree.r1, "白", birth_on=dt.date(1970, 1, 1), joined_on=dt.date(2000, 1, 1)),
            new_member(tree.l1, "曹", birth_on=dt.date(1990, 1, 1), joined_on=None),
        )
        rows = selectors.sorted_by(selectors.members_visible_to(admin()), sort)
        assert [member.name for member in rows] == names


class TestTabs:
    def test_are_counted_in_one_statement(self, tree, owing, django_assert_num_queries):
        store(
            new_member(tree.l1),
            new_member(tree.l1, phone=None),
            new_member(tree.l1, category="PROBATIONARY", full_on=None),
        )
        with django_assert_num_queries(1):
            tabs = selectors.tabs_of(admin(), selectors.members_visible_to(admin()), today=TODAY)
        assert [(tab.key, tab.count) for tab in tabs] == [
            ("all", 3), ("full", 2), ("probationary", 1), ("away", 0), ("owing_unpaid", 1),
            ("incomplete", 1),
        ]  # fmt: skip

    def test_narrow_the_list_to_what_they_count(self, tree, owing):
        store(new_member(tree.l1, "有"), new_member(tree.l1, "无", phone=None))
        for tab, names in (
            ("owing_unpaid", {"无"}),
            ("incomplete", {"无"}),
            ("unknown", {"有", "无"}),
        ):
            rows = Listing(tab=tab).rows(admin(), today=TODAY)
            assert {member.name for member in rows} == names

    def test_of_added_columns_are_hidden_with_them(self, tree, owing):
        actor = somebody(("secretary", ""))
        tabs = selectors.tabs_of(actor, selectors.members_visible_to(actor), today=TODAY)
        assert "owing_unpaid" not in {tab.key for tab in tabs}
        assert [c for c in selectors.columns_of(actor, today=TODAY) if c.provider] == []


class TestListing:
    def test_survives_being_packed(self, tree, owing):
        made = store(new_member(tree.l1, "甲", phone=None), new_member(tree.l1, "乙", phone=None))
        asked = Listing(
            org_path=tree.left.path,
            filters=Filters(joined_from=dt.date(2000, 1, 1), added={"owing": "unpaid"}),
            tab="full",
            sort="-name",
            chosen=(str(made[0].id),),
        )
        again = Listing.unpacked(asked.packed())
        assert again == asked
        assert [member.name for member in again.rows(admin(), today=TODAY)] == ["甲"]

    def test_shows_the_chosen_columns(self, tree, owing):
        every = selectors.columns_of(admin(), today=TODAY)
        keys = [column.key for column in selectors.shown_columns(every)]
        assert keys == ["org", "category", "joined", "owing"]
        wanted = Arrangement.read("order=owing.phone.org.gone&hidden=org.gone")
        shown = [column.key for column in selectors.shown_columns(wanted.of(every))]
        assert shown == ["owing", "phone", "category", "joined"]
        assert Arrangement.read("").of(every) == every
        assert every[-1].label == "11 月党费"
        assert len(listing.BASIC) == 8


class TestMemberFor:
    def test_shows_the_sub_tree_and_oneself_and_nobody_else(self, tree):
        mine, other = make_member(tree.l1), make_member(tree.r1)
        me = somebody(member_id=mine.id)
        assert selectors.member_for(me, mine.id, to=P.READ) == mine
        for hidden in (other.id, uuid4()):
            with pytest.raises(selectors.MemberNotFound):
                selectors.member_for(me, hidden, to=P.READ)

    def test_forbids_what_is_seen_but_may_not_be_done(self, tree):
        member = make_member(tree.l1)
        with pytest.raises(Forbidden):
            selectors.member_for(somebody(("treasurer", "")), member.id, to=P.REVEAL)
        assert selectors.members_for(somebody(("treasurer", "")), [member.id], to=P.MOVE) == []

    def test_lets_a_job_read_everything(self, tree):
        member = make_member(tree.l1)
        assert selectors.member_for(Actor.system("x"), member.id, to=P.EDIT) == member
        assert selectors.members_for(Actor.system("x"), [member.id], to=P.EDIT) == [member]


class TestOwnFile:
    def test_is_the_members_own(self, tree):
        member = make_member(tree.l1)
        assert selectors.own_file(somebody(member_id=member.id)) == member
        for stranger in (Actor(), somebody(member_id=uuid4())):
            with pytest.raises(selectors.MemberNotFound):
                selectors.own_file(stranger)

    def test_names_the_officers_to_ask(self, tree):
        member = make_member(tree.l1)
        make_member(tree.l1, "委员", posts="组织委员")
        make_member(tree.l1, "副手", posts="副书记")
        make_member(tree.l1, "书记", posts="支部书记")
        make_member(tree.l1, "其他", posts="青年委员")
        for name, role, scope in (
            ("管理员", "unit_admin", ""), ("隔壁", "secretary", tree.r1.path),
            ("会计", "treasurer", ""), ("书记", "secretary", tree.l1.path),
        ):  # fmt: skip
            Grant.objects.create(
                person_id=uuid4(), person_name=name, role=role, scope=scope, granted_at=NOW
            )
        names = [contact.name for contact in selectors.contacts_for(member)]
        assert names == ["书记", "副手", "委员", "其他", "管理员"]


def test_history_tells_what_happened_and_who_looked(tree):
    member, actor = make_member(tree.l1), admin()
    sheet = filing.FileSheet(**{**vars_of(filing.sheet_of(member)), "education": "硕士研究生"})
    filing.correct(member=member, sheet=sheet, reason="", actor=actor, today=TODAY, now=NOW)
    revealing.reveal_phone(member=member, reason="核对缴费", actor=actor, now=NOW)
    history = selectors.history_of(member)
    assert {entry.what for entry in history} == {"更正了档案", "查看了手机号码"}
    details = {detail for entry in history for detail in entry.details}
    assert details == {"学历：大学本科 → 硕士研究生", "事由：核对缴费"}
    assert [entry.what for entry in selectors.looks_at(member)] == ["查看了手机号码"]


def vars_of(sheet):
    return {name: getattr(sheet, name) for name in sheet.__dataclass_fields__}


@pytest.mark.parametrize(
    ("full_on", "years"),
    [(None, None), ("2026-11-22", 0), ("2025-11-23", 0), ("2025-11-22", 1), ("2026-12-01", None)],
)
def test_party_age_counts_whole_years_from_becoming_full(full_on, years):
    assert party_age(dt.date.fromisoformat(full_on) if full_on else None, TODAY) == years
