"""The API of members: pages by cursor, same filters, problems with codes."""

import json

import pytest

from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Export, Member
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member, new_member, store


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


def send(client, verb, address, data):
    return getattr(client, verb)(address, json.dumps(data), content_type="application/json")


class TestList:
    def test_pages_by_cursor_through_everybody_once(self, ada, tree):
        made = store(*(new_member(tree.l1) for _ in range(5)))
        seen, address = [], "/api/v1/members/?limit=2"
        while address:
            page = ada.get(address).json()
            seen += [row["id"] for row in page["results"]]
            address = page["next"]
        assert seen == [str(member.id) for member in made]

    def test_takes_the_filters_of_the_page_and_masks(self, ada, tree):
        store(new_member(tree.l1, "甲"), new_member(tree.r1, "乙"))
        rows = ada.get(f"/api/v1/members/?org={tree.left.id}&category=FULL&q=甲").json()["results"]
        assert [row["name"] for row in rows] == ["甲"]
        assert "*" in rows[0]["identity_masked"]
        assert not {"identity_sealed", "identity_index", "phone_sealed"} & set(rows[0])

    @pytest.mark.parametrize("wrong", ["nonsense=1", "category=X", "joined_from=yesterday"])
    def test_refuses_filters_it_does_not_understand(self, ada, wrong):
        answer = ada.get(f"/api/v1/members/?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_filter")


class TestCorrect:
    def test_changes_only_what_was_sent(self, ada, tree):
        member = make_member(tree.l1)
        answer = send(ada, "patch", f"/api/v1/members/{member.id}/", {"posts": "支部书记"})
        assert answer.json()["posts"] == "支部书记"
        assert answer.json()["name"] == "曾国强"

    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            ({"nickname": "x"}, "invalid"),
            ({"birth_on": "1800"}, "invalid"),
            ({"category": "PROBATIONARY", "full_on": None}, "member_reason_needed"),
            ({"phone": "12"}, "member_phone_not_valid"),
        ],
    )
    def test_refuses_with_a_code(self, ada, tree, sent, code):
        member = make_member(tree.l1)
        answer = send(ada, "patch", f"/api/v1/members/{member.id}/", sent)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer["Content-Type"] == "application/problem+json"


def test_moves_and_takes_back(ada, tree):
    member = make_member(tree.l1)
    moved = send(ada, "post", f"/api/v1/members/{member.id}/move/", {"org_id": str(tree.r1.id)})
    assert moved.json()["count"] == 1
    back = send(ada, "post", f"/api/v1/members/moves/{moved.json()['move_id']}/undo/", {})
    assert back.json()["count"] == 1
    assert Member.objects.get().org_id == tree.l1.id


def test_every_reveal_is_a_look_whatever_key_it_carries(ada, tree):
    member = make_member(tree.l1, phone="13812345678")
    for _ in range(2):
        answer = ada.post(
            f"/api/v1/members/{member.id}/reveal/",
            json.dumps({"what": "phone", "reason": "电话通知"}),
            content_type="application/json",
            headers={"Idempotency-Key": "same"},
        )
        assert answer.json() == {"value": "13812345678"}
    assert audit.events_about(member.id).count() == 2


def test_orders_a_file(ada, tree):
    make_member(tree.l1)
    ordered = send(ada, "post", "/api/v1/members/exports/", {"form": "csv", "columns": ["phone"]})
    assert (ordered.status_code, ordered.json()["state"]) == (201, "DONE")
    export = Export.objects.get()
    assert ada.get(f"/api/v1/members/exports/{export.id}/").json()["total"] == 1
    refused = send(ada, "post", "/api/v1/members/exports/", {"is_full": True, "reason": "报"})
    assert refused.json()["code"] == "export_reason_needed"
