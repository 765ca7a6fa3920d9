"""A unit that is held up: what its address answers, and what the database refuses."""

import datetime as dt

import pytest
from django.db import InternalError, connection, transaction

from config import middleware
from kernel.actor import Actor
from kernel.clock import now
from kernel.jobs import HEADER, job
from kernel.unit import Purpose, UnitNotServing, shared_context, unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization
from tenants.models import Domain, Unit, UnitState
from tenants.services import life_cycle, units
from tests.cast import officer
from tests.factories.dues import make_member, make_organization
from tests.tenants.life import operator, put, written

S = UnitState
WRITE = "INSERT INTO audit_event (id) VALUES (gen_random_uuid())"


def note():
    record("thing.done", actor=Actor.system("test"), now=now())


@pytest.fixture
def lasting(django_db_setup, django_db_blocker):
    """Alpha as a server meets it: no transaction around the request."""
    with written("alpha", django_db_blocker) as unit:
        yield unit


class TestTheDatabase:
    """No edge, no view, no form: the session itself."""

    @pytest.mark.parametrize("state", [S.READ_ONLY, S.CLOSING])
    def test_refuses_a_write_by_any_way(self, lasting, state):
        put(lasting, state)
        with unit_context(lasting.pk):
            with pytest.raises(InternalError, match="read-only transaction"):
                note()
            with pytest.raises(InternalError), transaction.atomic():
                note()
            with pytest.raises(InternalError), connection.cursor() as cursor:
                cursor.execute(WRITE)
            assert list(audit.all_events()) == []

    def test_refuses_it_within_a_transaction_of_the_platform(self, lasting):
        put(lasting, S.READ_ONLY)
        with transaction.atomic():
            with unit_context(lasting.pk):
                with pytest.raises(InternalError), transaction.atomic():
                    note()
                assert list(audit.all_events()) == []
            Unit.objects.filter(pk=lasting.pk).update(region_code="320301")
        assert Unit.objects.get(pk=lasting.pk).region_code == "320301"

    def test_refuses_it_after_an_excursion_to_the_shared_tables(self, lasting):
        put(lasting, S.READ_ONLY)
        with unit_context(lasting.pk):
            with shared_context():
                Unit.objects.filter(pk=lasting.pk).update(region_code="320300")
            with pytest.raises(InternalError):
                note()
            with pytest.raises(InternalError), transaction.atomic():
                with shared_context():
                    Unit.objects.count()
                note()

    def test_lets_a_transaction_write_that_begins_after_the_visit(self, lasting):
        put(lasting, S.READ_ONLY)
        with unit_context(lasting.pk):
            audit.all_events().count()
        with transaction.atomic():
            Unit.objects.filter(pk=lasting.pk).update(state=S.LIVE)
        with unit_context(lasting.pk, for_=Purpose.READING):
            audit.all_events().count()
        with unit_context(lasting.pk), transaction.atomic():
            note()
            assert audit.all_events().count() == 1

    def test_takes_writes_again_on_the_same_connection(self, lasting):
        put(lasting, S.READ_ONLY)
        with unit_context(lasting.pk), pytest.raises(InternalError):
            note()
        put(lasting, S.LIVE)
        with unit_context(lasting.pk):
            note()
            assert audit.all_events().count() == 1

    @pytest.mark.parametrize("state", [S.TRIAL, S.LIVE, S.READ_ONLY, S.SUSPENDED, S.CLOSING])
    def test_lets_nobody_write_who_came_to_read(self, lasting, state):
        put(lasting, state)
        with unit_context(lasting.pk, for_=Purpose.READING):
            assert list(audit.all_events()) == []
            with pytest.raises(InternalError):
                note()

    @pytest.mark.parametrize("state", [S.READ_ONLY, S.SUSPENDED, S.CLOSING])
    def test_books_what_was_paid(self, lasting, state):
        put(lasting, state)
        with unit_context(lasting.pk, for_=Purpose.SETTLING):
            note()
            assert audit.all_events().count() == 1


