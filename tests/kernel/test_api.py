"""Idempotency keys: the same answer once, another body refused, secrets never kept."""

from enum import StrEnum
from uuid import uuid4

import pytest
from django.test import RequestFactory
from rest_framework.response import Response

from kernel import permissions
from kernel.actor import Actor
from kernel.api.views import Endpoint
from kernel.permissions import register, signed_in


class Probe(StrEnum):
    COUNT = "probe:count"


class Counter(Endpoint):
    permission = Probe.COUNT
    seen = 0

    def post(self, request):
        type(self).seen += 1
        return Response({"seen": self.seen}, status=201)


class Secret(Counter):
    keeps_answers = False


@pytest.fixture(autouse=True)
def _table(monkeypatch, settings):
    monkeypatch.setattr(permissions, "_table", {})
    register({Probe.COUNT: ((signed_in,),)})
    Counter.seen = Secret.seen = 0


@pytest.fixture
def send(db):
    me = Actor(kind="person", person_id=uuid4())

    def act(view=Counter, *, key="k", body=b"{}", actor=me):
        request = RequestFactory().post(
            "/api/v1/probe/", body, "application/json", headers={"Idempotency-Key": key}
        )
        request.actor, request._dont_enforce_csrf_checks = actor, True
        response = view.as_view()(request)
        response.render()
        return response

    return act


def test_the_same_key_gets_the_same_answer_and_acts_once(send):
    assert [send().data, send().data] == [{"seen": 1}, {"seen": 1}]
    assert Counter.seen == 1


def test_another_key_acts_again(send):
    assert [send(key="a").data["seen"], send(key="b").data["seen"]] == [1, 2]


def test_another_body_under_the_same_key_is_refused(send):
    send()
    answer = send(body=b'{"more": 1}')
    assert (answer.status_code, answer.data["code"]) == (409, "idempotency_key_reused")


def test_somebody_elses_key_is_another_key(send):
    send()
    assert send(actor=Actor(kind="person", person_id=uuid4())).data == {"seen": 2}


def test_a_secret_shown_once_is_not_kept(send):
    send(Secret)
    assert send(Secret).data == {"seen": 2}


def test_nobody_is_answered_with_a_problem(send):
    answer = send(actor=Actor())
    assert answer.status_code in {401, 403}
    assert answer["Content-Type"].startswith("application/problem+json")
    assert Counter.seen == 0


class Nested(Counter):
    """Sends the same request again while it is being done, as an impatient client does."""

    again = None

    def post(self, request):
        type(self).again = type(self).ask()
        return super().post(request)


def test_the_same_key_at_the_same_moment_is_told_to_come_again(send):
    Nested.seen, Nested.ask = 0, staticmethod(lambda: send(Nested))
    assert send(Nested).status_code == 201
    assert Nested.again.status_code == 409
    assert Nested.again.data["code"] == "idempotency_key_in_use"
    assert Nested.seen == 1
    assert send(Nested).data == {"seen": 1}


class Failing(Counter):
    def post(self, request):
        super().post(request)
        return Response({}, status=503)


def test_a_key_is_free_again_after_a_failure(send):
    Failing.seen = 0
    assert [send(Failing).status_code, send(Failing).status_code] == [503, 503]
    assert Failing.seen == 2


class Breaking(Counter):
    def post(self, request):
        super().post(request)
        raise RuntimeError("broken")


def test_a_key_is_free_again_after_a_crash(send):
    Breaking.seen = 0
    for _ in range(2):
        with pytest.raises(RuntimeError):
            send(Breaking)
    assert Breaking.seen == 2
