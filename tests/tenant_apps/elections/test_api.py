"""The API of elections: every verb that pages have, the same refusals, problems as documents."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.clock import now, today
from tenant_apps.access.models import Grant
from tenant_apps.elections.models import Act, Ballot, CaseKind, Election, Post
from tenant_apps.members.models import Member
from tests import cast
from tests.conftest import FacingClient
from tests.factories.elections import branch, drive
from tests.tenant_apps.elections.test_pages import day

ROOT = "/api/v1/elections/"


@pytest.fixture
def place(alpha):
    return branch(10)


@pytest.fixture
def ada(alpha):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def ben(alpha, place):
    return cast.officer(FacingClient(), alpha, role="secretary", scope=place.org.path, name="本")


def post(client, address, data, status=200):
    answer = client.post(ROOT + address, json.dumps(data), content_type="application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json() if answer.content else None


def test_a_branch_is_renewed_act_by_act(place, ada, ben):
    ids = [str(one.pk) for one in place.people]
    started = {"org_id": str(place.org.pk), "kind": "REELECTION", "happened_on": day(-9)}
    case = post(ben, "", started, 201)
    at = f"{case['id']}/"
    assert (case["state"], case["act"]) == (0, "DECIDE")
    plan = {"happened_on": day(-8), "planned_on": day(), "has_committee": True, "seats": 3,
            "note": "按期换届"}  # fmt: skip
    assert post(ben, f"{at}decide/", plan)["state"] == 1
    assert post(ben, f"{at}request/", {"happened_on": day(-7), "document": "支 1"})["state"] == 2
    agreed = {"happened_on": day(-6), "document": "党委 2", "is_approved": True}
    refused = post(ben, f"{at}reply/", {**agreed, "approves_shift": True}, 403)
    assert refused["code"] == "forbidden"
    assert post(ada, f"{at}reply/", {**agreed, "approves_shift": True})["state"] == 3
    nominees = [{"member": pk, "office": "COMMITTEE"} for pk in ids[:4]]
    few = {"happened_on": day(-5), "nominees": nominees[:3]}
    assert post(ben, f"{at}propose/", few, 422)["code"] == "election_too_few_candidates"
    nominees.append({"member": ids[0], "office": "SECRETARY"})
    assert post(ben, f"{at}propose/", {"happened_on": day(-5), "nominees": nominees})["state"] == 3
    assert post(ada, f"{at}examine/", {**agreed, "happened_on": day(-5)})["state"] == 4
    notice = {"happened_on": day(-4), "notice_until": day(-1)}
    assert post(ben, f"{at}publicise/", notice)["state"] == 5
    came = {"happened_on": day(), "present": ids[:8]}
    assert post(ben, f"{at}assemble/", came)["present"] == 8
    sheet = {"office": "COMMITTEE", "issued": 8, "returned": 8, "valid": 8, "candidates": [
        {"member": pk, "votes_for": n, "against": 8 - n, "abstained": 0}
        for pk, n in zip(ids[:4], (8, 8, 8, 0), strict=True)
    ]}  # fmt: skip
    wrong = post(ben, f"{at}ballots/", {**sheet, "valid": 9}, 422)
    assert wrong["code"] == "election_count_cannot_be"
    ballot = post(ben, f"{at}ballots/", sheet, 201)
    assert ballot["elected"] == ids[:3]
    assert ben.delete(f"{ROOT}{at}ballots/?office=COMMITTEE").status_code == 204
    post(ben, f"{at}ballots/", sheet, 201)
    assert post(ben, f"{at}elect/", {"happened_on": day()})["state"] == 7
    leader = {"member": ids[0], "votes_for": 3, "against": 0, "abstained": 0}
    plenum = {"office": "SECRETARY", "present": 3, "issued": 3, "returned": 3, "valid": 3,
              "candidates": [leader]}  # fmt: skip
    post(ben, f"{at}ballots/", plenum, 201)
    assert post(ben, f"{at}elect/", {"happened_on": day()})["state"] == 8
    told = {"happened_on": day(), "document": "报告",
            "division": [{"member": ids[1], "code": "11"}]}  # fmt: skip
    assert post(ben, f"{at}report/", told)["state"] == 9
    assert post(ada, f"{at}confirm/", {**agreed, "happened_on": day()})["state"] == 10
    assert post(ben, f"{at}archive/", {"happened_on": day()})["state"] == 11
    shown = ben.get(f"{ROOT}{at}").json()
    assert [one["office"] for one in shown["ballots"]] == ["COMMITTEE", "SECRETARY"]
    assert len(shown["steps"]) == 13
    posts = ben.get(f"{ROOT}posts/?org={place.org.pk}").json()
    assert [one["code"] for one in posts] == ["01", "11", "19"]


def test_seats_are_reduced(place, ben):
    case = drive(place, Act.ELECT)
    ids = [one["member"] for one in case.nominees if one["office"] == "COMMITTEE"]
    sheet = {"office": "COMMITTEE", "issued": 10, "returned": 10, "valid": 10, "candidates": [
        {"member": pk, "votes_for": n, "against": 10 - n, "abstained": 0}
        for pk, n in zip(ids, (10, 10, 5, 5), strict=True)
    ]}  # fmt: skip
    post(ben, f"{case.pk}/ballots/", sheet, 201)
    asked = {"office": "COMMITTEE", "agreed": 5}
    assert post(ben, f"{case.pk}/ballots/reduce/", asked, 409)["code"] == "election_seats_stay"
    assert post(ben, f"{case.pk}/ballots/reduce/", {**asked, "agreed": 6})["reduced_to"] == 2
    assert Ballot.objects.get().reduced_to == 2


def test_an_extension_is_asked(place, ben):
    sent = {"org_id": str(place.org.pk), "until": "2027-06-30", "happened_on": day(),
            "document": "支 3", "note": "项目攻坚"}  # fmt: skip
    assert post(ben, "extensions/", {**sent, "until": "2029-01-01"}, 422)["code"] == (
        "election_extension_too_long"
    )
    assert post(ben, "extensions/", sent, 201)["new_ends_on"] == "2027-06-30"


def test_a_case_is_given_up(place, ben):
    case = drive(place, Act.REQUEST)
    assert post(ben, f"{case.pk}/cancel/", {"reason": "并入"})["act"] == "CANCELLED"
    assert post(ben, f"{case.pk}/cancel/", {"reason": "再次"}, 409)["code"] == "election_closed"


def test_posts_begin_and_end(place, ada, ben):
    sent = {"org_id": str(place.org.pk), "member_id": str(place.people[0].pk), "code": "01",
            "began_on": day(), "document": "党委 4"}  # fmt: skip
    post(ben, "posts/", sent, 403)
    made = post(ada, "posts/", sent, 201)
    ended = {"ended_on": day(), "reason": "调动"}
    assert post(ada, f"posts/{made['id']}/end/", ended)["ended_on"] == day()
    assert post(ada, f"posts/{made['id']}/end/", ended, 409)["code"] == "post_ended"
    assert Post.objects.get().end_reason == "调动"


def test_terms_are_told_by_level(place, ada):
    place.org.__class__.objects.filter(pk=place.org.pk).update(term_ends_on=today())
    rows = ada.get(f"{ROOT}terms/?level=ONE_MONTH").json()["results"]
    assert [(one["org_id"], one["days"]) for one in rows] == [(str(place.org.pk), 0)]
    assert len(ada.get(f"{ROOT}terms/").json()["results"]) == 7


def test_scans_are_added(place, ben):
    case = drive(place, Act.REPLY)
    step = case.steps.get(act=Act.REQUEST)
    answer = ben.post(
        f"{ROOT}steps/{step.pk}/files/", {"files": [SimpleUploadedFile("请示.pdf", b"%PDF")]}
    )
    assert answer.status_code == 200
    step.refresh_from_db()
    assert [one["name"] for one in step.files] == ["请示.pdf"]


def test_lists_what_is_under_way(place, ada, ben):
    drive(place, Act.DONE)
    case = drive(place, Act.REQUEST, kind=CaseKind.BY_ELECTION, seats=1)
    rows = ben.get(f"{ROOT}?open=1").json()["results"]
    assert [one["id"] for one in rows] == [str(case.pk)]
    assert len(ada.get(ROOT).json()["results"]) == 2


def test_gaps_rosters_and_urging(place, ada, ben):
    drive(place, Act.DONE)
    for one in Post.objects.filter(code="01"):
        post(ada, f"posts/{one.pk}/end/", {"ended_on": day(), "reason": "调动"})
    (gap,) = ben.get(f"{ROOT}vacancies/").json()
    assert (gap["org_id"], gap["people"], gap["has_secretary"]) == (str(place.org.pk), 2, False)
    Member.objects.filter(pk=place.people[5].pk).update(posts="支部书记")
    (told,) = ada.get(f"{ROOT}roster/").json()
    assert (told["text"], told["code"], told["problem"]) == ("支部书记", "01", "")
    choice = {"member_id": told["member_id"], "text": told["text"], "since": day()}
    refused = post(ben, "roster/", {"choices": [choice]}, 422)
    assert refused["code"] == "post_not_to_take_over"
    (made,) = post(ada, "roster/", {"choices": [choice]}, 201)
    assert (made["code"], made["reason"]) == ("01", "ROSTER")
    at = f"organizations/{place.org.pk}/reminders/"
    assert post(ben, at, {}, 403)["code"] == "forbidden"
    assert post(ada, at, {}, 409)["code"] == "term_not_over"
    over = today() - dt.timedelta(days=3)
    place.org.__class__.objects.filter(pk=place.org.pk).update(term_ends_on=over)
    Grant.objects.filter(role="secretary").update(revoked_at=now())
    assert post(ada, at, {}, 201)["messages"] == 1
    assert post(ada, at, {}, 429)["code"] == "term_urged_today"
    assert [one["messages"] for one in ada.get(f"{ROOT}{at}").json()] == [1]


def test_another_unit_finds_nothing(place, beta):
    case = drive(place, Act.REQUEST)
    stranger = cast.officer(FacingClient(), beta)
    assert stranger.get(f"{ROOT}{case.pk}/").status_code == 404
    assert stranger.get(ROOT).json()["results"] == []
    assert Election.objects.count() == 1
