"""Special dues: called by the Centre, entered by the platform, voluntary, all of it handed up."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of, today
from kernel.unit import shared_context
from shared_apps.rules import services as rules
from shared_apps.rules.models import Campaign
from shared_apps.rules.selectors import campaigns as calls
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Contribution, HandUp
from tenant_apps.dues.models.contributions import NOBODY
from tenant_apps.dues.selectors import books as kept
from tenant_apps.dues.selectors import campaigns
from tenant_apps.dues.services import handing_up, voluntary
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import as_member, make_member, treasurer
from tests.tenant_apps.dues.test_pages import desk, phone
from tests.tenant_apps.dues.test_refunds import balances

OPERATOR = Actor.system("平台运营")


def enter(now, **how):
    facts = {
        "title": "支援灾区特殊党费",
        "document": "中组发〔2026〕1号",
        "cause": "支援抗震救灾",
        "opens_on": today(),
        "closes_on": today() + dt.timedelta(30),
    }
    with shared_context():
        return rules.enter_campaign(actor=OPERATOR, now=now, **facts | how)


@pytest.fixture
def call(alpha, wall):
    return enter(wall(), may_be_anonymous=True, suggested_fen=[10_000, 5_000])


@pytest.fixture
def give(cleo, channel, wall, pay, notify):
    def act(call, fen=10_000, *, member=cleo, **how):
        order = voluntary.start(
            member_id=member.id,
            amount_fen=fen,
            campaign=call,
            actor=as_member(member),
            now=wall(),
            **how,
        )
        notify(pay(order), event_id=f"EV-{order.out_trade_no}")
        return Contribution.objects.get(order_id=order.pk)

    return act


class TestTheCall:
    def test_has_a_number_and_its_document(self, call):
        assert (call.number, call.suggested_fen) == (1, [5_000, 10_000])
        assert calls.open_campaigns(today()) == [call]

    @pytest.mark.parametrize(
        "how",
        [
            {"document": " "},
            {"closes_on": dt.date(2020, 1, 1)},
            {"suggested_fen": [0]},
        ],
    )
    def test_is_refused_without_its_document_or_in_disorder(self, alpha, wall, how):
        with pytest.raises(rules.CampaignInvalid):
            enter(wall(), **how)

    def test_no_unit_writes_one(self, call):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            Campaign.objects.update(title="自行设立")

    def test_ended_early_takes_nothing_more(self, call, give, wall):
        with shared_context():
            rules.end_campaign(number=1, actor=OPERATOR, now=wall())
            with pytest.raises(rules.CampaignOver):
                rules.end_campaign(number=1, actor=OPERATOR, now=wall())
        with pytest.raises(campaigns.CampaignClosed):
            give(calls.campaign(1))
        assert not Contribution.objects.exists()


class TestGiving:
    def test_is_neither_income_nor_dues_and_goes_up_whole(self, call, give, cleo, wall, books):
        one = give(call, 150_000)
        assert (one.kind, one.campaign_id) == ("SPECIAL", call.pk)
        assert balances("2005", "2004", "4005", "4001") == [-150_000, 0, 0, 0]
        assert kept.standings(today(), today())[cleo.org_id].share_fen == 0
        assert selectors.unpaid_months(cleo.id).fen == 38_700
        ben, ada = treasurer(), treasurer(role="cashier")
        held = handing_up.draw_up(kind="SPECIAL", campaign_id=call.pk, actor=ben, now=wall())
        handing_up.confirm(
            held=held, bank="1001", paid_on=day_of(wall()), reference="1", actor=ada, now=wall()
        )
        assert balances("2005", "1001") == [0, -150_000]
        books()

    def test_totals_and_places_are_those_of_the_sub_tree(self, call, give):
        give(call), give(call, 5_000, is_anonymous=True)
        (line,) = campaigns.campaign_lines(treasurer())
        assert (line.count, line.fen, line.waiting_fen, line.is_open) == (2, 15_000, 15_000, True)
        assert campaigns.total_of_unit(call) == (2, 15_000)
        (nothing,) = campaigns.campaign_lines(treasurer("00010002"))
        assert (nothing.count, nothing.fen) == (0, 0)
        names = {one.giver for one in campaigns.given_to(treasurer(), call)}
        assert names == {"克莱", NOBODY}

    def test_nobody_is_unnamed_where_the_call_names_all(self, alpha, give, wall):
        assert not give(enter(wall()), is_anonymous=True).is_anonymous

    def test_a_special_sum_without_a_call_is_refused_by_the_database(self, call, give):
        one = give(call)
        with pytest.raises(IntegrityError), transaction.atomic():
            Contribution.objects.filter(pk=one.pk).update(campaign_id=None)


class TestPages:
    def test_from_the_console_to_the_phone_and_up(
        self, alpha, cleo, channel, pay, notify, call, give
    ):
        give(call, is_anonymous=True)
        me = cast.member(FacingClient(), alpha, cleo.id)
        assert call.title in me.get(phone("dues")).content.decode()
        page = me.get(phone("campaign", 1)).content.decode()
        assert "1 笔" in page
        assert "匿名" in page
        assert me.post(phone("campaign", 1), {"amount": "１０"}).status_code == 422
        answer = me.post(phone("campaign", 1), {"amount": "20", "is_anonymous": "on"})
        assert answer.status_code == 302
        assert me.get(phone("campaign", 9)).status_code == 404
        ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
        make_member(name="没交的人")
        assert call.title in ben.get(desk("campaigns")).content.decode()
        page = ben.get(desk("campaign", 1)).content.decode()
        assert NOBODY in page
        assert "没交的人" not in page
        assert "克莱" not in page
        assert ben.get(desk("campaign", 1), {"export": "xlsx"}).content[:2] == b"PK"
        listed = ben.get(desk("contributions")).content.decode()
        assert NOBODY in listed
        assert "克莱" not in listed
        assert "没有符合条件" in ben.get(desk("contributions"), {"q": "克莱"}).content.decode()
        assert ben.get("/api/v1/dues/campaigns/").json()[0]["fen"] == 10_000
        assert ben.post(desk("campaign_hand_up", 1)).status_code == 302
        assert HandUp.objects.get().amount_fen == 10_000

    def test_the_console_enters_and_ends_it(self, db):
        operator = cast.staff(FacingClient(), "operator")
        typed = {
            "title": "特殊党费", "document": "中组发〔2026〕1号", "cause": "支援灾区",
            "opens_on": f"{today()}", "closes_on": f"{today()}", "suggested": "50 一百",
        }  # fmt: skip
        assert operator.post("/campaigns/", typed).status_code == 422
        assert operator.post("/campaigns/", {**typed, "suggested": "50 100"}).status_code == 302
        assert "交纳中" in operator.get("/campaigns/").content.decode()
        assert operator.post("/campaigns/1/end/").status_code == 302
        assert "已结束" in operator.get("/campaigns/").content.decode()
        assert cast.staff(FacingClient(), "audit_admin").get("/campaigns/").status_code == 403