class TestEntering:
    @pytest.mark.parametrize(
        ("state", "purpose"),
        [(S.SUSPENDED, Purpose.WORK), (S.SUSPENDED, Purpose.KEPT_OPEN)]
        + [(S.CLOSED, purpose) for purpose in Purpose],
    )
    def test_is_refused_where_the_state_does_not_allow_it(self, alpha, state, purpose):
        put(alpha, state)
        with pytest.raises(UnitNotServing), unit_context(alpha.pk, for_=purpose):
            pass

    def test_is_refused_to_jobs_of_a_suspended_unit(self, alpha):
        put(alpha, S.SUSPENDED)
        done = []

        @job()
        def work() -> None:
            done.append(1)

        with pytest.raises(UnitNotServing), shared_context():
            work.task.apply(headers={HEADER: str(alpha.pk)}, throw=True)
        assert done == []


class TestTheAddress:
    @pytest.mark.parametrize("path", ["/", "/members/", "/sign-in/", "/m/", "/nowhere/"])
    def test_of_a_suspended_unit_says_why_and_whom_to_call(self, client, alpha, path):
        put(alpha, S.LIVE)
        with shared_context():
            unit = Unit.objects.get(pk=alpha.pk)
            Unit.objects.filter(pk=alpha.pk).update(bank_branch="城东支行")
            life_cycle.move(
                unit=unit, to=S.SUSPENDED, reason="单位合并重组", actor=operator(), now=now()
            )
        answer = client.get(path, headers={"host": "alpha.test"})
        text = answer.content.decode()
        assert answer.status_code == 503
        for words in ("暂停", "单位合并重组", "城东支行", "数据完整保留"):
            assert words in text
        assert "顾明" not in text, "the operator's name is nobody's business"
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("state", "status", "code"),
        [
            (S.DRAFT, 503, "unit_not_open"),
            (S.OPENING, 503, "unit_not_open"),
            (S.SUSPENDED, 503, "unit_suspended"),
            (S.CLOSED, 410, "unit_closed"),
        ],
    )
    def test_tells_programs_in_a_problem_document(self, client, alpha, state, status, code):
        put(alpha, state)
        answer = client.post("/api/v1/members/", {}, headers={"host": "alpha.test"})
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code
        assert answer.json()["request_id"]

    @pytest.mark.parametrize("state", [S.READ_ONLY, S.CLOSING])
    def test_of_a_read_only_unit_answers_reads_with_a_banner(self, client, lasting, state):
        officer(client, lasting)
        put(lasting, state)
        if state == S.CLOSING:
            at = dt.datetime(2026, 12, 24, tzinfo=dt.UTC)
            Unit.objects.filter(pk=lasting.pk).update(closes_at=at)
        answer = client.get("/organizations/", headers={"host": "alpha.test"})
        assert answer.status_code == 200
        text = answer.content.decode()
        assert ("2026-12-24" in text) == (state == S.CLOSING)
        assert ("只读" in text) == (state == S.READ_ONLY)

    def test_of_a_read_only_unit_refuses_writes_in_a_sentence(self, client, lasting):
        with unit_context(lasting.pk):
            root = make_organization()
        officer(client, lasting)
        put(lasting, S.READ_ONLY)
        answer = client.post(f"/organizations/{root.pk}/", {"name": "改名"})
        assert answer.status_code == 409
        assert "没有保存" in answer.content.decode()
        answer = client.patch(
            f"/api/v1/organizations/{root.pk}/", {"name": "改名"}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "unit_read_only")
        with unit_context(lasting.pk):
            assert Organization.objects.get().name == root.name

    def test_says_the_same_where_only_the_database_refused(self, client, lasting, monkeypatch):
        """A view that writes when it is only asked, or a gate that overlooked something."""
        with unit_context(lasting.pk):
            root = make_organization()
        officer(client, lasting)
        put(lasting, S.READ_ONLY)
        monkeypatch.setattr(middleware, "_READS", frozenset({"PATCH"}))
        answer = client.patch(
            f"/api/v1/organizations/{root.pk}/", {"name": "改名"}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "unit_read_only")

    def test_lets_people_of_a_read_only_unit_sign_out(self, client, lasting):
        officer(client, lasting)
        put(lasting, S.READ_ONLY)
        assert client.get("/account/").status_code == 200
        assert client.post("/sign-out/").status_code == 302
        assert client.get("/account/").status_code == 302

    def test_lets_a_read_only_unit_export_and_records_it(self, client, lasting):
        with unit_context(lasting.pk):
            make_member()
        officer(client, lasting)
        put(lasting, S.READ_ONLY)
        answer = client.post("/members/export/", {"form": "csv", "columns": "name", "reason": ""})
        assert answer.status_code < 400, answer.content.decode()
        with unit_context(lasting.pk):
            assert audit.all_events().filter(code__startswith="members.export").exists()

    def test_of_a_live_unit_takes_the_same_write(self, client, lasting):
        with unit_context(lasting.pk):
            root = make_organization()
        officer(client, lasting)
        answer = client.patch(
            f"/api/v1/organizations/{root.pk}/", {"name": "改名"}, content_type="application/json"
        )
        assert answer.status_code == 200


