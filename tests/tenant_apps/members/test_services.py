"""Correcting, moving, revealing and exporting members."""

import csv
import datetime as dt
import io
from dataclasses import replace
from uuid import uuid4

import openpyxl
import pytest

from kernel.crypto import platform_cipher
from kernel.errors import Forbidden
from kernel.unit import shared_context
from shared_apps.people.models import Affiliation
from tenant_apps.audit import selectors as audit
from tenant_apps.members import selectors
from tenant_apps.members.models import Export, Member
from tenant_apps.members.selectors import Filters, Listing, files
from tenant_apps.members.services import exporting, filing, moving, revealing, sealing, sheets
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import NOW, TODAY, admin, somebody


def correct(member, *, reason="", actor=None, **changes):
    return filing.correct(
        member=member,
        sheet=replace(filing.sheet_of(member), **changes),
        reason=reason,
        actor=actor or admin(),
        today=TODAY,
        now=NOW,
    )


class TestCorrect:
    def test_changes_the_file_and_keeps_old_and_new(self, tree):
        member = make_member(tree.l1)
        corrected = correct(member, name="单志强", posts="组织委员", reason="核对身份证")
        assert (corrected.name_pinyin, corrected.name_initials) == ("shanzhiqiang", "szq")
        event = audit.events_about(member.id).get()
        assert event.data["changes"] == {
            "name": ["曾国强", "单志强"],
            "posts": ["", "组织委员"],
        }
        assert event.data["reason"] == "核对身份证"

    def test_records_nothing_when_nothing_changed(self, tree):
        member = make_member(tree.l1, phone="13812345678")
        correct(member)
        correct(member, phone="138 1234 5678")
        assert not audit.events_about(member.id).exists()

    def test_takes_sign_in_along_with_a_new_phone(self, tree):
        member = make_member(tree.l1, phone="13812345678")
        correct(member, phone="13900001111")
        member.refresh_from_db()
        assert sealing.open_phone(member.phone_sealed) == "13900001111"
        assert "13900001111" not in str(audit.events_about(member.id).get().data)
        with shared_context():
            kept = Affiliation.objects.get(member_id=member.id)
            index = platform_cipher().index("13900001111", purpose="phone")
        assert bytes(kept.phone_index) == index

    def test_takes_a_phone_away(self, tree):
        member = make_member(tree.l1)
        correct(member, phone="")
        member.refresh_from_db()
        assert (member.phone_sealed, member.phone_masked) == (None, "")

    def test_asks_for_a_reason_when_the_category_changes(self, tree):
        member = make_member(tree.l1, category="PROBATIONARY", full_on=None)
        change = {"category": "FULL", "full_on": dt.date(2026, 11, 1)}
        with pytest.raises(filing.ReasonNeeded):
            correct(member, **change, reason=" ")
        assert correct(member, **change, reason="支部大会 2026-11-01").category == "FULL"

    @pytest.mark.parametrize(
        "change",
        [
            {"birth_on": dt.date(2027, 1, 1)},
            {"joined_on": dt.date(2027, 1, 1)},
            {"full_on": dt.date(2027, 1, 1)},
            {"joined_on": dt.date(1997, 12, 31), "full_on": None},
            {"full_on": dt.date(2008, 6, 30)},
            {"category": "PROBATIONARY"},
        ],
    )
    def test_refuses_dates_that_cannot_be(self, tree, change):
        with pytest.raises(filing.DatesDoNotFit):
            correct(make_member(tree.l1), **change, reason="更正")

    @pytest.mark.parametrize("phone", ["12", "23812345678", "138123456789", "abc"])
    def test_refuses_what_is_no_mobile_number(self, tree, phone):
        with pytest.raises(filing.PhoneNotValid):
            correct(make_member(tree.l1), phone=phone)


