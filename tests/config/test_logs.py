"""Log lines say who, where and during what, and never who somebody is."""

import io
import json
import logging

import pytest
from django.db import connection, transaction

from config.logs import Circumstances, JsonLine, PlainLine, scrubbed
from kernel.jobs import watched
from kernel.unit import shared_context, unit_context
from onboarding.views.workbench import UnitHome
from shared_apps.people.models import Person
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_member

PHONE, IDENTITY, NAME = "13987654321", "32010219800101001X", "金丝雀"


@pytest.fixture(params=[JsonLine, PlainLine])
def written(request):
    """Everything that is logged, as production and as development write it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(request.param())
    handler.addFilter(Circumstances())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (f"to {PHONE}.", "to […]."),
        ("to +86 139-8765-4321", "to […]"),
        (f"({IDENTITY})", "([…])"),
        ("card 6222021234567890123", "card […]"),
        ("DETAIL:  Failing row contains (1, 金丝雀, 3).\nnext", "DETAIL: […]\nnext"),
    ],
)
def test_numbers_and_quoted_rows_are_taken_out(given, left):
    assert scrubbed(given) == left


@pytest.mark.parametrize(
    "kept",
    [
        "019f8e23-9aab-7ea2-8f56-13987654321a",
        "request 3f13987654321aaaabbbbccccddddeeee",
        "GJ2026112213987654321",
        "took 1398765432 ns in 2026-11-22T13:15:19",
    ],
)
def test_what_is_not_about_a_person_stays(kept):
    assert scrubbed(kept) == kept


@pytest.mark.django_db
class TestRequests:
    def test_a_line_per_request_with_what_is_needed_to_find_it(self, alpha, written):
        client = FacingClient()
        client.get("/sign-in/?next=/members/", headers={"host": "alpha.test"})
        text = written.getvalue()
        assert "next=" not in text
        if not text.startswith("{"):
            assert f"unit={alpha.pk}" in text
            return
        line = json.loads(text.splitlines()[-1])
        assert line["message"] == "GET /sign-in/ 200"
        assert (line["logger"], line["level"], line["face"]) == ("gongjian.access", "INFO", "unit")
        assert line["unit"] == str(alpha.pk)
        assert len(line["request"]) == 32
        assert line["seconds"] > 0
        assert line["queries"] > 0

    def test_the_actor_is_a_kind_and_an_id_and_never_a_name(self, alpha, written):
        cast.officer(FacingClient(), alpha, name=NAME).get("/")
        with shared_context():
            person = Person.objects.get(display_name__startswith=NAME)
        assert str(person.id) in written.getvalue()
        assert NAME not in written.getvalue()

    def test_a_token_in_the_address_is_not_written_even_when_the_page_breaks(
        self, alpha, written, monkeypatch
    ):
        def broken(self, request, token):
            raise RuntimeError(f"{PHONE} {IDENTITY}")

        monkeypatch.setattr("tenant_apps.access.views.invitation.Invitation.get", broken)
        client = FacingClient(raise_request_exception=False)
        response = client.get("/invitation/a-secret-token/", headers={"host": "alpha.test"})
        assert response.status_code == 500
        text = written.getvalue()
        assert "RuntimeError" in text
        assert "<str:token>" in text
        assert "a-secret-token" not in text
        assert PHONE not in text
        assert IDENTITY not in text

    def test_a_row_that_the_database_quotes_is_not_written(self, alpha, written, monkeypatch):
        make_member(name=NAME)

        def broken(self, request):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("UPDATE members_member SET org_path = NULL")

        ada = cast.officer(FacingClient(raise_request_exception=False), alpha)
        monkeypatch.setattr(UnitHome, "get", broken)
        assert ada.get("/").status_code == 500
        assert "DETAIL: […]" in written.getvalue()
        assert NAME not in written.getvalue()


@pytest.mark.django_db
def test_a_failing_job_says_its_name_its_unit_and_nothing_of_its_error_about_people(alpha, written):
    log = logging.getLogger("tests")
    job = watched("dues.sweep", str(alpha.pk), id="m1")
    with pytest.raises(RuntimeError), job, unit_context(alpha.pk):
        try:
            raise RuntimeError(f"no SMS to {PHONE} of {IDENTITY}")  # noqa: TRY301
        except RuntimeError:
            log.exception("failed")
            raise
    text = written.getvalue()
    assert "dues.sweep" in text
    assert "m1" in text
    assert str(alpha.pk) in text
    assert "RuntimeError" in text
    assert PHONE not in text
    assert IDENTITY not in text
    if text.startswith("{"):
        last = json.loads(text.splitlines()[-1])
        assert (last["logger"], last["result"]) == ("gongjian.jobs", "failed")
