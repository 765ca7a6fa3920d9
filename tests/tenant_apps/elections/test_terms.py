"""Terms, boards and posts between elections (rulebook 1.3 and 1.4)."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.audit import selectors as audit
from tenant_apps.elections import selectors
from tenant_apps.elections.models import Act, Post, Reason
from tenant_apps.elections.selectors import composition, terms, work
from tenant_apps.elections.selectors.board import board_of
from tenant_apps.elections.selectors.composition import Seat
from tenant_apps.elections.selectors.terms import Level
from tenant_apps.elections.services import appointing
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors import Urgency
from tests.factories.elections import branch, drive
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, somebody

days = st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2090, 12, 31))


class TestTerm:
    @pytest.mark.parametrize(
        ("kind", "profile", "years"),
        [
            ("COMMITTEE", "GENERAL", 5),
            ("ORGAN_COMMITTEE", "GENERAL", 5),
            ("GENERAL_BRANCH", "GENERAL", 3),
            ("BRANCH", "GENERAL", 3),
            ("JOINT_BRANCH", "GENERAL", 3),
            ("COMMITTEE", "VILLAGE", 5),
            ("GENERAL_BRANCH", "VILLAGE", 5),
            ("BRANCH", "VILLAGE", 5),
        ],
    )
    def test_years_by_type_and_village(self, kind, profile, years):
        assert terms.term_years(kind, profile) == years

    def test_ends_on_the_same_calendar_day(self):
        assert terms.term_end(dt.date(2026, 11, 22), 3) == dt.date(2029, 11, 22)

    def test_who_was_elected_on_the_leap_day_ends_on_the_last_of_february(self):
        assert terms.term_end(dt.date(2024, 2, 29), 3) == dt.date(2027, 2, 28)
        assert terms.term_end(dt.date(2024, 2, 29), 4) == dt.date(2028, 2, 29)

    @pytest.mark.parametrize(
        ("today", "level"),
        [
            ("2026-07-30", Level.FINE),
            ("2026-07-31", Level.SIX_MONTHS),
            ("2026-10-30", Level.SIX_MONTHS),
            ("2026-10-31", Level.THREE_MONTHS),
            ("2026-12-31", Level.ONE_MONTH),
            ("2027-01-31", Level.ONE_MONTH),
            ("2027-02-01", Level.OVERDUE),
        ],
    )
    def test_amber_at_six_three_and_one_month_red_after_the_last_day(self, today, level):
        assert terms.level_of(dt.date(2027, 1, 31), dt.date.fromisoformat(today)) is level

    def test_a_term_that_nobody_entered_is_unknown(self):
        assert terms.level_of(None, TODAY) is Level.UNKNOWN

    @given(days, st.sampled_from([1, 3, 6]))
    def test_the_last_end_of_a_level_is_the_last_one_that_has_it(self, today, months):
        last = terms._last_end(today, months)
        assert terms.level_of(last, today) <= months
        assert terms.level_of(last + dt.timedelta(days=1), today) > months

    @pytest.mark.parametrize(
        ("meets_on", "days_off", "is_long"),
        [
            ("2026-07-31", None, None),
            ("2027-01-31", None, None),
            ("2026-07-30", -185, False),
            ("2027-02-01", 1, False),
            ("2028-01-31", 365, False),
            ("2028-02-01", 366, True),
            ("2026-01-30", -366, True),
        ],
    )
    def test_early_and_late_and_more_than_a_year(self, meets_on, days_off, is_long):
        found = terms.shift_of(dt.date.fromisoformat(meets_on), dt.date(2027, 1, 31))
        if days_off is None:
            assert found is None
        else:
            assert (found.days, found.is_long) == (days_off, is_long)


class TestComposition:
    @pytest.mark.parametrize(
        ("kind", "full", "least", "most"),
        [
            ("BRANCH", 6, 0, 0),
            ("BRANCH", 7, 3, 7),
            ("JOINT_BRANCH", 20, 3, 7),
            ("GENERAL_BRANCH", 60, 5, 9),
            ("COMMITTEE", 200, 5, 11),
        ],
    )
    def test_sizes(self, kind, full, least, most):
        size = composition.size_of(kind, full)
        assert (size.least, size.most) == (least, most)

    @pytest.mark.parametrize(
        ("full", "has_committee", "seats", "deputies", "count"),
        [
            (10, True, 3, 1, 0),
            (10, True, 5, 0, 0),
            (10, True, 7, 0, 1),
            (10, True, 8, 0, 1),
            (10, True, 2, 0, 1),
            (10, False, 0, 0, 1),
            (5, False, 0, 1, 0),
            (5, True, 3, 0, 1),
            (10, True, 3, 2, 1),
        ],
    )
    def test_plans(self, full, has_committee, seats, deputies, count):
        found = composition.problems_of_plan(
            "BRANCH", full, has_committee=has_committee, seats=seats, deputies=deputies
        )
        assert len(found) == count, found

    def test_a_board_has_one_secretary(self):
        def seats(*codes):
            return [Seat(uuid4(), code, TODAY, Reason.ELECTED) for code in codes]

        def problems(*codes):
            return composition.problems_of_board("BRANCH", 10, seats(*codes))

        assert problems("01", "11", "12") == []
        assert "没有登记在任书记" in problems("11", "12", "13")[0]
        assert "2 名在任书记" in problems("01", "01", "11")[0]
        assert "副书记" in problems("01", "02", "02")[0]
        assert "请考虑增补" in problems("01", "11")[0]
        assert problems("01", "11", "12", "31", "31", "31", "31", "31") == []

    def test_posts_of_the_election_begin_on_its_day_others_are_skipped(self):
        """领导干部任职日期不能大于班子换届日期 (rulebook 1.4)."""
        later = TODAY + dt.timedelta(days=1)
        wrong = Seat(uuid4(), "01", later, Reason.ELECTED)
        fine = [
            Seat(uuid4(), "11", TODAY, Reason.ELECTED),
            Seat(uuid4(), "12", later, Reason.BY_ELECTION),
            Seat(uuid4(), "13", later, Reason.APPOINTED),
            Seat(uuid4(), "31", later, Reason.ELECTED),
        ]
        assert composition.dated_wrongly([wrong, *fine], TODAY) == [wrong]


@pytest.mark.django_db
class TestPosts:
    @pytest.fixture
    def place(self, alpha):
        return branch()

    def appoint(self, place, number=0, code="01", **how):
        given = {"began_on": TODAY, "document": "党委〔2026〕5 号", **how}
        return appointing.appoint(
            org=place.org, member=place.people[number], code=code, actor=place.ada, now=NOW, **given
        )

    def test_an_appointment_is_a_post_and_a_line_in_the_file(self, place):
        made = self.appoint(place)
        assert (made.reason, made.began_on) == (Reason.APPOINTED, TODAY)
        assert Member.objects.get(pk=made.member_id).posts == "书记"
        event = audit.events_about(made.pk).get()
        assert (event.code, event.data["post"]) == ("post.appointed", "01")
        place.org.refresh_from_db()
        assert place.org.term_ends_on == dt.date(2027, 1, 31)

    def test_a_post_in_another_organisation_says_where(self, place):
        appointing.appoint(
            org=place.tree.root, member=place.people[0], code="12", began_on=TODAY,
            document="党委〔2026〕5 号", actor=place.ada, now=NOW,
        )  # fmt: skip
        self.appoint(place)
        assert Member.objects.get(pk=place.people[0].pk).posts == "书记、root宣传委员"

    def test_one_secretary_at_a_time(self, place):
        self.appoint(place)
        with pytest.raises(appointing.SecretaryInOffice):
            self.appoint(place, 1)
        with pytest.raises(appointing.PostHeldAlready):
            self.appoint(place)

    def test_ending_a_post_clears_the_line(self, place):
        made = self.appoint(place)
        appointing.end(post=made, ended_on=TODAY, reason="工作调动", actor=place.ada, now=NOW)
        assert Member.objects.get(pk=made.member_id).posts == ""
        assert audit.events_about(made.pk).filter(code="post.ended").exists()
        with pytest.raises(appointing.PostEnded):
            appointing.end(post=made, ended_on=TODAY, reason="再次", actor=place.ada, now=NOW)

    def test_what_cannot_be_is_refused(self, place):
        tomorrow = TODAY + dt.timedelta(days=1)
        for how in ({"code": "99"}, {"document": " "}, {"began_on": tomorrow}):
            with pytest.raises(appointing.PostDoesNotFit):
                self.appoint(place, **how)

    def test_only_full_members_of_the_body_hold_posts(self, place):
        place.people[0] = make_member(place.org, "预备", category="PROBATIONARY", full_on=None)
        place.people[1] = make_member(place.tree.r1, "外支部")
        for number in (0, 1):
            with pytest.raises(appointing.PostDoesNotFit):
                self.appoint(place, number)

    def test_a_post_does_not_end_before_it_began(self, place):
        made = self.appoint(place)
        with pytest.raises(appointing.PostDoesNotFit):
            appointing.end(
                post=made, ended_on=TODAY - dt.timedelta(1), reason="误", actor=place.ada, now=NOW
            )

    def test_who_held_a_post_on_a_day(self, place):
        made = self.appoint(place, began_on=TODAY - dt.timedelta(days=10))
        appointing.end(
            post=made,
            ended_on=TODAY - dt.timedelta(days=2),
            reason="调动",
            actor=place.ada,
            now=NOW,
        )
        on = [
            selectors.posts_of(place.org.pk, on=TODAY - dt.timedelta(days=n)).count()
            for n in (11, 10, 3, 2, 0)
        ]
        assert on == [0, 1, 1, 0, 0]

    def test_the_board_tells_a_post_that_began_on_another_day(self, place):
        drive(place, Act.DONE)
        Post.objects.filter(code="01").update(began_on=TODAY - dt.timedelta(days=3))
        board = board_of(place.org, on=TODAY)
        assert any("与换届日期 2026-11-22 不一致" in problem for problem in board.problems)


@pytest.mark.django_db
class TestWork:
    @pytest.fixture
    def place(self, alpha):
        return branch()

    def duties(self, actor):
        return list(work.Duties().duties(actor, today=TODAY))

    def test_a_term_that_ends_is_a_duty_until_somebody_begins(self, place):
        found = self.duties(place.ben)
        assert [(one.text, one.count, one.due_on) for one in found] == [
            ("任期 3 个月内届满，尚未启动换届", 1, dt.date(2027, 1, 31))
        ]
        drive(place, Act.DECIDE)
        assert not [one for one in self.duties(place.ben) if "尚未启动" in one.text]

    def test_an_overdue_term_is_red(self, place):
        Organization.objects.filter(pk=place.org.pk).update(term_ends_on=TODAY - dt.timedelta(1))
        (found,) = self.duties(place.ben)
        assert (found.urgency, found.text) == (Urgency.OVERDUE, "任期已届满，尚未启动换届")

    def test_a_request_waits_for_the_superior_alone(self, place):
        drive(place, Act.REPLY)
        assert [one.text for one in self.duties(place.ada)] == ["换届事项待上级批复"]
        assert self.duties(place.ben) == []
        assert self.duties(somebody(("secretary", place.tree.right.path))) == []

    def test_counts_and_lists_agree_for_every_level(self, place):
        for number, org in enumerate(Organization.objects.filter(kind="BRANCH")):
            ends = TODAY + dt.timedelta(days=(number - 1) * 40)
            Organization.objects.filter(pk=org.pk).update(term_ends_on=ends)
        counts = work.counts_by_level(place.ada, today=TODAY)
        bodies = list(terms.bodies_visible_to(place.ada))
        told = [terms.level_of(one.term_ends_on, TODAY) for one in bodies]
        assert counts == {level: told.count(level) for level in Level}
