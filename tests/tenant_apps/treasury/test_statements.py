"""The bank's statement as the third side: handed in, matched, explained, adjusted, counted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.clock import BEIJING, Month
from kernel.errors import Forbidden
from kernel.papers import Upload
from kernel.unit import unit_context
from shared_apps.reconciliation.models import Entry, Statement
from shared_apps.reconciliation.selectors.cases import differences
from shared_apps.reconciliation.services import statements as kept
from shared_apps.settlement.channels.camt053 import StatementNotBalanced
from tenant_apps.audit.models import Event
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.services import ledger
from tenant_apps.treasury.selectors import statements as reading
from tenant_apps.treasury.services import statements
from tests import cast
from tests.conftest import FacingClient
from tests.factories.settlement import CCB, NOW, confirmed, person
from tests.scenes import scene
from tests.shared_apps.settlement import camt_files as files

NUMBER = CCB.number.replace(" ", "")
NOVEMBER = Month(202611)
WHY = "开户行确认系当日冲正，已退回"


def post(account, fen, day, effect):
    """A line of the ledger on the account: income, or for negative fen expense."""
    sides = {"debit": chart.bank_account(account.pk), "credit": chart.INTEREST}
    if fen < 0:
        sides = {"debit": "5001", "credit": chart.bank_account(account.pk)}
    return ledger.post(
        **sides, amount_fen=abs(fen), effect=effect, memo=effect,
        at=dt.datetime.combine(day, dt.time(10), BEIJING),
    )  # fmt: skip


def _account():
    account = confirmed()
    post(account, 20_000, dt.date(2026, 11, 5), "interest")
    post(account, -3_000, dt.date(2026, 11, 10), "expense")
    return account


account = scene(_account)


def rows(*given):
    return [(fen, files.entry(key, fen, day)) for key, fen, day in given]


USUAL = (
    ("B1", 20_000, dt.date(2026, 11, 6)),
    ("B2", -3_000, dt.date(2026, 11, 10)),
)


def hand_in(account, *given, actor=None, opening=0, **how):
    content = files.statement(NUMBER, opening, rows(*given), **how)
    return statements.hand_in(
        account_id=account.pk, upload=Upload("a.xml", content), actor=actor or person(), now=NOW
    )


def entries():
    return {one.key: one for one in Entry.objects.all()}


class TestHandIn:
    def test_everything_fits_and_the_balances_are_the_same(self, account):
        statement = hand_in(account, *USUAL)
        assert {one.state for one in entries().values()} == {"matched"}
        sheet = reading.adjusted(account, NOVEMBER)
        assert (sheet.bank_fen, sheet.books_fen, sheet.difference_fen) == (17_000, 17_000, 0)
        assert (sheet.bank_only, sheet.books_only, sheet.unexplained_fen) == ([], [], 0)
        assert (differences().count, differences().banked_to) == (0, files.LAST)
        assert Event.objects.get(code="reconciliation.statement_handed_in").subject_id == (
            statement.pk
        )

    def test_what_only_one_side_has_adjusts_the_other(self, account):
        post(account, 700, dt.date(2026, 11, 30), "late interest")
        hand_in(account, *USUAL, ("B3", -50, dt.date(2026, 11, 20)))
        sheet = reading.adjusted(account, NOVEMBER)
        assert (sheet.bank_fen, sheet.books_fen) == (16_950, 17_700)
        assert [one.key for one in sheet.bank_only] == ["B3"]
        assert [one.fen for one in sheet.books_only] == [700]
        assert sheet.adjusted_bank_fen == sheet.adjusted_books_fen == 17_650
        assert (differences().count, differences().entries, differences().fen) == (1, 1, 50)

    def test_another_beginning_is_shown(self, account):
        hand_in(account, *USUAL, opening=100)
        sheet = reading.adjusted(account, NOVEMBER)
        assert (sheet.difference_fen, sheet.unexplained_fen) == (100, 100)

    def test_two_that_look_alike_wait_for_a_person(self, account):
        twin = post(account, 20_000, dt.date(2026, 11, 7), "twin")
        hand_in(account, *USUAL)
        one = entries()["B1"]
        assert one.state == "open"
        found = reading.candidates(one)
        assert {line.id for line in found} >= {twin.pk}
        assert len(found) == 2
        statements.pair(entry_id=one.pk, transfer_id=twin.pk, actor=person(), now=NOW)
        assert entries()["B1"].transfer_id == twin.pk

    def test_a_line_booked_later_is_matched_when_asked(self, account):
        hand_in(account, *USUAL, ("B3", 800, dt.date(2026, 11, 20)))
        post(account, 800, dt.date(2026, 11, 21), "found")
        assert statements.match_again(account_id=account.pk, actor=person(), now=NOW) == 1
        assert differences().count == 0

    def test_days_that_overlap_add_only_what_is_new(self, account):
        hand_in(account, USUAL[0], last=dt.date(2026, 11, 8))
        hand_in(account, *USUAL)
        assert set(entries()) == {"B1", "B2"}
        assert reading.adjusted(account, NOVEMBER).bank_fen == 17_000

    def test_the_next_month_joins_and_a_gap_is_refused(self, account):
        hand_in(account, *USUAL)
        december = {"first": dt.date(2026, 12, 1), "last": dt.date(2026, 12, 31)}
        with pytest.raises(kept.StatementMissing):
            hand_in(account, opening=17_001, **december)
        hand_in(account, opening=17_000, **december)
        october = {"first": dt.date(2026, 10, 1), "last": dt.date(2026, 10, 31)}
        with pytest.raises(kept.StatementMissing):
            hand_in(account, opening=5, **october)
        assert Statement.objects.count() == 2

    def test_refuses(self, account):
        hand_in(account, *USUAL)
        with pytest.raises(kept.StatementKnown):
            hand_in(account, *USUAL)
        with pytest.raises(kept.EntryChanged):
            hand_in(account, ("B1", 19_999, dt.date(2026, 11, 6)), USUAL[1], ("B9", 1, files.LAST))
        with pytest.raises(StatementNotBalanced):
            hand_in(account, *USUAL, closing=1)
        other = Upload("a.xml", files.statement("6222020000000001", 0, []))
        with pytest.raises(statements.StatementOfAnotherAccount):
            statements.hand_in(account_id=account.pk, upload=other, actor=person(), now=NOW)
        for who in (person("secretary"), person("treasurer", "00010002")):
            with pytest.raises(Forbidden):
                hand_in(account, *USUAL, actor=who)
        assert (Statement.objects.count(), Entry.objects.count()) == (1, 2)


class TestDecide:
    @pytest.fixture
    def odd(self, account):
        hand_in(account, *USUAL, ("B3", -50, dt.date(2026, 11, 20)))
        return entries()["B3"]

    def test_explained_and_taken_back_and_both_are_kept(self, odd):
        statements.explain(entry_id=odd.pk, reason=WHY, actor=person(), now=NOW)
        assert (entries()["B3"].state, differences().count) == ("explained", 0)
        with pytest.raises(statements.EntryDecided):
            statements.explain(entry_id=odd.pk, reason=WHY, actor=person(), now=NOW)
        statements.release(entry_id=odd.pk, actor=person(), now=NOW)
        assert (entries()["B3"].state, differences().count) == ("open", 1)
        codes = Event.objects.filter(subject_id=odd.pk).values_list("code", flat=True)
        assert sorted(codes) == [
            "reconciliation.entry_explained",
            "reconciliation.entry_released",
        ]

    def test_refuses(self, odd, account):
        taken = entries()["B1"].transfer_id
        with pytest.raises(statements.EntryReasonNeeded):
            statements.explain(entry_id=odd.pk, reason=" 好 ", actor=person(), now=NOW)
        with pytest.raises(statements.NotTheSame):
            statements.pair(entry_id=odd.pk, transfer_id=taken, actor=person(), now=NOW)
        with pytest.raises(statements.EntryNotDecided):
            statements.release(entry_id=odd.pk, actor=person(), now=NOW)
        with pytest.raises(Forbidden):
            statements.explain(
                entry_id=odd.pk, reason=WHY, actor=person("treasurer", "00010002"), now=NOW
            )

    def test_the_database_holds_an_entry_in_one_place(self, odd):
        taken = entries()["B1"].transfer_id
        for change in (
            {"state": "matched"},
            {"state": "explained"},
            {"transfer_id": taken},
            {"state": "matched", "transfer_id": taken},
            {"reason": "x"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Entry.objects.filter(pk=odd.pk).update(**change)

    def test_another_unit_finds_nothing(self, odd, beta):
        with unit_context(beta.id):
            assert not Entry.objects.exists()
            with pytest.raises(kept.EntryNotFound):
                statements.explain(entry_id=odd.pk, reason=WHY, actor=person(), now=NOW)


class TestInterfaces:
    @pytest.fixture
    def ann(self, alpha):
        return cast.officer(FacingClient(), alpha, role="treasurer", name="安")

    @pytest.fixture
    def upload(self, account, ann, tmp_path):
        def act(address, given, field="account"):
            path = tmp_path / "statement.xml"
            path.write_bytes(files.statement(NUMBER, 0, rows(*given)))
            with path.open("rb") as file:
                return ann.post(address, {field: account.pk, "file": file})

        return act

    def test_handed_in_and_settled_at_the_desk(self, upload, ann, account):
        odd = (*USUAL, ("B3", -50, dt.date(2026, 11, 20)))
        address = "/treasury/statements/"
        assert upload(address, odd).status_code == 302
        page = ann.get(address, {"month": "2026-11"}).content.decode()
        assert "调节后余额" in page
        assert "有未达账项" in page
        assert upload(address, odd).status_code == 409
        one = f"{address}entries/{entries()['B3'].pk}/"
        assert "登记说明" in ann.get(one).content.decode()
        assert ann.post(f"{one}pair/", {"transfer": "x"}).status_code == 409
        assert ann.post(f"{one}explain/", {"reason": "短"}).status_code == 422
        assert "银行未达账项（1 笔）" in ann.get("/treasury/reconciliation/").content.decode()
        assert ann.post(f"{one}explain/", {"reason": WHY}).status_code == 302
        assert WHY in ann.get(one).content.decode()
        assert ann.post(f"{one}release/").status_code == 302
        assert ann.post(f"{address}match/").status_code == 302

    def test_and_by_program(self, upload, ann):
        address = "/api/v1/treasury/statements/"
        odd = (*USUAL, ("B3", -50, dt.date(2026, 11, 20)))
        assert upload(address, odd, "account_id").status_code == 201
        assert ann.get(address).json()[0]["closing_fen"] == 16_950
        (told,) = ann.get(f"{address}entries/").json()
        one = f"{address}entries/{told['id']}/"
        given = {"data": {"reason": WHY}, "content_type": "application/json"}
        assert ann.post(f"{one}explain/", **given).json()["entry_state"] == "explained"
        assert ann.post(f"{one}release/").json()["entry_state"] == "open"
        given["data"] = {"transfer_id": told["id"]}
        assert ann.post(f"{one}pair/", **given).status_code == 409

    def test_who_keeps_a_part_only_sees_nothing(self, alpha, account):
        bob = cast.officer(FacingClient(), alpha, role="treasurer", scope="00010002", name="博")
        assert bob.get("/treasury/statements/").status_code == 403
