"""A job runs in the unit that asked for it, after the commit, or not at all."""

from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from kernel.jobs import HEADER, LeftElsewhere, NoSchema, NoScope, UnknownScope, job
from kernel.models import uuid7
from kernel.unit import Purpose, UnitNotServing, scope_name
from tenants.models import Unit, UnitState, schema_name_of
from tests.database import ROLES_LOCK

SEEN = []


@job()
def note(*, text: str) -> None:
    SEEN.append((scope_name(), text))


@job(for_=Purpose.SETTLING)
def book(*, text: str) -> None:
    SEEN.append((scope_name(), text))


@job()
def stray(*, way: str, into: str) -> None:
    if way == "python":
        connection.set_schema_to_public()
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {into}")


def worker_gets(wanted, *, scope, **arguments):
    """The message as a worker takes it, which is not the eager way of the other tests."""
    wanted.task.push_request(headers={HEADER: scope}, is_eager=False)
    try:
        wanted.task(**arguments)
    finally:
        wanted.task.pop_request()


@contextmanager
def role_without_schema():
    """What is left of a unit when only its schema was dropped."""
    name, app = schema_name_of(uuid7()), settings.DATABASES["default"]["USER"]
    with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [ROLES_LOCK])
        server.execute(f"CREATE ROLE {name} NOLOGIN IN ROLE gongjian_unit")
        server.execute(f"GRANT {name} TO {app} WITH INHERIT FALSE, SET TRUE")
        try:
            yield name
        finally:
            server.execute(f"DROP ROLE {name}")


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
        with pytest.raises(UnknownScope):
            note.task.apply(kwargs={"text": "gone"}, headers=headers, throw=True)
        assert SEEN == []

    def test_refuses_a_unit_closed_for_good(self, beta):
        Unit.objects.filter(pk=beta.pk).update(state=UnitState.CLOSED)
        with pytest.raises(UnitNotServing):
            note.task.apply(kwargs={"text": "x"}, headers={HEADER: str(beta.pk)}, throw=True)
        assert SEEN == []

    def test_refuses_a_unit_that_has_no_schema_yet(self, beta):
        Unit.objects.filter(pk=beta.pk).update(schema_version="")
        with pytest.raises(NoSchema):
            note.task.apply(kwargs={"text": "x"}, headers={HEADER: str(beta.pk)}, throw=True)
        assert SEEN == []

    def test_refuses_a_unit_whose_schema_has_vanished(self, beta):
        with role_without_schema() as gone:
            Unit.objects.filter(pk=beta.pk).update(schema_name=gone)
            with pytest.raises(NoSchema):
                note.task.apply(kwargs={"text": "x"}, headers={HEADER: str(beta.pk)}, throw=True)
        assert SEEN == []

    def test_books_what_a_suspended_unit_is_owed_and_nothing_else(self, beta):
        Unit.objects.filter(pk=beta.pk).update(state=UnitState.SUSPENDED)
        headers = {HEADER: str(beta.pk)}
        with pytest.raises(UnitNotServing):
            note.task.apply(kwargs={"text": "work"}, headers=headers, throw=True)
        book.task.apply(kwargs={"text": "paid"}, headers=headers, throw=True)
        assert [(str(beta.pk), "paid")] == SEEN

    @pytest.mark.parametrize("way", ["python", "sql"])
    def test_that_ends_in_another_unit_is_found_out(self, alpha, beta, way):
        with pytest.raises(LeftElsewhere):
            stray.task.apply(
                kwargs={"way": way, "into": beta.schema_name},
                headers={HEADER: str(alpha.pk)},
                throw=True,
            )
        assert scope_name() == str(alpha.pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (alpha.schema_name,)

    def test_refuses_to_begin_where_another_job_was_left(self, alpha):
        with pytest.raises(LeftElsewhere):
            worker_gets(note, scope=str(alpha.pk), text="x")
        assert (SEEN, scope_name()) == ([], "shared")
        worker_gets(note, scope=str(alpha.pk), text="y")
        assert [(str(alpha.pk), "y")] == SEEN

    def test_is_a_plain_function_when_called(self, alpha):
        note(text="now")
        assert [(str(alpha.id), "now")] == SEEN
