"""Storing a confirmed roster: completely, once, whoever dies in between."""

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from kernel.clock import now
from kernel.errors import DomainError
from kernel.unit import unit_context
from onboarding.models import Event, ImportState, Opening, OpeningState, RosterImport
from onboarding.services import direct, importing, reading, registration
from shared_apps.people.models import Affiliation
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Standard
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tenants.models import Unit, UnitState
from tests.bench import roster_shapes
from tests.onboarding.conftest import officer_named, registration_of
from tests.onboarding.processes import environment
from tests.onboarding.test_reading import upload


@pytest.fixture
def confirmed(opening, roster, officer):
    row = upload(opening, roster, officer)
    reading.read(import_id=row.id)
    return importing.approve(held=row, actor=officer, now=now())


class TestConfirm:
    def test_holds_the_opening_for_the_officer(self, confirmed, opening, officer):
        opening.refresh_from_db()
        assert confirmed.state == ImportState.CONFIRMED
        assert (opening.state, opening.holder_name) == (OpeningState.OPENING, "陆远")
        assert Event.objects.filter(code="roster.confirmed", actor_id=officer.person_id).exists()

    def test_tells_the_second_officer_who_was_first(self, confirmed, colleague):
        with pytest.raises(importing.ConfirmedBySomebodyElse) as refused:
            importing.approve(held=confirmed, actor=colleague, now=now())
        assert "陆远" in refused.value.message
        assert refused.value.data["import_id"] == str(confirmed.id)

    def test_refuses_a_roster_of_nobody(self, opening, officer):
        row = reading.receive(
            unit=opening.unit, filename="a.csv", content="姓名,身份证号\n".encode(),
            actor=officer, now=now(),
        )  # fmt: skip
        reading.read(import_id=row.id)
        with pytest.raises(importing.NobodyToImport):
            importing.approve(held=row, actor=officer, now=now())

    def test_refuses_what_is_not_read_yet(self, opening, roster, officer):
        row = upload(opening, roster, officer)
        with pytest.raises(importing.NotReviewed):
            importing.approve(held=row, actor=officer, now=now())


class TestStore:
    def test_makes_what_the_truth_says(self, confirmed, roster):
        importing.store(import_id=confirmed.id)
        confirmed.refresh_from_db()
        truth = roster.truth
        assert confirmed.state == ImportState.DONE
        assert confirmed.done_rows == confirmed.made_count == truth.accepted
        assert confirmed.made_dues_fen == truth.monthly_dues_fen
        with unit_context(confirmed.unit_id):
            assert Member.objects.count() == truth.accepted
            assert Organization.objects.count() == truth.organisations
            total = Standard.objects.aggregate(fen=Sum("amount_fen"))["fen"]
            assert total == truth.monthly_dues_fen
            assert audit.all_events().filter(code="roster.imported").count() == 1
        assert Affiliation.objects.filter(unit_id=confirmed.unit_id).count() == truth.accepted

    def test_opens_the_unit_and_lets_go_of_the_rows(self, confirmed, opening):
        Unit.objects.filter(pk=opening.unit_id).update(state=UnitState.OPENING)
        importing.store(import_id=confirmed.id)
        confirmed.refresh_from_db()
        opening.refresh_from_db()
        assert Unit.objects.get(pk=opening.unit_id).state == UnitState.TRIAL
        assert (opening.state, opening.holder_name) == (OpeningState.OPENED, "")
        assert (confirmed.source_key, confirmed.accepted_key) == ("", "")
        assert confirmed.refused_key

    def test_twice_makes_nobody_twice(self, confirmed, roster):
        importing.store(import_id=confirmed.id)
        importing.store(import_id=confirmed.id)
        with unit_context(confirmed.unit_id):
            assert Member.objects.count() == roster.truth.accepted

    def test_of_the_corrected_remainder_adds_only_who_is_new(self, confirmed, opening, officer):
        importing.store(import_id=confirmed.id)
        more = roster_shapes.make("own", name="青石镇供销社", members=66, seed=7, share=0.0)
        row = upload(opening, more, officer)
        reading.read(import_id=row.id)
        importing.approve(held=row, actor=officer, now=now())
        importing.store(import_id=row.id)
        row.refresh_from_db()
        with unit_context(row.unit_id):
            numbers = Member.objects.values_list("identity_index", flat=True)
            assert len({bytes(one) for one in numbers}) == Member.objects.count()
            assert Member.objects.filter(import_id=row.id).count() == row.made_count
        assert row.made_count + row.already_known_count == row.accepted_count

    def test_reports_to_the_platform_in_the_same_transaction(self, confirmed, roster):
        importing.store(import_id=confirmed.id)
        reports = Outbox.objects.filter(unit_id=confirmed.unit_id, kind="members")
        assert sum(one.numbers["delta"] for one in reports) == roster.truth.accepted

    def test_says_once_how_many_standards_are_fixed(self, confirmed, monkeypatch):
        monkeypatch.setattr(importing, "CHUNK", 10)
        importing.store(import_id=confirmed.id)
        reports = Outbox.objects.filter(unit_id=confirmed.unit_id, kind="state")
        with unit_context(confirmed.unit_id):
            fixed = Standard.objects.filter(is_current=True).count()
        said = [one.numbers for one in reports if "standards_confirmed" in one.numbers]
        assert said == [{"standards_confirmed": fixed}]

    def test_that_breaks_a_rule_stops_with_a_sentence(self, confirmed, monkeypatch):
        class Broken(DomainError):
            code, sentence = "broken", "组织互为上下级。"

        def breaks(**kwargs):
            raise Broken

        monkeypatch.setattr(importing.organizations, "plant_tree", breaks)
        importing.store(import_id=confirmed.id)
        confirmed.refresh_from_db()
        assert (confirmed.state, confirmed.error_message) == (
            ImportState.FAILED,
            "组织互为上下级。",
        )
        monkeypatch.undo()
        importing.resume(held=confirmed, actor=officer_named("陆远"), now=now())
        importing.store(import_id=confirmed.id)
        confirmed.refresh_from_db()
        assert confirmed.state == ImportState.DONE

    def test_gives_up_after_many_deaths(self, confirmed):
        RosterImport.objects.filter(pk=confirmed.pk).update(attempts=50)
        importing.store(import_id=confirmed.id)
        confirmed.refresh_from_db()
        assert confirmed.error_code == "import_gave_up"

    def test_loses_everything_of_a_chunk_whose_claim_was_taken_over(self, confirmed, monkeypatch):
        monkeypatch.setattr(importing.claims, "write", _lose_at_call(2))
        with pytest.raises(importing.claims.ClaimLost):
            importing.store(import_id=confirmed.id)
        with unit_context(confirmed.unit_id):
            assert not Member.objects.exists()


