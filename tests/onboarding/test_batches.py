"""Many units from one sheet: checked as a whole, opened row by row, each exactly once."""

import datetime as dt
import json
import threading

import pytest
from django.db import OperationalError, connection, connections

from kernel import clock
from kernel.clock import now
from kernel.sheets.reading import open_book
from kernel.sheets.writing import Workbook
from kernel.unit import unit_context
from onboarding.models import Batch, BatchRow, BatchState, Event, Opening, OpeningState, RowState
from onboarding.services import (
    batch_opening,
    batch_results,
    batch_sheet,
    batches,
    credit_codes,
    registration,
)
from tenant_apps.organizations import selectors as organizations
from tenants.models import ReadySchema, Unit, UnitProfile, UnitState
from tenants.services import pool, schemas
from tests.onboarding.conftest import registration_of

HEAD = [column.title for column in batch_sheet.COLUMNS]


def code_of(number, region="320303"):
    body = f"91{region}MA2BT{number:04d}"
    return body + credit_codes.check_character(body)


def line(number=1, **changes):
    values = {
        "name": f"青石{number}号合作社",
        "credit_code": code_of(number),
        "region": "江苏省徐州市",
        "contact_name": "宋佳",
        "contact_phone": f"138{number:08d}",
        "profile": "农村",
        "bank_branch": "彭城支行",
        "agreed_on": "2026-11-01",
    }
    return list({**values, **changes}.values())


def csv(*lines, head=HEAD):
    return "\n".join(",".join(cells) for cells in [head, *lines]).encode()


def handed_in(*lines, officer, name="单位.csv"):
    return batches.receive(filename=name, content=csv(*lines), actor=officer, now=now())


def states(batch):
    return list(batch.rows.values_list("state", flat=True))


class TestReadingASheet:
    def read(self, *cells, head=HEAD):
        rows = batch_sheet.rows_of(open_book(csv(*cells, head=head), "a.csv"))
        return batch_sheet.understand(rows, today=dt.date(2026, 11, 22))

    def test_understands_every_column(self):
        (one,) = self.read(line(7))
        made = one.registration
        assert (made.name, made.credit_code) == ("青石7号合作社", code_of(7))
        assert (made.region_code, made.profile) == ("320300", UnitProfile.VILLAGE)
        assert (made.contact_name, made.contact_phone) == ("宋佳", "13800000007")
        assert made.bank_branch == "彭城支行"
        assert made.agreed_on == dt.date(2026, 11, 1)
        assert made.agreement_ends_on == dt.date(2029, 10, 31)

    def test_fills_in_what_may_stay_empty(self):
        (one,) = self.read(line(profile="", bank_branch="", agreed_on=""))
        assert one.registration.profile == UnitProfile.ENTERPRISE
        assert one.registration.agreed_on == dt.date(2026, 11, 22)

    @pytest.mark.parametrize(
        ("changes", "rule", "column"),
        [
            ({"name": ""}, "unit_name_missing", "单位名称"),
            ({"name": "长" * 61}, "unit_name_long", "单位名称"),
            ({"credit_code": ""}, "credit_code_missing", "统一社会信用代码"),
            ({"credit_code": "9132"}, "credit_code_malformed", "统一社会信用代码"),
            ({"credit_code": code_of(1)[:-1] + "0"}, "credit_code_check_digit", "统一社会信用代码"),
            ({"region": "火星"}, "region_unknown", "所在地区"),
            ({"region": ""}, "region_unknown", "所在地区"),
            ({"contact_name": ""}, "contact_name_missing", "管理员姓名"),
            ({"contact_phone": "12345"}, "contact_phone_invalid", "管理员手机号"),
            ({"contact_phone": ""}, "contact_phone_invalid", "管理员手机号"),
            ({"profile": "俱乐部"}, "unit_profile_unknown", "单位类型"),
            ({"bank_branch": "行" * 41}, "bank_branch_long", "经办行"),
            ({"agreed_on": "下周"}, "agreed_on_invalid", "协议日期"),
            ({"agreed_on": "1999-01-01"}, "agreed_on_invalid", "协议日期"),
        ],
    )
    def test_says_where_and_why_and_what_to_do(self, changes, rule, column):
        (one,) = self.read(line(**changes))
        assert one.registration is None
        (fault,) = one.faults
        assert (fault["rule"], fault["column"]) == (rule, column)
        assert fault["value"] == next(iter(changes.values()))
        assert fault["message"]
        assert fault["remedy"]

    def test_every_rule_has_been_seen_in_these_tests(self):
        cases = TestReadingASheet.test_says_where_and_why_and_what_to_do.pytestmark[0].args[1]
        assert {rule for _, rule, _ in cases} | {"credit_code_twice"} == set(batch_sheet.RULES)

    def test_tells_all_faults_of_a_row(self):
        (one,) = self.read(line(region="火星", contact_phone="1"))
        assert [fault["column"] for fault in one.faults] == ["所在地区", "管理员手机号"]

    def test_of_two_rows_with_one_code_the_first_counts(self):
        first, second = self.read(line(1), line(2, credit_code=code_of(1).lower()))
        assert first.registration
        assert second.faults[0]["rule"] == "credit_code_twice"
        assert "第 2 行" in second.faults[0]["message"]

    def test_finds_headings_lower_down_and_by_other_names(self):
        head = ["序号", "单位全称", "信用代码", "地区", "联系人", "手机号"]
        text = ["共建单位清单", ",".join(head), f"1,青石合作社,{code_of(1)},徐州,宋佳,13800000001"]
        rows = batch_sheet.rows_of(open_book("\n".join(text).encode(), "a.csv"))
        assert [row.number for row in rows] == [3]
        assert batch_sheet.read(rows[0], today=clock.today()).registration.name == "青石合作社"

    def test_reads_numbers_and_dates_of_a_workbook(self):
        with Workbook() as book:
            cells = [*line(1)[:4], 13800000001, "企业", "", dt.date(2026, 11, 3)]
            book.add_sheet("单位", [HEAD, cells])
        rows = batch_sheet.rows_of(open_book(book.content(), "a.xlsx"))
        assert rows[0].cells["contact_phone"] == "13800000001"
        assert rows[0].cells["agreed_on"] == "2026-11-03"

    def test_names_the_columns_that_are_missing(self):
        with pytest.raises(batch_sheet.SheetWithoutColumns) as refused:
            self.read(["a", "b"], head=["单位名称", "地区"])
        assert "统一社会信用代码、管理员姓名、管理员手机号" in refused.value.message

    def test_refuses_an_empty_sheet_and_too_many_rows(self):
        with pytest.raises(batch_sheet.SheetWithoutUnits):
            self.read([""] * 8)
        with pytest.raises(batch_sheet.TooManyUnits):
            self.read(*[line(n) for n in range(batch_sheet.MOST_ROWS + 1)])

    def test_the_template_reads_back(self):
        rows = batch_sheet.rows_of(open_book(batch_results.template(), "a.xlsx"))
        (one,) = batch_sheet.understand(rows, today=clock.today())
        assert [fault["rule"] for fault in one.faults] == ["credit_code_missing"]


