"""Pages and API of metering: who sees what, in figures that let nobody find a person."""

import datetime as dt
import html
import io
import json

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.clock import Month, now, today
from kernel.unit import shared_context, unit_context
from shared_apps.usage.models import Drift, Report
from shared_apps.usage.selectors.outside import outside
from shared_apps.usage.services import outbox, rollups
from tenants.models import Unit
from tests import cast
from tests.conftest import FacingClient

pytestmark = pytest.mark.django_db


def text_of(response):
    assert response.status_code == 200, response.content
    return response.content.decode()


@pytest.fixture
def operator(db):
    return cast.staff(FacingClient(), "operator")


@pytest.fixture
def ada(alpha):
    return cast.officer(FacingClient(), alpha)


def report(unit, kind, **numbers):
    with unit_context(unit.id):
        outbox.emit(unit=unit, kind=kind, now=now(), **numbers)


@pytest.fixture
def furnished(alpha, beta):
    """Alpha with 40 members who pay, beta with three; another branch each."""
    month = Month.of(today()).value
    for unit, members, branch in ((alpha, 40, "彭城支行"), (beta, 3, "西湖支行")):
        with shared_context():
            Unit.objects.filter(pk=unit.pk).update(bank_branch=branch)
        report(unit, "members", delta=members)
        report(unit, "organizations", delta=2)
        report(unit, "bills", month=month, count=members, due_fen=members * 1_000)
        report(unit, "payments", month=month, count=1, paid_fen=1_000)
        report(unit, "activations", delta=members)
        report(unit, "sign_ins", delta=1)
    with shared_context():
        rollups.drain(now=now())
    return alpha, beta


class TestFigures:
    def test_show_sums_with_their_moment_and_how_far_behind(self, operator, furnished):
        page = text_of(operator.get("/usage/"))
        for words in ("用量与汇总", "数据截至", "上报已全部汇总", "查看数据表", "江苏省徐州市"):
            assert words in page
        assert "¥400.00" in page
        report(furnished[0], "members", delta=1)
        assert "另有 1 条上报待汇总" in text_of(operator.get("/usage/"))

    def test_hide_a_small_unit_and_its_money_in_every_sum(self, operator, furnished):
        page = text_of(operator.get("/usage/?by=branch"))
        assert "另有 1 家不足 5 人，未计入" in page
        assert "西湖支行" in page
        assert "430.00" not in page
        assert "¥30.00" not in page
        places = operator.get("/api/v1/usage/places/?by=branch").json()
        assert {one["key"]: (one["members"], one["due_fen"]) for one in places} == {
            "彭城支行": (40, 40_000),
            "西湖支行": (0, 0),
        }

    @pytest.mark.parametrize(
        "query", ["range=7", "range=90", "range=12m", "month=2026-10", "by=province",
                  "by=branch&sort=-paid", "sort=nonsense&page=99&range=x&month=y&by=z&size=5"],
    )  # fmt: skip
    def test_take_every_question(self, operator, furnished, query):
        assert "按地市" in text_of(operator.get(f"/usage/?{query}"))

    def test_lead_to_the_units_themselves(self, operator, furnished):
        page = text_of(operator.get("/usage/?by=branch"))
        assert "/fleet/?branch=%E5%BD%AD%E5%9F%8E%E6%94%AF%E8%A1%8C" in page
        assert "/fleet/?region=3203" in text_of(operator.get("/usage/"))

    def test_are_empty_without_units(self, operator, db):
        with shared_context():
            Unit.objects.all().delete()
        assert "还没有共建单位" in text_of(operator.get("/usage/"))

    def test_never_enter_a_units_schema(self, operator, furnished):
        with CaptureQueriesContext(connection) as queries:
            text_of(operator.get("/usage/"))
        for query in queries:
            assert not any(unit.schema_name in query["sql"] for unit in furnished)
        assert len(queries) <= 14

    def test_go_into_a_workbook(self, operator, furnished):
        answer = operator.get("/usage/export/")
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert book.sheetnames == ["合计", "按日", "按省份", "按地市", "按经办行"]
        rows = {row[0].value: row[3].value for row in book["按经办行"].iter_rows(min_row=2)}
        assert rows["西湖支行"] == 2
        members = {row[0].value: row[4].value for row in book["按经办行"].iter_rows(min_row=2)}
        assert (members["彭城支行"], members["西湖支行"]) == (40, 0)

    def test_are_an_api_too(self, operator, furnished):
        found = operator.get("/api/v1/usage/?range=7").json()
        assert (found["units"], found["members"], found["units_left_out"]) == (2, 40, 1)
        assert found["acts"]["payments"] == 2
        days = operator.get("/api/v1/usage/days/?range=7").json()
        assert len(days) == 7
        assert days[-1]["paid_fen"] == 1_000

    @pytest.mark.parametrize("role", ["outreach", "audit_admin", "security_admin", "system_admin"])
    def test_are_for_operators(self, role, db):
        other = cast.staff(FacingClient(), role)
        for address in ("/usage/", "/usage/export/", "/usage/corrections/", "/api/v1/usage/"):
            assert other.get(address).status_code == 403


