"""Batches for others: entrusted, held against the books by row, checked by another, paid once."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from kernel import clock
from kernel.clock import Month
from kernel.crypto import unit_cipher
from kernel.errors import Forbidden
from kernel.papers import Upload
from kernel.unit import shared_context, unit_context
from shared_apps.delivery.models import Message
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Entrustment, Lot, Receipt, Slip, Transfer
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors import proxy as reading
from tenant_apps.dues.selectors.proxy import Row, sort_rows
from tenant_apps.dues.services import entrusting, proxy, proxy_files
from tenant_apps.dues.services.decisions import ReasonNeeded
from tenant_apps.dues.services.slips import SecondPerson
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import NOW, as_member, make_owing_member, treasurer
from tests.scenes import scene

MONTHS = (202609, 202610, 202611)
TODAY = dt.date(2026, 11, 22)
PHONES = ("13905160001", "13905160002", "13905160003")


def _retired():
    """Three members owe three months each, known by phone; the first two entrusted the branch."""
    people = [make_owing_member(*MONTHS, name=name) for name in ("周一", "吴二", "郑三")]
    for member, phone in zip(people, PHONES, strict=True):
        member.phone_index = unit_cipher().index(phone, purpose="phone")
        member.phone_sealed = unit_cipher().seal(phone, column="members.phone")
        member.save(update_fields=["phone_index", "phone_sealed"])
    eva = treasurer("00010001", role="secretary")
    for member in people[:2]:
        entrust(member, eva)
    return people, eva, treasurer()


def entrust(member, by, first=202601, last=None, **how):
    return entrusting.enter_paper(
        member=member,
        first=Month(first),
        last=Month(last) if last else None,
        note="2026-01-05 签署",
        actor=by,
        now=NOW,
        **how,
    )


retired = scene(_retired)


def row(number, name="周一", key=PHONES[0], month=202609, fen=12_900):
    return Row(number, name, key, month, fen)


def draw_up(by, *rows):
    return proxy.draw_up(rows=rows, title="退休支部", is_their_money=True, actor=by, now=NOW)


def banked(lot, by, **how):
    values = {
        "account": "1001",
        "number": "HD-77001",
        "banked_on": TODAY,
        "amount_fen": lot.amount_fen,
        **how,
    }
    return proxy.bank(lot=lot, actor=by, now=NOW, **values)


def waits_for(actor):
    found = reading.ProxyDuties().duties(actor, today=TODAY)
    return [duty.text for duty in found if duty.count]


class TestEntrusting:
    def test_on_paper_with_its_scan_and_ended(self, retired):
        people, eva, _ = retired
        one = entrust(people[2], eva, scan=Upload("委托书.pdf", b"%PDF-1.7"), last=202612)
        assert entrusting.scan_of(entrustment=one) == ("委托书.pdf", b"%PDF-1.7")
        with pytest.raises(entrusting.AlreadyEntrusted):
            entrust(people[2], eva)
        done = entrusting.end(entrustment=one, why="本人要求", actor=eva, now=NOW)
        assert done.ended_at == NOW
        with pytest.raises(entrusting.EntrustmentEnded):
            entrusting.end(entrustment=one, why="", actor=eva, now=NOW)
        codes = {event.code for event in audit.events_about(one.pk)}
        assert codes == {"entrustment.entered", "entrustment.ended"}

    def test_on_the_phone_only_by_the_member(self, retired):
        people, _, _ = retired
        with pytest.raises(Forbidden):
            entrusting.give(member=people[2], actor=as_member(people[0]), now=NOW)
        one = entrusting.give(member=people[2], actor=as_member(people[2]), now=NOW)
        assert (one.way, one.first_month, one.last_month) == ("phone", 202611, None)
        with pytest.raises(Forbidden):
            entrusting.end(entrustment=one, why="", actor=as_member(people[0]), now=NOW)
        entrusting.end(entrustment=one, why="", actor=as_member(people[2]), now=NOW)

    def test_refuses_a_form_without_a_name_or_with_a_turned_span(self, retired):
        people, eva, _ = retired
        with pytest.raises(entrusting.EntrustmentInvalid):
            entrust(people[2], eva, first=202612, last=202601)
        with pytest.raises(entrusting.EntrustmentInvalid):
            entrust(people[2], eva, scan=Upload("x.pdf", b"MZ"))
        with pytest.raises(Forbidden):
            entrust(people[2], treasurer("00020001", role="secretary"))


class TestPreCheck:
    @pytest.mark.parametrize(
        ("given", "field", "rule"),
        [
            (row(2, key="13900000000"), "手机号或身份证号", "不是您管理范围内的党员"),
            (row(2, name="周二"), "姓名", "姓名不符"),
            (row(2, month=None), "月份", "2026-11"),
            (row(2, fen=None), "金额", "两位小数"),
            (row(2, fen=12_800), "金额", "与账单 129.00 元不等"),
            (row(2, month=202612), "月份", "还没有账单"),
            (row(2, month=202610), "月份", "最早"),
            (row(2, name="郑三", key=PHONES[2]), "委托", "没有委托"),
        ],
    )
    def test_a_row_that_is_wrong_is_named_with_rule_and_way_out(self, retired, given, field, rule):
        _, eva, _ = retired
        found = sort_rows(eva, [given])
        (fault,) = found.faults
        assert (fault.row, fault.field) == (2, field)
        assert rule in fault.rule
        assert fault.way_out
        assert not found.bills

    def test_doubles_and_paid_months_and_what_hangs_on_them(self, retired):
        people, eva, _ = retired
        Bill.objects.filter(member=people[1], month=202609).update(
            state="PAID", paid_fen=12_900, paid_at=NOW
        )
        found = sort_rows(
            eva,
            [
                row(2), row(3), row(4, month=202610), row(5, "吴二", PHONES[1]),
                row(6, "吴二", PHONES[1], 202610),
            ],
        )  # fmt: skip
        assert [(one.row, one.rule[:4]) for one in found.faults] == [
            (2, "同一党员"),
            (3, "同一党员"),
            (4, "更早的月"),
            (5, "账单已是"),
        ]
        assert list(found.bills) == [people[1].pk]
        assert found.fen == 12_900

    def test_a_fixed_number_of_statements(self, retired, django_assert_max_num_queries):
        _, eva, _ = retired
        with django_assert_max_num_queries(6):
            sort_rows(eva, [row(2)])
        rows = [row(n, f"生人{n}", f"139{n:08d}") for n in range(2, 500)]
        with django_assert_max_num_queries(6):
            sort_rows(eva, [*rows, row(1), row(501, month=202610)])

    def test_a_month_that_is_in_another_batch(self, retired):
        _, eva, _ = retired
        draw_up(eva, row(2))
        assert "另一个" in sort_rows(eva, [row(2)]).faults[0].rule


class TestTheFile:
    def test_is_read_below_its_headings_and_nothing_is_rounded(self):
        book = openpyxl.Workbook()
        for line in (
            ("退休支部代交名单",),
            proxy_files.COLUMNS,
            ("周一", 13905160001, "2026-09", 129),
            ("吴二", PHONES[1], dt.date(2026, 10, 1), 12.345),
            ("郑三", PHONES[2], "十月", "１２９"),
            ("", "", "", ""),
            ("王四", "1", "2026-11", "-5"),
        ):
            book.active.append(line)
        held = io.BytesIO()
        book.save(held)
        rows = proxy_files.read_list(content=held.getvalue(), filename="名单.xlsx")
        assert rows == [
            Row(3, "周一", PHONES[0], 202609, 12_900),
            Row(4, "吴二", PHONES[1], 202610, None),
            Row(5, "郑三", PHONES[2], None, None),
            Row(7, "王四", "1", 202611, None),
        ]

    def test_without_headings_or_rows_is_refused(self):
        with pytest.raises(proxy_files.ListUnreadable):
            proxy_files.read_list(content="甲,乙\n1,2\n".encode(), filename="a.csv")
        with pytest.raises(proxy_files.ListEmpty):
            proxy_files.read_list(
                content=(",".join(proxy_files.COLUMNS) + "\n").encode(), filename="a.csv"
            )


class TestABatch:
    def test_from_the_list_to_a_receipt_for_everybody(self, retired, books):
        people, eva, ben = retired
        lot = draw_up(eva, row(2), row(3, month=202610), row(4, "吴二", PHONES[1]))
        assert (lot.state, lot.amount_fen) == ("draft", 38_700)
        assert not Transfer.objects.exists()
        assert waits_for(ben) == ["代交批次待复核"]
        assert waits_for(eva) == []
        proxy.check(lot=lot, actor=ben, now=NOW)
        assert waits_for(ben) == ["代交批次待存入专户"]
        done = banked(lot, ben)
        assert done.state == "banked"
        assert set(Slip.objects.values_list("state", flat=True)) == {"banked"}
        receipts = Receipt.objects.filter(channel="批量代交")
        assert {(one.member_id, one.amount_fen) for one in receipts} == {
            (people[0].pk, 25_800),
            (people[1].pk, 12_900),
        }
        assert (selectors.balance("1001"), selectors.balance(chart.PROXY)) == (38_700, 0)
        assert selectors.balance(chart.MEMBERS_DUES) == -38_700
        with shared_context():
            sent = Message.objects.filter(template="receipt")
            assert sent.count() == 2
        codes = [event.code for event in audit.events_about(lot.pk)]
        assert sorted(codes) == ["proxy.banked", "proxy.checked", "proxy.drawn_up"]
        books()

    def test_what_was_paid_meanwhile_or_is_no_longer_entrusted_goes_back(self, retired, books):
        people, eva, ben = retired
        lot = draw_up(eva, row(2), row(3, "吴二", PHONES[1]))
        proxy.check(lot=lot, actor=ben, now=NOW)
        ended = Entrustment.objects.get(member=people[1])
        entrusting.end(entrustment=ended, why="本人要求", actor=eva, now=NOW)
        banked(lot, ben)
        over = Slip.objects.get(member=people[1])
        assert (over.state, selectors.balance(chart.PROXY)) == ("over", -12_900)
        assert Bill.objects.get(member=people[1], month=202609).state == "UNPAID"
        books()
        other = treasurer("00010001", role="secretary")
        with pytest.raises(ReasonNeeded):
            proxy.give_back(slip=over, reason="", actor=ben, now=NOW)
        with pytest.raises(Forbidden):
            proxy.give_back(slip=over, reason="现金退还本人", actor=other, now=NOW)
        proxy.give_back(slip=over, reason="现金退还本人", actor=ben, now=NOW)
        assert (selectors.balance("1001"), selectors.balance(chart.PROXY)) == (12_900, 0)
        with pytest.raises(proxy.LotMoved):
            proxy.give_back(slip=over, reason="现金退还本人", actor=ben, now=NOW)
        books()

    def test_partly_wrong_rows_are_kept_with_their_reason(self, retired):
        _, eva, _ = retired
        lot = draw_up(eva, row(2), row(3, "郑三", PHONES[2]))
        assert [(one["row"], one["field"]) for one in lot.faults] == [(3, "委托")]
        assert PHONES[2] not in str(lot.faults)
        lines = list(proxy_files.faults_as_rows(lot.faults))
        assert lines[0][:4] == (3, "郑三", "2026-09", 129.0)
        with pytest.raises(proxy.NothingToPay, match="第 3 行"):
            draw_up(eva, row(3, "郑三", PHONES[2]))
        with pytest.raises(proxy.NotTheirMoney):
            proxy.draw_up(rows=[row(2)], title="", is_their_money=False, actor=eva, now=NOW)

    def test_takes_two_people(self, retired):
        _, eva, ben = retired
        lot = draw_up(ben, row(2))
        with pytest.raises(SecondPerson):
            proxy.check(lot=lot, actor=ben, now=NOW)
        with pytest.raises(Forbidden):
            proxy.check(lot=lot, actor=eva, now=NOW)
        other = treasurer()
        proxy.check(lot=lot, actor=other, now=NOW)
        with pytest.raises(SecondPerson):
            banked(lot, ben)
        with pytest.raises(IntegrityError), transaction.atomic():
            Lot.objects.filter(pk=lot.pk).update(checked_by=ben.person_id)
        with pytest.raises(IntegrityError), transaction.atomic():
            Lot.objects.filter(pk=lot.pk).update(state="banked")

    def test_is_paid_after_the_check_only_once_and_to_the_fen(self, retired):
        _, eva, ben = retired
        lot = draw_up(eva, row(2))
        with pytest.raises(proxy.LotMoved):
            banked(lot, ben)
        proxy.check(lot=lot, actor=ben, now=NOW)
        for wrong in ({"amount_fen": 1}, {"number": "号"}, {"account": "1012"},
                      {"banked_on": TODAY + dt.timedelta(days=1)}):  # fmt: skip
            with pytest.raises(proxy.BankSlipInvalid):
                banked(lot, ben, **wrong)
        banked(lot, ben)
        with pytest.raises(proxy.LotMoved):
            banked(lot, ben)
        second = draw_up(eva, row(2, month=202610))
        proxy.check(lot=second, actor=ben, now=NOW)
        with pytest.raises(proxy.BankSlipTaken):
            banked(second, ben)

    def test_is_withdrawn_before_it_is_paid(self, retired):
        _, eva, ben = retired
        lot = draw_up(eva, row(2))
        proxy.withdraw(lot=lot, actor=eva, now=NOW)
        assert Slip.objects.get().state == "dropped"
        with pytest.raises(proxy.LotMoved):
            proxy.check(lot=lot, actor=ben, now=NOW)
        draw_up(eva, row(2))

    def test_is_seen_by_who_works_above_all_of_its_members(self, retired, beta):
        _, eva, ben = retired
        lot = draw_up(eva, row(2))
        assert reading.lot_for(eva, lot.pk, to=DuesPermission.COUNTER) == lot
        with pytest.raises(reading.LotNotFound):
            reading.lot_for(treasurer("00010002"), lot.pk, to=DuesPermission.COUNTER)
        with unit_context(beta.id), pytest.raises(reading.LotNotFound):
            reading.lot_for(ben, lot.pk, to=DuesPermission.COUNTER)

    def test_fifty_in_a_fixed_number_of_statements(self, retired, django_assert_max_num_queries):
        people, eva, ben = retired
        rows = reading.rows_of_entrusted(eva, [one.pk for one in people])
        assert [(one.member_id, one.month) for one in rows][:3] == [
            (rows[0].member_id, month) for month in MONTHS
        ]
        lot = draw_up(eva, *rows)
        proxy.check(lot=lot, actor=ben, now=NOW)
        with django_assert_max_num_queries(40):
            banked(lot, ben)
        assert Receipt.objects.count() == 2


class TestPages:
    @pytest.fixture
    def member(self, alpha):
        member = make_owing_member(*MONTHS, name="周一")
        member.phone_index = unit_cipher().index(PHONES[0], purpose="phone")
        member.save(update_fields=["phone_index"])
        return member

    @pytest.fixture
    def eva(self, alpha):
        return cast.officer(FacingClient(), alpha, role="secretary", scope="00010001", name="伊娃")

    @pytest.fixture
    def ben(self, alpha):
        return cast.officer(FacingClient(), alpha, role="treasurer", name="本")

    def test_the_desk_from_the_form_signed_to_the_receipts(self, member, eva, ben):
        found = eva.get("/dues/entrustments/", {"q": "周一"}).content.decode()
        assert "登记委托" in found
        signed = {"first": "2026-01", "last": "", "note": "2026-01-05 签署"}
        address = f"/dues/entrustments/{member.pk}/"
        assert eva.post(address, {**signed, "note": ""}).status_code == 422
        assert eva.post(address, signed).status_code == 302
        assert eva.get("/dues/proxy/", {"export": "xlsx"}).content[:2] == b"PK"
        assert "周一" in eva.get("/dues/proxy/new/").content.decode()
        form = {"title": "退休支部", "pick": member.pk}
        assert eva.post("/dues/proxy/new/", form).status_code == 422
        held = io.StringIO()
        held.write(",".join(proxy_files.COLUMNS) + "\n")
        held.write(f"周一,{PHONES[0]},2026-09,129.00\n周一,{PHONES[0]},2026-10,1.00\n")
        file = SimpleUploadedFile("名单.csv", held.getvalue().encode())
        both = {**form, "is_their_money": "on", "file": file}
        assert "两者选一" in eva.post("/dues/proxy/new/", both).content.decode()
        file.seek(0)
        sent = eva.post("/dues/proxy/new/", {"title": "", "is_their_money": "on", "file": file})
        lot = sent["Location"]
        page = eva.get(lot).content.decode()
        assert "与账单 129.00 元不等" in page
        assert eva.get(lot, {"export": "xlsx"}).content[:2] == b"PK"
        assert eva.post(f"{lot}check/").status_code == 403
        assert ben.post(f"{lot}check/").status_code == 302
        bank = {
            "account": "1001", "number": "HD-1", "banked_on": str(clock.today()), "amount": "1",
        }  # fmt: skip
        assert ben.post(f"{lot}bank/", bank).status_code == 422
        assert ben.post(f"{lot}bank/", {**bank, "amount": "129"}).status_code == 302
        assert Receipt.objects.get().member_id == member.pk
        assert "已存入专户" in ben.get("/dues/proxy/").content.decode()
        entrustment = Entrustment.objects.get()
        assert eva.post(f"/dues/entrustments/{entrustment.pk}/end/").status_code == 302

    def test_the_member_gives_and_ends_the_own_word(self, alpha, member):
        phone = cast.member(FacingClient(), alpha, member.pk)
        assert "未委托" in phone.get("/m/dues/entrust/").content.decode()
        phone.post("/m/dues/entrust/", {"act": "give"})
        assert "已委托" in phone.get("/m/dues/entrust/").content.decode()
        phone.post("/m/dues/entrust/", {"act": "end"})
        assert not Entrustment.objects.filter(is_current=True).exists()
        mine = "/api/v1/my/entrustment/"
        assert phone.post(mine).json()["way"] == "phone"
        assert phone.delete(mine).status_code == 200
        assert phone.delete(mine).status_code == 404

    def test_the_api(self, member, eva, ben):
        signed = {"member_id": str(member.pk), "first": "2026-01", "note": "2026-01-05 签署"}
        made = eva.post("/api/v1/dues/entrustments/", signed, "application/json")
        assert made.status_code == 201
        row_ = {"name": "周一", "key": PHONES[0], "month": "2026-09", "amount_fen": 12_900}
        given = {"is_their_money": True, "rows": [row_, {**row_, "month": "2026-12"}]}
        lot = eva.post("/api/v1/dues/batches/", given, "application/json").json()
        assert [one["row"] for one in lot["faults"]] == [2]
        one = f"/api/v1/dues/batches/{lot['id']}/"
        assert ben.post(f"{one}check/").json()["state"] == "checked"
        bank = {
            "account": "1001", "number": "HD-2", "banked_on": str(clock.today()),
            "amount_fen": 12_900,
        }  # fmt: skip
        entrustment = f"/api/v1/dues/entrustments/{made.json()['id']}/"
        assert eva.delete(entrustment).status_code == 200
        assert ben.post(f"{one}deposit/", bank, "application/json").json()["state"] == "banked"
        (line,) = eva.get(f"{one}lines/").json()["results"]
        assert line["state"] == "over"
        back = f"/api/v1/dues/batches/lines/{line['id']}/return/"
        done = ben.post(back, {"reason": "现金退还本人"}, "application/json")
        assert done.json()["state"] == "returned"
        assert len(eva.get("/api/v1/dues/batches/").json()["results"]) == 1
