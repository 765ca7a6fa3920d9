"""A sheet is read and checked as a whole before anything is opened."""

import datetime as dt
import json

import pytest

from kernel import clock
from kernel.clock import now
from kernel.sheets.reading import open_book
from kernel.sheets.writing import Workbook
from onboarding.models import BatchRow, BatchState, Opening, RowState
from onboarding.services import (
    batch_results,
    batch_sheet,
    batches,
)
from tenants.models import UnitProfile
from tests.onboarding.batches.conftest import HEAD, code_of, csv, handed_in, line, states


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