class TestMove:
    def test_moves_many_and_records_each(self, tree):
        members = store(new_member(tree.l1), new_member(tree.l2))
        actor = admin()
        _, count = moving.move(members=members, org=tree.r1, actor=actor, now=NOW)
        assert count == 2
        assert set(Member.objects.values_list("org_path", flat=True)) == {tree.r1.path}
        data = audit.events_about(members[0].id).get().data
        assert (data["old_org_name"], data["new_org_name"]) == ("l1", "r1")

    def test_can_be_taken_back_by_who_did_it(self, tree):
        members = store(new_member(tree.l1), new_member(tree.l2), new_member(tree.l2))
        actor = admin()
        move_id, _ = moving.move(members=members, org=tree.r1, actor=actor, now=NOW)
        moving.move(members=[members[2]], org=tree.alone, actor=actor, now=NOW)
        with pytest.raises(moving.MoveUnknown):
            moving.move_back(move_id=move_id, actor=admin(), now=NOW)
        assert moving.move_back(move_id=move_id, actor=actor, now=NOW) == 2
        where = {m.id: m.org_path for m in Member.objects.all()}
        assert [where[m.id] for m in members] == [tree.l1.path, tree.l2.path, tree.alone.path]
        with pytest.raises(moving.NothingToUndo):
            moving.move_back(move_id=move_id, actor=actor, now=NOW)

    def test_cannot_be_taken_back_after_ten_minutes(self, tree):
        actor = admin()
        move_id, _ = moving.move(members=[make_member(tree.l1)], org=tree.r1, actor=actor, now=NOW)
        with pytest.raises(moving.MoveUnknown):
            moving.move_back(move_id=move_id, actor=actor, now=NOW + dt.timedelta(minutes=11))

    def test_refuses_what_cannot_hold_members(self, tree):
        member = make_member(tree.l1)
        with pytest.raises(moving.CannotHoldMembers):
            moving.move(members=[member], org=tree.left, actor=admin(), now=NOW)

    def test_refuses_when_everybody_is_there_or_too_many_are_chosen(self, tree):
        member = make_member(tree.l1)
        with pytest.raises(moving.NobodyToMove):
            moving.move(members=[member], org=tree.l1, actor=admin(), now=NOW)
        with pytest.raises(moving.TooManyToMove):
            moving.move(members=[member] * 501, org=tree.r1, actor=admin(), now=NOW)


class TestReveal:
    def test_shows_the_value_and_leaves_a_line(self, tree):
        member = make_member(tree.l1, identity_number="320303198001010011", phone="13812345678")
        who = {"member": member, "actor": admin(), "now": NOW}
        assert revealing.reveal_identity(**who, reason="核对档案") == "320303198001010011"
        assert revealing.reveal_phone(**who, reason="电话通知") == "13812345678"
        events = audit.events_about(member.id)
        assert {event.data["reason"] for event in events} == {"核对档案", "电话通知"}
        assert "320303198001010011" not in str([event.data for event in events])

    @pytest.mark.parametrize("reason", ["", "   ", "看看"])
    def test_asks_for_a_reason(self, tree, reason):
        member = make_member(tree.l1)
        with pytest.raises(revealing.RevealReasonNeeded):
            revealing.reveal_phone(member=member, reason=reason, actor=admin(), now=NOW)
        assert not audit.events_about(member.id).exists()

    def test_has_nothing_to_show_without_a_phone(self, tree):
        member = make_member(tree.l1, phone=None)
        with pytest.raises(revealing.NothingToReveal):
            revealing.reveal_phone(member=member, reason="电话通知", actor=admin(), now=NOW)


def order(actor, *, form="csv", is_full=False, reason="", columns=None, **listing):
    every = selectors.columns_of(actor, today=TODAY)
    wanted = [column for column in every if columns is None or column.key in columns]
    return exporting.request(
        listing=Listing(**listing),
        columns=wanted,
        form=form,
        reason=reason,
        is_full=is_full,
        actor=actor,
        now=NOW,
    )


def content(export, actor):
    return exporting.content_of(export=export, actor=actor, now=NOW)