class TestCorrections:
    def drift(self, unit, **values):
        row = {"metric": "members", "kept": 20, "found": 18, "at": now(), **values}
        with shared_context():
            return Drift.objects.create(unit_id=unit.id, unit_role=unit.schema_name, **row)

    def test_say_what_was_kept_and_what_was_found(self, operator, furnished):
        self.drift(furnished[0])
        self.drift(furnished[0], metric="due_fen", period=202611, kept=100, found=12_300)
        page = text_of(operator.get("/usage/corrections/"))
        for words in ("党员数", "更正较多的单位", "-2", "¥123.00", "+¥122.00", "2026 年 11 月"):
            assert words in page
        assert "没有更正" in text_of(operator.get(f"/usage/corrections/?unit={furnished[1].id}"))
        assert len(operator.get("/api/v1/usage/corrections/").json()) == 2

    def test_show_no_small_count_and_no_money_of_a_small_unit(self, operator, furnished):
        self.drift(furnished[0], kept=3)
        self.drift(furnished[1], metric="due_fen", period=202611, kept=777, found=888)
        page = text_of(operator.get("/usage/corrections/"))
        assert page.count("不足 5 人") >= 4
        assert "7.77" not in page
        assert "15" not in {
            one["kept"] for one in operator.get("/api/v1/usage/corrections/").json()
        }

    def test_say_that_there_are_none(self, operator, db):
        assert "没有更正" in text_of(operator.get("/usage/corrections/?unit=x&range=7"))

    def test_of_long_ago_are_asked_for(self, operator, furnished):
        self.drift(furnished[0], at=now() - dt.timedelta(days=60))
        assert "没有更正" in text_of(operator.get("/usage/corrections/"))
        assert "党员数" in text_of(operator.get("/usage/corrections/?range=90"))


class TestWhatThePlatformSees:
    def test_shows_every_field_its_value_outside_and_the_reports_as_sent(self, ada, furnished):
        page = text_of(ada.get("/outside/"))
        for words in ("党员数", "平台现值", "¥400.00", "上报原文", "只有数，没有人"):
            assert words in page
        assert "单位总览中的一行" in text_of(ada.get("/outside/?view=tables"))
        assert "按月合计" in text_of(ada.get("/outside/?view=sums"))
        reports = text_of(ada.get("/outside/?view=reports"))
        for words in ("&quot;delta&quot;: 40", "党员数 +40", "共 6 条"):
            assert words in reports

    def test_pages_and_filters_the_reports(self, ada, furnished):
        for number in range(12):
            report(furnished[0], "sign_ins", delta=number + 1)
        with shared_context():
            rollups.drain(now=now())
            Report.objects.filter(kind="activations").update(at=now() - dt.timedelta(days=70))
        first = text_of(ada.get("/outside/?view=reports"))
        assert first.count("查看原文") == 10
        assert text_of(ada.get("/outside/?view=reports&page=2")).count("查看原文") == 8
        logins = text_of(ada.get("/outside/?view=reports&kind=sign_ins&size=20"))
        assert logins.count("查看原文") == 13
        earlier = Month.of((now() - dt.timedelta(days=70)).date())
        assert earlier.label in first
        old = text_of(ada.get(f"/outside/?view=reports&month={earlier}"))
        assert old.count("查看原文") == 1
        none = text_of(ada.get(f"/outside/?view=reports&month={earlier}&kind=bills"))
        assert "没有符合条件的上报" in none
        assert text_of(ada.get("/outside/?view=reports&kind=x&month=y")).count("查看原文") == 10

    def test_gives_the_same_reports_to_programs(self, ada, furnished):
        found = ada.get("/api/v1/outside/reports/?kind=members").json()
        assert found["count"] == 1
        assert found["results"][0]["numbers"] == {"delta": 40}
        month = f"{Month.of(today())}"
        assert ada.get(f"/api/v1/outside/reports/?month={month}").json()["count"] == 6
        assert ada.get("/api/v1/outside/reports/?month=2020-01").json()["count"] == 0

    def test_is_printed_whole(self, ada, furnished):
        paper = text_of(ada.get("/outside/print/?kind=members"))
        for words in ("党员数 +40", "¥400.00", "单位总览中的一行", "（党员）"):
            assert words in paper
        assert "党员登录 +1" not in paper

    def test_is_taken_away_as_json(self, ada, furnished):
        found = json.loads(ada.get("/outside/download/").content)
        assert {"delta": 40} in [one["numbers"] for one in found["reports"]]
        values = {one["key"]: one["value_outside"] for one in found["numbers"]}
        assert values["members.delta"] == 40
        assert ada.get("/api/v1/outside/").json()["reports"] == found["reports"]

    def test_says_to_a_small_unit_that_it_is_hidden(self, furnished):
        page = text_of(cast.officer(FacingClient(), furnished[1]).get("/outside/"))
        assert "本单位党员不足 5 人" in page

    def test_shows_nothing_of_another_unit(self, furnished):
        alpha, beta = furnished
        with unit_context(beta.id):
            assert outside(alpha.id).total is None
            assert outside(alpha.id).reports == []
            assert outside(beta.id).total.members == 3
        page = text_of(cast.officer(FacingClient(), beta).get("/outside/"))
        assert "&quot;delta&quot;: 40" not in page
        client = cast.officer(FacingClient(), beta)
        for address in ("/outside/?view=reports", "/outside/print/", "/api/v1/outside/reports/"):
            told = html.unescape(text_of(client.get(address)))
            assert '"delta": 40' not in told
            assert '"delta":40' not in told
            assert '"delta": 3' in told or '"delta":3' in told

    def test_is_empty_before_anything_left(self, ada):
        assert "还没有上报" in text_of(ada.get("/outside/?view=reports"))

    @pytest.mark.parametrize("role", ["secretary", "treasurer"])
    def test_is_for_the_units_administrators(self, alpha, role):
        other = cast.officer(FacingClient(), alpha, role=role, scope="0001")
        for address in (
            "/outside/", "/outside/download/", "/outside/print/", "/api/v1/outside/",
            "/api/v1/outside/reports/",
        ):  # fmt: skip
            assert other.get(address).status_code == 403
