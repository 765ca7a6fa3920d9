"""The pool's statement: channels' payouts matched, the rest explained, camt.053 handed in."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people.models import SecurityEvent
from shared_apps.settlement.channels.base import Entry
from shared_apps.settlement.models import Payout, StatementEntry
from shared_apps.settlement.selectors.pool import UnknownEntry
from shared_apps.settlement.services import fronts, reviewing, statements
from tests import cast
from tests.conftest import FacingClient
from tests.factories.settlement import MONDAY, NOW, POOL, confirmed, paid_out, staff
from tests.scenes import scene
from tests.shared_apps.settlement import camt_files as files

WHY = "开户行确认系测试汇款，已原路退回"


def _paid_out():
    confirmed()
    paid_out(123_456, number="PO1", on=MONDAY)


money = scene(_paid_out)


def come_in(fen, summary="", serial="A1"):
    with shared_context():
        statements.keep(
            entries=[Entry(serial, MONDAY, fen, "", "财付通", summary)], pool_account=POOL, now=NOW
        )
        return StatementEntry.objects.get(serial=serial)


def clerk():
    return staff("settlement_maker")


class TestMatch:
    def test_a_payout_is_known_by_its_number_and_amount(self, money):
        assert statements.is_wanted(now=NOW)
        entry = come_in(123_456, "渠道结算 PO1")
        assert (entry.state, entry.payout.number) == ("matched", "PO1")
        assert not statements.is_wanted(now=NOW)
        assert come_in(123_456, "渠道结算 PO1", "A2").state == "unmatched"
        assert come_in(123_455, "渠道结算 PO1", "A3").state == "unmatched"

    def test_one_payout_is_one_line(self, money):
        come_in(123_456, "渠道结算 PO1")
        other = come_in(123_456, "", "A2")
        with shared_context(), pytest.raises(IntegrityError), transaction.atomic():
            StatementEntry.objects.filter(pk=other.pk).update(
                state="matched", payout_id=Payout.objects.get().pk
            )

    def test_a_person_matches_what_bears_no_number(self, money):
        entry = come_in(123_456)
        with shared_context():
            payout = Payout.objects.get()
        with pytest.raises(reviewing.NotTheSame):
            reviewing.pair(entry_id=entry.pk, payout_id=uuid7(), actor=clerk(), now=NOW)
        done = reviewing.pair(entry_id=entry.pk, payout_id=payout.pk, actor=clerk(), now=NOW)
        assert (done.state, done.decided_by_name) == ("matched", "林晓岚")
        back = reviewing.release(entry_id=entry.pk, actor=clerk(), now=NOW)
        assert (back.state, back.payout_id, back.decided_by) == ("unmatched", None, None)


class TestExplain:
    def test_explains_takes_back_and_keeps_both(self, money):
        entry = come_in(700, "测试")
        reviewing.explain(entry_id=entry.pk, reason=WHY, actor=clerk(), now=NOW)
        with pytest.raises(reviewing.EntryDecided):
            reviewing.explain(entry_id=entry.pk, reason=WHY, actor=clerk(), now=NOW)
        reviewing.release(entry_id=entry.pk, actor=clerk(), now=NOW)
        with shared_context():
            codes = SecurityEvent.objects.filter(code__startswith="settlement.entry_")
            assert {one.code for one in codes} == {
                "settlement.entry_explained",
                "settlement.entry_released",
            }

    def test_refuses(self, money):
        entry = come_in(700)
        matched = come_in(123_456, "渠道结算 PO1", "A2")
        with pytest.raises(reviewing.EntryReasonNeeded):
            reviewing.explain(entry_id=entry.pk, reason=" 好 ", actor=clerk(), now=NOW)
        with pytest.raises(Forbidden):
            reviewing.explain(entry_id=entry.pk, reason=WHY, actor=staff("operator"), now=NOW)
        with pytest.raises(reviewing.EntryNotDecided):
            reviewing.release(entry_id=matched.pk, actor=clerk(), now=NOW)
        with pytest.raises(UnknownEntry):
            reviewing.explain(entry_id=uuid7(), reason=WHY, actor=clerk(), now=NOW)
        with shared_context(), pytest.raises(IntegrityError), transaction.atomic():
            StatementEntry.objects.filter(pk=entry.pk).update(state="explained")


class TestHandIn:
    def test_lines_are_kept_once(self, money):
        rows = [(123_456, files.entry("A1", 123_456, MONDAY, summary="渠道结算 PO1"))]
        content = files.statement(POOL, 0, rows)
        assert reviewing.hand_in(content=content, pool_account=POOL, actor=clerk(), now=NOW) == 1
        assert reviewing.hand_in(content=content, pool_account=POOL, actor=clerk(), now=NOW) == 0
        with shared_context():
            assert StatementEntry.objects.get().state == "matched"
        with pytest.raises(reviewing.StatementOfAnotherAccount):
            reviewing.hand_in(content=content, pool_account="1", actor=clerk(), now=NOW)
        with pytest.raises(Forbidden):
            reviewing.hand_in(content=content, pool_account=POOL, actor=staff("operator"), now=NOW)


class TestConsole:
    def test_handed_in_and_explained(self, money):
        kim = cast.staff(FacingClient(), "settlement_maker")
        rows = [(700, files.entry("A1", 700, MONDAY)), (5, files.entry("A2", 5, MONDAY))]
        content = files.statement(fronts.access().pool_account, 0, rows)
        address = "/settlement/statement/"
        file = SimpleUploadedFile("a.xml", content)
        assert kim.post(f"{address}hand-in/", {"file": file}).status_code == 302
        broken = SimpleUploadedFile("a.xml", content.replace(b"BOOK", b"PDNG"))
        refused = kim.post(f"{address}hand-in/", {"file": broken})
        assert refused.status_code == 422
        assert "第 1 笔的「Sts」" in refused.content.decode()
        assert "处理" in kim.get(address, {"view": "open"}).content.decode()
        with shared_context():
            entry = StatementEntry.objects.get(serial="A1")
        one = f"{address}{entry.pk}/"
        assert "登记说明" in kim.get(one).content.decode()
        assert kim.post(f"{one}pair/", {"payout": "x"}).status_code == 409
        assert kim.post(f"{one}explain/", {"reason": "短"}).status_code == 422
        assert kim.post(f"{one}explain/", {"reason": WHY}).status_code == 302
        assert WHY in kim.get(one).content.decode()
        assert kim.post(f"/api/v1{one}release/").json()["entry_state"] == "unmatched"
        given = {"data": {"reason": WHY}, "content_type": "application/json"}
        assert kim.post(f"/api/v1{one}explain/", **given).json()["reason"] == WHY
        assert len(kim.get(f"/api/v1{address}", {"view": "open"}).json()) == 1
        auditor = cast.staff(FacingClient(), "audit_admin")
        assert auditor.get(one).status_code == 200
        assert auditor.post(f"{one}release/").status_code == 403