class TestExport:
    def test_holds_the_filter_and_the_columns_masked(self, tree):
        actor = admin()
        store(new_member(tree.l1, "=SUM(A1)", posts="支部书记"), new_member(tree.r1, "丙"))
        export = order(actor, columns={"org", "category", "phone"}, org_path=tree.left.path)
        rows = list(csv.reader(io.StringIO(content(export, actor).decode("utf-8-sig"))))
        assert rows[0] == ["姓名", "身份证号", "所在党组织", "人员类别", "党内职务", "手机号码"]
        assert len(rows) == 2
        assert rows[1][0] == "'=SUM(A1)"
        assert rows[1][2:5] == ["中共l1", "正式党员", "支部书记"]
        assert "*" in rows[1][1] and "*" in rows[1][5]
        event = audit.events_about(export.id).get()
        assert (event.code, event.data["count"]) == ("members.exported", 1)

    def test_writes_a_workbook_of_texts(self, tree):
        actor = admin()
        store(new_member(tree.l1, "=SUM(A1)"), new_member(tree.l1, phone=None, birth_on=None))
        export = order(actor, form="xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(content(export, actor))).active
        cells = list(sheet.iter_rows(values_only=True))
        assert len(cells) == 3
        assert len(cells[0]) == len(sheets.headings_of(selectors.columns_of(actor, today=TODAY)))
        assert {row[0] for row in cells[1:]} == {"=SUM(A1)", "曾国强"}
        assert sheet["A2"].data_type == "s"

    def test_in_full_asks_for_permission_and_reason_and_tells_each_member(self, tree):
        member = make_member(tree.l1, identity_number="320303198001010011", phone="13812345678")
        with pytest.raises(Forbidden):
            order(somebody(("secretary", "")), is_full=True, reason="年度统计上报")
        actor = admin()
        with pytest.raises(exporting.ExportReasonNeeded):
            order(actor, is_full=True, reason="报")
        asked, second = order(actor, is_full=True, reason="年度统计上报"), admin()
        with pytest.raises(exporting.ExportNotReady):
            content(asked, actor)
        assert not selectors.looks_at(member)
        made = exporting.decide(export=asked, approve=True, actor=second, now=NOW)
        text = content(made, actor).decode("utf-8-sig")
        assert "320303198001010011" in text and "13812345678" in text
        assert [look.what for look in selectors.looks_at(member)] == ["导出了含完整身份证号的名册"]

    def test_in_full_takes_a_second_administrator(self, tree):
        make_member(tree.l1)
        actor = admin()
        asked = order(actor, is_full=True, reason="年度统计上报")
        with pytest.raises(exporting.OwnExport):
            exporting.decide(export=asked, approve=True, actor=actor, now=NOW)
        with pytest.raises(Forbidden):
            exporting.decide(export=asked, approve=True, actor=somebody(("secretary", "")), now=NOW)
        assert not files.exports_awaiting(actor).exists()
        assert not files.exports_awaiting(admin(tree.left.path)).exists()
        assert files.exports_awaiting(admin()).get() == asked
        exporting.decide(export=asked, approve=False, actor=admin(), now=NOW)
        with pytest.raises(exporting.ExportDecided):
            exporting.decide(export=asked, approve=True, actor=admin(), now=NOW)
        with pytest.raises(exporting.ExportNotReady):
            content(Export.objects.get(), actor)
        codes = set(audit.events_about(asked.id).values_list("code", flat=True))
        assert codes == {"members.export_asked", "members.export_refused"}

    def test_refuses_an_empty_list(self, tree):
        with pytest.raises(exporting.NobodyToExport):
            order(admin(), filters=Filters(q="没有"))

    def test_large_ones_are_left_to_a_job_that_sees_what_the_person_saw(
        self, tree, monkeypatch, django_capture_on_commit_callbacks
    ):
        monkeypatch.setattr(exporting, "AT_ONCE", 1)
        store(new_member(tree.l1), new_member(tree.l2), new_member(tree.r1))
        actor = somebody(("secretary", tree.left.path))
        with django_capture_on_commit_callbacks(execute=True):
            export = order(actor)
            assert export.state == Export.State.WAITING
            with pytest.raises(exporting.ExportNotReady):
                content(export, actor)
        export.refresh_from_db()
        assert (export.state, export.total, export.done) == (Export.State.DONE, 2, 2)
        assert content(export, actor).count(b"\r\n") == 3
        key = export.file_key
        exporting.write(export_id=export.pk)
        export.refresh_from_db()
        assert export.file_key == key

    def test_says_that_it_failed(self, tree, monkeypatch):
        make_member(tree.l1)
        monkeypatch.setattr(sheets, "as_csv", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            order(admin())
        assert Export.objects.get().state == Export.State.FAILED

    def test_is_fetched_only_by_who_ordered_it_and_for_a_week(self, tree):
        make_member(tree.l1)
        actor = admin()
        export = order(actor)
        assert selectors.export_for(actor, export.id) == export
        for stranger in (admin(), somebody()):
            with pytest.raises(selectors.ExportNotFound):
                selectors.export_for(stranger, export.id)
            with pytest.raises(exporting.ExportGone):
                content(export, stranger)
        with pytest.raises(selectors.ExportNotFound):
            selectors.export_for(actor, uuid4())
        with pytest.raises(exporting.ExportGone):
            exporting.content_of(export=export, actor=actor, now=NOW + dt.timedelta(days=8))

    def test_of_many_rows_costs_a_fixed_number_of_statements_per_batch(
        self, tree, monkeypatch, django_assert_max_num_queries
    ):
        store(*(new_member(tree.l1) for _ in range(60)))
        columns = [c for c in selectors.columns_of(admin(), today=TODAY) if not c.provider]
        monkeypatch.setattr(sheets, "BATCH", 20)
        members = Listing().rows(admin(), today=TODAY)
        with django_assert_max_num_queries(4):
            batches = list(sheets.rows_of(members, columns, today=TODAY, is_full=False))
        assert [len(batch) for batch in batches] == [20, 20, 20]
