"""The API describes itself completely: one document per face, no endpoint left out."""

import io
import json
import re

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.policy.test_every_view_declares import patterns

FACES = {"console": "console.test", "unit": "alpha.test", "member": "m.test"}


@pytest.fixture(params=FACES)
def described(request, client, db):
    answer = client.get("/api/v1/openapi.json", headers={"host": FACES[request.param]})
    assert answer.status_code == 200
    return request.param, json.loads(answer.content)


def test_every_endpoint_is_described(described):
    face, document = described
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)
        for address, _ in patterns(settings.HOST_URLCONFS[face])
        if address.startswith("/api/v1/") and not address.endswith("openapi.json")
    }
    assert routes == set(document["paths"])


def test_every_operation_has_a_name_of_its_own_and_an_answer(described):
    _, document = described
    operations = [o for verbs in document["paths"].values() for o in verbs.values()]
    names = [o["operationId"] for o in operations]
    assert len(names) == len(set(names))
    assert all(o["responses"] for o in operations)


def test_the_document_is_openapi_3_1(described):
    _, document = described
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("face", FACES)
def test_nothing_of_it_is_guessed_or_named_twice(face):
    """Two shapes of one name would be described as one of them, a field nobody knows as a text."""
    call_command(
        "spectacular",
        urlconf=settings.HOST_URLCONFS[face],
        validate=True,
        fail_on_warn=True,
        stdout=io.StringIO(),
    )