class TestCheckingASheet:
    def test_opens_nothing_and_tells_each_row(self, opening, officer):
        batch = handed_in(
            line(1), line(2, region="火星"), line(3, credit_code=opening.unit.credit_code),
            officer=officer,
        )  # fmt: skip
        assert batch.state == BatchState.CHECKED
        assert states(batch) == [RowState.WAITING, RowState.REFUSED, RowState.SKIPPED]
        assert batch.rows.get(number=4).unit_id == opening.unit_id
        assert not Opening.objects.exclude(pk=opening.pk).exists()

    def test_keeps_no_name_and_no_phone_in_the_clear(self, db, officer):
        batch = handed_in(line(1, contact_phone="138000"), officer=officer)
        kept = json.dumps(list(batch.rows.values("name", "credit_code", "faults")))
        assert "宋佳" not in kept
        assert "138000" not in kept
        assert "13800" not in bytes(batch.rows.get().content_sealed).decode("latin-1")

    def test_leads_to_the_sheet_that_is_still_in_hand(self, db, officer, colleague):
        first = handed_in(line(1), officer=officer)
        with pytest.raises(batches.SameSheet) as same:
            handed_in(line(1), officer=colleague)
        assert same.value.data["batch_id"] == str(first.id)
        assert officer.name in same.value.message

    def test_is_given_up_with_all_it_said(self, db, officer):
        batch = handed_in(line(1), officer=officer)
        batches.discard(batch=batch)
        assert not BatchRow.objects.filter(batch=batch).exists()
        with pytest.raises(batches.NotChecked):
            batches.confirm(batch=batch, actor=officer, now=now())
        handed_in(line(1), officer=officer)

    def test_without_a_right_row_is_not_confirmed(self, db, officer):
        batch = handed_in(line(1, region="火星"), officer=officer)
        with pytest.raises(batches.NothingToOpen):
            batches.confirm(batch=batch, actor=officer, now=now())


@pytest.fixture
def made(committed):
    """Everything is really written; sheets and ready schemas go again, before the units."""
    yield
    connection.set_schema_to_public()
    BatchRow.objects.all().delete()
    Batch.objects.all().delete()
    with connections["owner"].cursor() as cursor:
        for one in ReadySchema.objects.using("owner"):
            schemas.drop(cursor, one.schema_name)
            one.delete()


@pytest.fixture
def confirmed(made, officer, monkeypatch):
    """A confirmed sheet of three units on which no job has begun to work."""

    def confirm(*lines, by=officer):
        batch = handed_in(*(lines or (line(1), line(2), line(3))), officer=by)
        with monkeypatch.context() as quiet:
            quiet.setattr(batch_opening.work, "after_commit", lambda **kw: None)
            return batches.confirm(batch=batch, actor=by, now=now())

    return confirm


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

    def test_two_workers_never_hold_one_row(self, confirmed):
        batch = confirmed(line(1), line(2))
        held = [batch_opening.take(batch_id=batch.id, now=now()) for _ in range(3)]
        assert [row and row.number for row in held] == [2, 3, None]

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


def _refuses_region(text):
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
