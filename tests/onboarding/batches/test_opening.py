"""Every right row of a sheet is opened exactly once, whoever dies, stops or tries again."""

import datetime as dt
import threading

import pytest
from django.db import OperationalError, connection, connections, transaction

from kernel.clock import now
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.models import BatchRow, BatchState, Event, Opening, OpeningState, RowState
from onboarding.services import (
    batch_opening,
    batch_sheet,
    batches,
    registration,
)
from tenant_apps.organizations import selectors as organizations
from tenants.models import ReadySchema, Unit, UnitState
from tenants.services import pool
from tests.onboarding.batches.conftest import code_of, handed_in, line, states
from tests.onboarding.conftest import registration_of


class TestOpening:
    def test_opens_every_right_row(self, confirmed, officer, settings):
        settings.READY_SCHEMAS = 2
        pool.refill()
        batch = confirmed(line(1), line(2, region="火星"), line(3), line(4))
        batch_opening.work(batch_id=batch.id)
        batch.refresh_from_db()
        assert batch.state == BatchState.DONE
        assert states(batch) == [RowState.DONE, RowState.REFUSED, RowState.DONE, RowState.DONE]
        assert not ReadySchema.objects.exists()
        for row in batch.rows.filter(state=RowState.DONE):
            opening = Opening.objects.select_related("unit").get(unit_id=row.unit_id)
            assert opening.unit.state == UnitState.TRIAL
            assert opening.unit.bank_branch == "彭城支行"
            assert (opening.state, opening.officer_id) == (OpeningState.OPENED, officer.person_id)
            assert registration.contact_of(opening)[0] == "宋佳"
            codes = set(Event.objects.filter(unit_id=row.unit_id).values_list("code", flat=True))
            assert codes == {"unit.registered", "unit.opened_in_batch"}
            with unit_context(row.unit_id):
                (root,) = organizations.known_organizations()
            assert root.name == f"中共{row.name}支部委员会"

    def test_handing_the_same_sheet_in_again_opens_nothing(self, confirmed, officer):
        batch = confirmed(line(1), line(2))
        batch_opening.work(batch_id=batch.id)
        before = Unit.objects.count()
        again = handed_in(line(1), line(2), officer=officer)
        assert states(again) == [RowState.SKIPPED] * 2
        with pytest.raises(batches.NothingToOpen):
            batches.confirm(batch=again, actor=officer, now=now())
        assert Unit.objects.count() == before

    def test_two_officers_with_one_unit_open_it_once(self, confirmed, officer, colleague):
        first = confirmed(line(1), line(2))
        second = confirmed(line(2), line(3), by=colleague)
        both = threading.Barrier(2)

        def run(batch):
            both.wait()
            batch_opening.work(batch_id=batch.id)
            for alias in connections:
                connections[alias].close()

        crowd = [threading.Thread(target=run, args=[one]) for one in (first, second)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert sorted(states(first) + states(second)) == ["done", "done", "done", "skipped"]
        units = [row.unit_id for row in BatchRow.objects.filter(credit_code=code_of(2))]
        assert len(set(units)) == 1
        assert Unit.objects.filter(credit_code__in=[code_of(n) for n in (1, 2, 3)]).count() == 3

    def test_a_unit_registered_by_hand_meanwhile_is_skipped(self, confirmed, colleague):
        batch = confirmed(line(1))
        by_hand = registration.register(
            registration=registration_of(credit_code=code_of(1)), actor=colleague, now=now()
        )
        batch_opening.work(batch_id=batch.id)
        row = batch.rows.get()
        assert (row.state, row.unit_id) == (RowState.SKIPPED, by_hand.unit_id)

    def test_gives_another_address_where_names_sound_alike(self, confirmed):
        batch = confirmed(line(1, name="青石合作社"), line(2, name="轻食合作社"))
        batch_opening.work(batch_id=batch.id)
        labels = {row.unit.label for row in batch.rows.select_related("unit")}
        assert labels == {"qshzs", "qshzs2"}

    def test_a_worker_leaves_after_its_turn_and_another_goes_on(self, confirmed, monkeypatch):
        batch = confirmed()
        monkeypatch.setattr(batch_opening, "TURN", dt.timedelta(seconds=-1))
        sent = []
        monkeypatch.setattr(batch_opening.work, "after_commit", lambda **kw: sent.append(kw))
        batch_opening.work(batch_id=batch.id)
        assert states(batch) == [RowState.DONE, RowState.WAITING, RowState.WAITING]
        assert sent == [{"batch_id": batch.id}]


class Dies(BaseException):
    """The worker is gone: nothing after this statement happened."""


class TestDyingAndFailing:
    STEPS = (
        (registration, "register"),
        (batch_opening.schemas, "provision"),
        (batch_opening.first_root, "plant"),
        (batch_opening.life_cycle, "move"),
        (batch_opening.timeline, "record"),
    )

    @pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
    @pytest.mark.parametrize("after", [False, True])
    def test_another_worker_takes_the_row_up_and_opens_it_once(
        self, confirmed, monkeypatch, step, after
    ):
        batch = confirmed(line(1))
        where, name = step
        whole = getattr(where, name)

        def dying(*args, **kwargs):
            if after:
                whole(*args, **kwargs)
            raise Dies

        with monkeypatch.context() as broken:
            broken.setattr(where, name, dying)
            with pytest.raises(Dies):
                batch_opening.work(batch_id=batch.id)
        row = batch.rows.get()
        assert row.state == RowState.OPENING
        serving = Unit.objects.filter(credit_code=code_of(1), state=UnitState.TRIAL)
        assert not serving.exists()
        batch_opening.sweep()
        assert batch.rows.get().state == RowState.OPENING, "the claim still holds"
        batch.rows.update(claimed_until=now() - dt.timedelta(seconds=1))
        batch_opening.sweep()
        row.refresh_from_db()
        assert (row.state, row.attempts) == (RowState.DONE, 2)
        assert serving.count() == 1
        registered = Event.objects.filter(unit_id=row.unit_id, code="unit.registered")
        assert registered.count() == 1
        with unit_context(row.unit_id):
            assert len(organizations.known_organizations()) == 1

    def test_a_slow_worker_cannot_write_once_its_row_is_another_ones(self, confirmed):
        batch = confirmed(line(1))
        slow = batch_opening.take(batch_id=batch.id, now=now())
        batch.rows.update(claimed_until=now() - dt.timedelta(seconds=1))
        quick = batch_opening.take(batch_id=batch.id, now=now())
        batch_opening.open_row(slow)
        assert not Unit.objects.filter(credit_code=code_of(1)).exists()
        batch_opening.open_row(quick)
        assert batch.rows.get().state == RowState.DONE

    def test_a_slow_worker_that_fails_ends_nobody_elses_attempt(self, confirmed, monkeypatch):
        batch = confirmed(line(1))
        slow = batch_opening.take(batch_id=batch.id, now=now())
        batch.rows.update(claimed_until=now() - dt.timedelta(seconds=1))
        batch_opening.take(batch_id=batch.id, now=now())
        with monkeypatch.context() as broken:
            broken.setattr(registration, "register", _refuses_region)
            batch_opening.open_row(slow)
        row = batch.rows.get()
        assert (row.state, row.error_code) == (RowState.OPENING, "")
        assert row.claimed_until > now()

    def test_a_worker_leaves_a_sheet_to_whoever_is_at_work_on_it(self, confirmed):
        batch = confirmed(line(1), line(2))
        batch_opening.take(batch_id=batch.id, now=now())
        batch_opening.work(batch_id=batch.id)
        assert states(batch) == [RowState.OPENING, RowState.WAITING]

    def test_two_workers_never_hold_one_row(self, confirmed):
        batch = confirmed(line(1), line(2))
        held = [batch_opening.take(batch_id=batch.id, now=now()) for _ in range(3)]
        assert [row and row.number for row in held] == [2, 3, None]

    def test_two_workers_at_the_same_moment_take_different_rows(self, confirmed):
        """A row that somebody is just claiming is passed over, not waited for."""
        batch = confirmed(line(1), line(2))
        claiming, claimed = threading.Event(), threading.Event()

        def claim_first():
            with transaction.atomic():
                row = batch.rows.select_for_update().order_by("number").first()
                claiming.set()
                claimed.wait(timeout=2)
                batch.rows.filter(pk=row.pk).update(
                    claim=uuid7(), claimed_until=now() + dt.timedelta(minutes=1)
                )
            connection.close()

        other = threading.Thread(target=claim_first)
        other.start()
        claiming.wait()
        mine = batch_opening.take(batch_id=batch.id, now=now())
        claimed.set()
        other.join()
        assert mine.number == 3

    def test_tries_again_later_when_the_disk_is_full(self, confirmed, monkeypatch):
        batch = confirmed(line(1))

        def full(**kwargs):
            raise OperationalError("could not extend file: No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(batch_opening.schemas, "provision", full)
            for attempt, pause in enumerate((*batch_opening.PAUSES, None), start=1):
                batch_opening.work(batch_id=batch.id)
                row = batch.rows.get()
                assert row.attempts == attempt
                if pause is not None:
                    assert row.state == RowState.WAITING
                    assert row.not_before > now() + dt.timedelta(seconds=pause - 5)
                    batch_opening.work(batch_id=batch.id)
                    assert batch.rows.get().attempts == attempt, "not before its time"
                    batch.rows.update(not_before=now())
        assert (row.state, row.error_code) == (RowState.FAILED, "batch_row_database")
        batch.refresh_from_db()
        assert batch.state == BatchState.DONE
        assert not Unit.objects.get(credit_code=code_of(1)).is_serving
        batches.retry(batch=batch, row_id=None, now=now())
        batch_opening.sweep()
        assert batch.rows.get().state == RowState.DONE

    def test_stops_after_too_many_crashes(self, confirmed):
        batch = confirmed(line(1))
        batch.rows.update(attempts=9)
        batch_opening.work(batch_id=batch.id)
        row = batch.rows.get()
        assert (row.state, row.error_code) == (RowState.FAILED, "batch_row_gave_up")

    def test_fails_with_the_words_of_a_rule(self, confirmed, monkeypatch):
        batch = confirmed(line(1))
        monkeypatch.setattr(batch_sheet.regions, "recognised", _refuses_region)
        batch_opening.work(batch_id=batch.id)
        row = batch.rows.get()
        assert (row.state, row.error_code) == (RowState.FAILED, "batch_row_no_longer_right")
        assert "看不出是哪个省、市" in row.error_message


def _refuses_region(text="", **kwargs):
    raise batch_sheet.regions.UnknownRegion(code=text)


class TestStoppingAndRetrying:
    def test_keeps_what_has_not_begun_from_being_opened(self, confirmed, officer):
        batch = confirmed()
        begun = batch_opening.take(batch_id=batch.id, now=now())
        assert batches.stop(batch=batch, actor=officer, now=now()) == 2
        batch_opening.open_row(begun)
        batch_opening.work(batch_id=batch.id)
        assert states(batch) == [RowState.DONE, RowState.STOPPED, RowState.STOPPED]
        batch_opening.finish_if_over(batch.id, now=now())
        batch.refresh_from_db()
        assert (batch.state, batch.stopped_by_name) == (BatchState.DONE, officer.name)
        with pytest.raises(batches.NothingToStop):
            batches.stop(batch=batch, actor=officer, now=now())

    def test_lets_one_row_go_on_and_then_the_others(self, confirmed, officer):
        batch = confirmed()
        batches.stop(batch=batch, actor=officer, now=now())
        one = batch.rows.first()
        assert batches.retry(batch=batch, row_id=one.id, now=now()) == 1
        batch_opening.sweep()
        assert states(batch) == [RowState.DONE, RowState.STOPPED, RowState.STOPPED]
        with pytest.raises(batches.NothingToRetry):
            batches.retry(batch=batch, row_id=one.id, now=now())
        assert batches.retry(batch=batch, row_id=None, now=now()) == 2
        batch_opening.sweep()
        assert states(batch) == [RowState.DONE] * 3
