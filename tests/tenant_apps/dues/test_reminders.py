"""Reminding members of open dues: whom it reaches, once in three days, in one's own sub-tree."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel import clock
from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.unit import shared_context
from shared_apps.delivery.models import Message
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.selectors.reminders import AGAIN_AFTER, Owing, Standing, standing_of
from tenant_apps.dues.services import reminding
from tenant_apps.members.models import Member
from tenant_apps.members.services.sealing import Sealer
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import NOW, make_member, make_owing_member, treasurer
from tests.locked import holding

THIS_MONTH = Month.of(clock.today()).value
LATER = NOW + AGAIN_AFTER


def with_phone(member: Member, number: str = "13800000001") -> Member:
    sealed = Sealer().phone(number)
    member.phone_sealed, member.phone_index, member.phone_masked = sealed
    member.save()
    return member


def messages() -> list[Message]:
    with shared_context():
        return list(Message.objects.filter(purpose="dues"))


class TestRule:
    @pytest.mark.parametrize(
        ("changed", "standing"),
        [
            ({}, Standing.TELL),
            ({"owes": False}, Standing.CLEAR),
            ({"is_paying": True}, Standing.PAYING),
            ({"has_phone": False}, Standing.NO_PHONE),
            ({"last": NOW - AGAIN_AFTER}, Standing.TELL),
            ({"last": NOW - AGAIN_AFTER + dt.timedelta(seconds=1)}, Standing.RECENT),
            ({"last": NOW, "has_phone": False}, Standing.RECENT),
        ],
    )
    def test_of_one_member(self, changed, standing):
        facts = {"has_phone": True, "owes": True, "is_paying": False, "last": None}
        assert standing_of(**facts | changed, now=NOW) is standing

    @pytest.mark.parametrize(
        ("months", "words"),
        [
            ((202611,), "2026 年 11 月"),
            ((202609, 202610, 202611), "2026 年 9 月至 11 月"),
            ((202606, 202608, 202610, 202611), "2026 年 6 月等 4 个月"),
        ],
    )
    def test_says_the_months_shortly(self, months, words):
        assert Owing(None, Standing.TELL, months=months).words == words


class TestRemind:
    def test_tells_who_owes_once_and_says_who_is_left_out(self, alpha):
        told = with_phone(make_owing_member(202610, 202611, name="王一"))
        mute = make_owing_member(202611, path="00010002", name="无机")
        clear = make_member(name="已清")
        ahead = with_phone(make_owing_member(202612, path="00010003", name="预出"), "13800000002")
        chosen, actor = [told, mute, clear, ahead], treasurer()
        shown = reminding.preview(members=chosen, now=NOW)
        assert messages() == [] and not Bill.objects.filter(reminded_at__isnull=False).exists()
        with holding("dues_bill"):
            done = reminding.remind(members=chosen, actor=actor, now=NOW)
        assert shown.counts == done.counts == {"no_phone": 1, "clear": 2}
        assert [one.member for one in done.told] == [told] and done.fen == 25_800
        assert "2026 年 10 月至 11 月党费共 258.00 元" in reminding.sample(done.told[0])
        assert [one.phone_masked for one in messages()] == ["138****0001"]
        assert set(Bill.objects.filter(reminded_at=NOW).values_list("member_id", flat=True)) == {
            told.pk
        }
        event = audit.events_about(actor.unit_id).get(code="dues.reminded")
        assert event.data["messages"] == 1 and event.data["left_out"] == {"no_phone": 1, "clear": 2}
        with pytest.raises(reminding.NobodyToRemind):
            reminding.remind(members=chosen, actor=actor, now=LATER - dt.timedelta(seconds=1))
        assert len(reminding.remind(members=chosen, actor=actor, now=LATER).told) == 1

    def test_refuses_somebody_elses_members_and_too_many(self, alpha, monkeypatch):
        member = with_phone(make_owing_member(path="00010001"))
        with pytest.raises(Forbidden):
            reminding.remind(members=[member], actor=treasurer("00010002"), now=NOW)
        monkeypatch.setattr(reminding, "MOST_AT_ONCE", 0)
        with pytest.raises(reminding.TooManyToRemind):
            reminding.preview(members=[member], now=NOW)
        assert messages() == []


class TestPages:
    def test_from_the_list_to_the_message(self, alpha):
        member = with_phone(make_owing_member(THIS_MONTH, name="王一"))
        elsewhere = make_owing_member(THIS_MONTH, path="00010002", name="旁人")
        ben = cast.officer(FacingClient(), alpha, role="treasurer", scope="00010001")
        assert "提醒交纳" in ben.get("/members/").content.decode()
        everybody = {"all": "1", "address": "tab=bill_unpaid"}
        shown = ben.post("/dues/reminders/", everybody).content.decode()
        assert "将收到提醒短信" in shown and "旁人" not in shown and "129.00" in shown
        both = {"ids": f"{member.pk},{elsewhere.pk}", "address": "tab=bill_unpaid", "send": "1"}
        sent = ben.post("/dues/reminders/", both)
        assert sent.status_code == 302 and sent["Location"] == "/members/?tab=bill_unpaid"
        assert Bill.objects.filter(reminded_at__isnull=False).get().member == member
        assert "已提醒" in ben.get("/members/").content.decode()
        again = ben.post("/dues/reminders/", both)
        assert again.status_code == 422 and "3 天内已经提醒过" in again.content.decode()
        assert "还没有选择党员" in ben.get("/dues/reminders/").content.decode()

    def test_by_the_api(self, alpha):
        member = with_phone(make_owing_member(THIS_MONTH))
        ben = cast.officer(FacingClient(), alpha, role="treasurer")
        body = {"members": [str(member.pk)], "is_preview": True}
        address, form = "/api/v1/dues/reminders/", {"content_type": "application/json"}
        shown = ben.post(address, body, **form)
        assert (shown.status_code, shown.json()["told"], messages()) == (200, 1, [])
        done = ben.post(address, body | {"is_preview": False}, **form)
        assert (done.status_code, done.json()["fen"], len(messages())) == (201, 12_900, 1)
        Bill.objects.update(state=BillState.EXEMPT, exempt_reason="因病", exempt_approved_by="党委")
        refused = ben.post(address, body | {"is_preview": False}, **form)
        assert (refused.status_code, refused.json()["code"]) == (409, "dues_reminder_nobody")
