"""Pages about gaps and reminders on the desk, and what members see on the phone."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import now as current
from kernel.clock import today
from tenant_apps.access.models import Grant
from tenant_apps.elections.models import Act, Election, Post
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tests import cast
from tests.conftest import FacingClient
from tests.factories.elections import branch, drive
from tests.factories.members import make_member
from tests.tenant_apps.elections.test_pages import day, desk, text_of


@pytest.fixture
def place(alpha):
    return branch(10)


@pytest.fixture
def ada(alpha):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def ben(alpha, place):
    return cast.officer(FacingClient(), alpha, role="secretary", scope=place.org.path, name="本")


class TestGaps:
    def test_a_gap_leads_to_a_by_election(self, place, ada, ben):
        drive(place, Act.DONE)
        post = Post.objects.get(code="01")
        ended = {"ended_on": day(), "reason": "调动"}
        ada.post(desk("end-post", post.pk), ended)
        shown = text_of(ben.get(desk("vacancies")))
        assert "没有在任书记" in shown
        start = f"{desk('start', place.org.pk)}?kind=BY_ELECTION"
        assert start in shown
        assert 'value="BY_ELECTION" selected' in text_of(ben.get(start))

    def test_posts_of_a_roster_are_taken_over(self, place, ada, ben):
        Member.objects.filter(pk=place.people[0].pk).update(posts="支部书记、工会主席")
        Member.objects.filter(pk=place.people[1].pk).update(posts="组织委员")
        Member.objects.filter(pk=place.people[2].pk).update(posts="宣传委员")
        assert "支部书记" in text_of(ada.get(desk("roster")))
        assert "工会主席" in text_of(ada.get(desk("roster"), {"show": "left"}))
        sent = {"member": str(place.people[0].pk), "text": "支部书记"}
        assert ada.post(desk("roster"), sent).status_code == 422
        refused = ben.post(desk("roster"), {**sent, "since": day(-30)})
        assert (refused.status_code, Post.objects.count()) == (422, 0)
        ada.post(desk("roster"), {**sent, "since": day(-30)})
        assert Post.objects.get().code == "01"
        ada.post(desk("roster-all"))
        assert sorted(Post.objects.values_list("code", flat=True)) == ["01", "11", "12"]

    def test_the_committee_urges_and_the_branch_does_not(self, place, ada, ben):
        Organization.objects.filter(pk=place.org.pk).update(term_ends_on=today())
        assert "催办" not in text_of(ada.get(desk("organization", place.org.pk)))
        over = today() - dt.timedelta(days=9)
        Organization.objects.filter(pk=place.org.pk).update(term_ends_on=over)
        assert "催办" in text_of(ada.get(desk("organization", place.org.pk)))
        assert ben.post(desk("urge", place.org.pk)).status_code == 403
        assert ada.post(desk("urge", place.org.pk)).status_code == 302
        Post.objects.create(
            member=place.people[0], org=place.org, org_path=place.org.path, code="01",
            began_on=over, reason="APPOINTED", recorded_at=current(),
        )  # fmt: skip
        Grant.objects.filter(role="secretary").update(revoked_at=current())
        ada.post(desk("urge", place.org.pk))
        assert "届满催办" in text_of(ada.get(desk("organization", place.org.pk)))


class TestPhone:
    def test_members_see_what_they_are_told_and_no_earlier(self, place, alpha):
        """The list only once it is public, the result only once it is approved."""
        phone = cast.member(FacingClient(), alpha, place.people[9].pk)
        case = drive(place, Act.PUBLICISE)
        assert "党员01" not in text_of(phone.get("/m/elections/"))
        Election.objects.filter(pk=case.pk).update(place="二楼会议室", act=Act.ASSEMBLE)
        told = text_of(phone.get("/m/elections/"))
        assert "二楼会议室" in told
        assert "党员01、党员02、党员03、党员04" in told
        assert phone.get("/api/v1/me/elections/").json()[0]["place"] == "二楼会议室"

    def test_members_see_who_was_elected(self, place, alpha):
        drive(place, Act.DONE)
        phone = cast.member(FacingClient(), alpha, place.people[9].pk)
        told = text_of(phone.get("/m/elections/"))
        assert "选举结果" in told
        assert "党员01" in told
        assert "党员04" not in told
        other = make_member(place.tree.r1, "外支部")
        outside = cast.member(FacingClient(), alpha, other.pk)
        assert "没有正在进行的选举" in text_of(outside.get("/m/elections/"))

    def test_the_roll_is_counted_while_it_is_marked(self, place, ben):
        case = drive(place, Act.ASSEMBLE)
        marks = {f"voter_{one.pk}": "PRESENT" for one in place.people[:7]}
        marks |= {f"voter_{one.pk}": "ABSENT" for one in place.people[7:]}
        told = text_of(ben.post(desk("check-roll", case.pk), marks))
        assert "应到会 10 人，实到会 7 人" in told
        assert "至少须 8 人" in told
        assert Election.objects.get(pk=case.pk).act == Act.ASSEMBLE
