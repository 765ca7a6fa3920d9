"""A job runs in the unit that asked for it, after the commit, or not at all."""

import pytest
from django.db import connection, transaction

from kernel.jobs import HEADER, NoScope, job
from kernel.unit import scope_name

SEEN = []


@job()
def note(*, text: str) -> None:
    SEEN.append((scope_name(), text))


@pytest.fixture(autouse=True)
def _nothing_seen():
    SEEN.clear()


class TestAJob:
    def test_runs_in_the_unit_that_asked(self, alpha, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            note.after_commit(text="later")
            connection.set_schema_to_public()
        assert [(str(alpha.id), "later")] == SEEN
        assert connection.schema_name == "public"

    def test_may_belong_to_the_platform(self, db, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            note.after_commit(text="shared")
        assert SEEN == [("shared", "shared")]

    def test_is_not_sent_on_rollback(self, alpha, django_capture_on_commit_callbacks):
        with (
            django_capture_on_commit_callbacks(execute=True),
            pytest.raises(ValueError),
            transaction.atomic(),
        ):
            note.after_commit(text="never")
            raise ValueError
        assert SEEN == []

    def test_refuses_a_message_without_a_scope(self, db):
        with pytest.raises(NoScope):
            note.task.apply(kwargs={"text": "lost"}, throw=True)
        assert SEEN == []

    def test_refuses_a_unit_that_is_not_there(self, db):
        headers = {HEADER: "01900000-0000-7000-8000-000000000000"}
        with pytest.raises(Exception, match="does not exist"):
            note.task.apply(kwargs={"text": "gone"}, headers=headers, throw=True)
        assert SEEN == []

    def test_is_a_plain_function_when_called(self, alpha):
        note(text="now")
        assert [(str(alpha.id), "now")] == SEEN