def _lose_at_call(calls):
    write, seen = importing.claims.write, []

    def lose(held, **values):
        seen.append(1)
        if len(seen) == calls:
            held.claim = held.pk
        write(held, **values)

    return lose


@pytest.mark.slow
class TestReallyWritten:
    def test_worker_killed_in_the_middle_resumes_and_makes_nobody_twice(
        self, committed, roster, tmp_path, settings
    ):
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        }
        settings.MEDIA_ROOT = tmp_path / "files"
        officer = officer_named("陆远")
        opening = registration.register(registration=registration_of(), actor=officer, now=now())
        row = upload(opening, roster, officer)
        reading.read(import_id=row.id)
        importing.approve(held=row, actor=officer, now=now())

        died = _run_worker(row.id, 3, tmp_path)

        assert died == 9
        row.refresh_from_db()
        assert (row.state, row.done_rows) == (ImportState.IMPORTING, 20)
        with unit_context(opening.unit_id):
            assert Member.objects.count() == 20
        assert not Unit.objects.get(pk=opening.unit_id).is_serving
        assert importing.claims.waiting(now=now()) == []
        later = now() + importing.claims.IMPORT_LEASE + dt.timedelta(seconds=1)
        assert [one.id for one in importing.claims.waiting(now=later)] == [row.id]

        RosterImport.objects.filter(pk=row.pk).update(claimed_until=now())
        importing.sweep()

        row.refresh_from_db()
        assert (row.state, row.made_count) == (ImportState.DONE, roster.truth.accepted)
        with unit_context(opening.unit_id):
            assert Member.objects.count() == roster.truth.accepted
            assert Organization.objects.count() == roster.truth.organisations
            total = Standard.objects.aggregate(fen=Sum("amount_fen"))["fen"]
        assert total == roster.truth.monthly_dues_fen
        assert Unit.objects.get(pk=opening.unit_id).is_serving

    def test_two_officers_who_register_at_once_one_wins(self, committed):
        outcomes = _at_once(
            lambda name: registration.register(
                registration=registration_of(), actor=officer_named(name), now=now()
            )
        )
        assert _winners(outcomes) == 1
        (refused,) = [one for one in outcomes.values() if isinstance(one, DomainError)]
        assert isinstance(refused, registration.AlreadyRegistered)
        assert Opening.objects.filter(unit__name="青石镇供销社").count() == 1

    def test_two_officers_who_upload_and_confirm_at_once_one_wins(self, committed, roster):
        opening = registration.register(
            registration=registration_of(), actor=officer_named("陆远"), now=now()
        )
        other = roster_shapes.make("official", name="青石镇供销社", members=20, seed=9)
        files = {"陆远": roster, "沈一帆": other}
        uploads = _at_once(lambda name: upload(opening, files[name], officer_named(name)))
        assert _winners(uploads) == 1
        row = RosterImport.objects.get(unit=opening.unit)
        reading.read(import_id=row.id)
        confirms = _at_once(
            lambda name: importing.approve(held=row, actor=officer_named(name), now=now())
        )
        assert _winners(confirms) == 1
        row.refresh_from_db()
        (refused,) = [one for one in confirms.values() if isinstance(one, DomainError)]
        assert isinstance(refused, importing.ConfirmedBySomebodyElse)
        assert refused.data["officer"] == row.confirmed_by_name

    def test_a_unit_is_opened_in_one_go_and_doing_it_again_adds_nobody(self, committed, roster):
        for _ in range(2):
            opened = direct.open_unit(
                registered=direct.stand_in(name="青石镇供销社", credit_code="", now=now()),
                filename=roster.filename, content=roster.content,
                actor=officer_named("命令行"), now=now(),
            )  # fmt: skip
            truth = roster.truth
            assert (opened.organisations, opened.accepted) == (truth.organisations, truth.accepted)
            assert opened.monthly_dues_fen == truth.monthly_dues_fen
            assert {(one.sheet, one.row): one.rule for one in opened.rejections} == truth.rejected
            with unit_context(opened.unit.id):
                assert Member.objects.count() == truth.accepted


def _run_worker(import_id, dies_in_chunk, data):
    script = str(settings.ROOT / "tests" / "onboarding" / "dying_worker.py")
    done = subprocess.run(
        [sys.executable, script, str(import_id), str(dies_in_chunk)],
        env=environment(data), timeout=120, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 9, done.stderr
    return done.returncode


def _at_once(act):
    def run(name):
        try:
            return act(name)
        except DomainError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        names = ("陆远", "沈一帆")
        return dict(zip(names, pool.map(run, names), strict=True))


def _winners(outcomes):
    return sum(1 for one in outcomes.values() if not isinstance(one, DomainError))