class TestAnAddressGivenUp:
    def test_tells_for_thirty_days_where_the_unit_is(self, client, alpha):
        at = now()
        with shared_context():
            unit = Unit.objects.get(pk=alpha.pk)
            units.relocate(unit=unit, label="alpha-new", now=at)
        answer = client.get("/", headers={"host": "alpha.test"})
        assert answer.status_code == 410
        assert "alpha-new.test" in answer.content.decode()
        assert client.get("/sign-in/", headers={"host": "alpha-new.test"}).status_code == 200
        with shared_context():
            assert units.release_addresses(now=at + dt.timedelta(days=29)) == 0
            with pytest.raises(units.LabelTaken):
                units.register(
                    name="新单位", label="alpha", credit_code="91320303MA20GAMM0X",
                    region_code="320300", now=at,
                )  # fmt: skip
            assert units.release_addresses(now=at + dt.timedelta(days=30)) == 1
        assert client.get("/", headers={"host": "alpha.test"}).status_code == 404

    def test_is_worth_nothing_to_the_cookies_of_before(self, client, alpha, beta):
        officer(client, alpha)
        assert client.get("/account/").status_code == 200
        at = now()
        with shared_context():
            units.relocate(unit=Unit.objects.get(pk=alpha.pk), label="alpha-new", now=at)
            units.release_addresses(now=at + dt.timedelta(days=31))
            units.relocate(unit=Unit.objects.get(pk=beta.pk), label="alpha", now=at)
        answer = client.get("/account/", headers={"host": "alpha.test"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")

    def test_may_be_taken_back_by_the_same_unit(self, alpha):
        with shared_context():
            unit = Unit.objects.get(pk=alpha.pk)
            units.relocate(unit=unit, label="alpha-new", now=now())
            units.relocate(unit=unit, label="alpha", now=now())
            hosts = dict(Domain.objects.filter(tenant=unit).values_list("domain", "is_primary"))
        assert hosts == {"alpha.test": True, "alpha-new.test": False}

    @pytest.mark.parametrize(
        ("label", "error"),
        [
            ("beta", units.LabelTaken),
            ("console", units.LabelReserved),
            ("9x", units.LabelMalformed),
            ("a", units.LabelMalformed),
        ],
    )
    def test_is_not_traded_for_one_that_cannot_be_had(self, alpha, beta, label, error):
        with shared_context(), pytest.raises(error):
            units.relocate(unit=Unit.objects.get(pk=alpha.pk), label=label, now=now())
        with shared_context():
            assert Unit.objects.get(pk=alpha.pk).label == "alpha"
