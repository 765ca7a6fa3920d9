"""Posts that only a roster tells of: proposed, accepted one by one or all, the rest left."""

from __future__ import annotations

import datetime as dt

import pytest

from tenant_apps.audit import selectors as audit
from tenant_apps.elections.models import Post, Reason
from tenant_apps.elections.selectors.taking_over import proposals_for
from tenant_apps.elections.services import appointing, taking_over
from tenant_apps.elections.services.taking_over import Choice
from tenant_apps.members.models import Member
from tests.factories.elections import branch
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY

pytestmark = pytest.mark.django_db
BEGAN = dt.date(2024, 1, 31)
"""Three years before the branch's term ends."""


@pytest.fixture
def place(alpha):
    place = branch(5)
    for member, text in zip(
        place.people, ("支部书记、工会主席", "组织委员", "组织员", "l2委员"), strict=False
    ):
        write(member, text)
    return place


def write(member, text):
    Member.objects.filter(pk=member.pk).update(posts=text)


def line(member):
    return Member.objects.get(pk=member.pk).posts


def told(actor):
    return [
        (one.member.name, one.part.text, one.label, one.since, one.problem)
        for one in proposals_for(actor)
    ]


def accept(place, number, text, since=None):
    return taking_over.accept(
        choices=[Choice(place.people[number].pk, text, since)], actor=place.ada, now=NOW
    )


def test_each_part_is_proposed_with_its_day_or_left_with_the_reason(place):
    assert told(place.ada) == [
        ("党员01", "支部书记", "书记", BEGAN, ""),
        ("党员01", "工会主席", "", None, "不是党内职务，或写法不能识别"),
        ("党员02", "组织委员", "组织委员", BEGAN, ""),
        ("党员03", "组织员", "组织员", None, ""),
        ("党员04", "l2委员", "委员", None, "不在这个党组织内"),
    ]
    assert {problem for *_, problem in told(place.ben)} >= {"须由上级党组织登记"}


def test_one_is_accepted_and_the_rest_of_the_line_stays(place):
    (post,) = accept(place, 0, "支部书记")
    assert (post.code, post.began_on, post.reason) == ("01", BEGAN, Reason.ROSTER)
    assert line(place.people[0]) == "书记、工会主席"
    assert audit.events_about(post.pk).get(code="post.taken_over").data["text"] == "支部书记"
    assert ("党员01", "支部书记") not in [one[:2] for one in told(place.ada)]
    appointing.end(post=post, ended_on=TODAY, reason="调动", actor=place.ada, now=NOW)
    assert line(place.people[0]) == "工会主席"


def test_all_are_accepted_that_need_nothing_more(place):
    assert taking_over.accept_ready(actor=place.ada, now=NOW) == (2, 0)
    assert sorted(Post.objects.values_list("code", flat=True)) == ["01", "11"]
    assert line(place.people[2]) == "组织员"
    assert taking_over.accept_ready(actor=place.ada, now=NOW) == (0, 0)


def test_a_day_is_asked_for_where_none_is_known(place):
    with pytest.raises(taking_over.NotToTakeOver):
        accept(place, 2, "组织员")
    for day in (TODAY + dt.timedelta(days=1),):
        with pytest.raises(taking_over.NotToTakeOver):
            accept(place, 2, "组织员", day)
    assert accept(place, 2, "组织员", TODAY)[0].code == "41"


@pytest.mark.parametrize(("number", "text"), [(0, "工会主席"), (3, "l2委员"), (1, "书记"), (1, "")])
def test_what_is_not_proposed_is_not_recorded(place, number, text):
    with pytest.raises(taking_over.NotToTakeOver):
        accept(place, number, text, TODAY)
    assert not Post.objects.exists()


def test_the_branch_does_not_record_its_own(place):
    with pytest.raises(taking_over.NotToTakeOver):
        taking_over.accept(
            choices=[Choice(place.people[1].pk, "组织委员")], actor=place.ben, now=NOW
        )


def test_two_secretaries_are_for_people_to_tell_apart(place):
    write(place.people[4], "书记")
    problems = {one[0]: one[4] for one in told(place.ada) if one[2] == "书记"}
    assert set(problems.values()) == {"名册中有多人写作这个党组织的书记"}
    write(place.people[4], "")
    appointing.appoint(
        org=place.org, member=place.people[4], code="01", began_on=TODAY, document="党委 5 号",
        actor=place.ada, now=NOW,
    )  # fmt: skip
    assert ("党员01", "支部书记", "书记", BEGAN, "这个党组织已有在任书记") in told(place.ada)


def test_a_probationary_member_holds_no_post(place):
    new = make_member(place.org, "预备", category="PROBATIONARY", full_on=None)
    write(new, "宣传委员")
    assert ("预备", "宣传委员", "宣传委员", BEGAN, "不是正式党员") in told(place.ada)
