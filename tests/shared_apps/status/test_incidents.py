"""Incidents: what was said stands, and what everybody sees follows, database or not."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from kernel.unit import shared_context
from shared_apps.status.models import Component, Incident, IncidentUpdate
from shared_apps.status.selectors import health, notices
from shared_apps.status.selectors.health import Level
from shared_apps.status.services import incidents, publishing
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member
from tests.shared_apps.status.conftest import MINUTE, NOW

pytestmark = pytest.mark.django_db


def report(actor, **changes):
    given = {
        "title": "支付结果显示延迟",
        "component": "payment",
        "severity": "degraded",
        "text": "付款成功后，结果可能晚几分钟显示。",
        "now": NOW,
        **changes,
    }
    return incidents.report(actor=actor, **given)


class TestSaying:
    def test_opens_with_words_adds_and_ends(self, actor):
        made = report(actor)
        incidents.add_update(
            incident_id=made.pk, text="已定位原因。", severity="down", actor=actor, now=NOW + MINUTE
        )
        incidents.resolve(incident_id=made.pk, text="已恢复。", actor=actor, now=NOW + 2 * MINUTE)
        made.refresh_from_db()
        assert (made.severity, made.resolved_at) == ("down", NOW + 2 * MINUTE)
        said = [(one.text, one.actor_name) for one in made.updates.all()]
        assert said == [
            ("已恢复。", "顾清"), ("已定位原因。", "顾清"),
            ("付款成功后，结果可能晚几分钟显示。", "顾清"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"title": " 短 "}, incidents.IncidentWords),
            ({"text": ""}, incidents.IncidentWords),
            ({"text": "长" * 501}, incidents.IncidentWords),
            ({"component": "weather"}, incidents.UnknownChoice),
            ({"severity": "terrible"}, incidents.UnknownChoice),
        ],
    )
    def test_refuses_what_says_nothing(self, actor, changes, refusal):
        with pytest.raises(refusal):
            report(actor, **changes)
        assert not Incident.objects.exists()

    def test_one_that_is_over_is_over(self, actor):
        made = report(actor)
        incidents.resolve(incident_id=made.pk, text="已恢复。", actor=actor, now=NOW)
        with pytest.raises(incidents.IncidentOver):
            incidents.add_update(incident_id=made.pk, text="还有", actor=actor, now=NOW)
        with pytest.raises(incidents.IncidentOver):
            incidents.resolve(incident_id=made.pk, text="再次结束", actor=actor, now=NOW)

    def test_what_was_said_cannot_be_changed_in_the_database(self, actor):
        report(actor)
        with pytest.raises(DatabaseError), transaction.atomic():
            IncidentUpdate.objects.update(text="从未发生")

    def test_a_clock_that_went_back_ends_nothing_before_it_began(self, actor):
        made = report(actor)
        incidents.resolve(incident_id=made.pk, text="已恢复。", actor=actor, now=NOW - MINUTE)
        made.refresh_from_db()
        assert made.resolved_at == made.started_at
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.filter(pk=made.pk).update(resolved_at=NOW - MINUTE)


class TestEverybodySees:
    def test_the_worst_open_one_that_concerns_everybody(self, actor):
        assert notices.current() is None
        report(actor, title="维护提醒", severity="notice", is_for_everybody=True)
        worst = report(actor, title="支付中断", severity="down", is_for_everybody=True)
        report(actor, title="只是部分", severity="down")
        assert notices.current().title == "支付中断"
        incidents.resolve(incident_id=worst.pk, text="已恢复。", actor=actor, now=NOW + MINUTE)
        assert notices.current().title == "维护提醒"

    def test_on_desks_and_phones_and_no_longer_when_it_is_over(self, alpha, actor):
        member = make_owing_member(202611)
        desk = cast.officer(FacingClient(), alpha)
        phone = cast.member(FacingClient(), alpha, member.pk)
        with shared_context():
            made = report(actor, title="支付中断", severity="down", is_for_everybody=True)
        for client, address in ((desk, "/"), (phone, "/m/")):
            text = client.get(address).content.decode()
            assert "支付中断" in text
            assert "status.test" in text
        with shared_context():
            incidents.resolve(incident_id=made.pk, text="已恢复。", actor=actor, now=NOW)
        assert "支付中断" not in desk.get("/").content.decode()

    def test_a_cache_that_is_away_takes_no_page_with_it(self, alpha, monkeypatch):
        def broken(key):
            raise ConnectionError

        monkeypatch.setattr("kernel.cache.get_shared", broken)
        notices.forget()
        assert cast.officer(FacingClient(), alpha).get("/").status_code == 200


class TestThePublicPage:
    def ask(self, address="/"):
        return FacingClient().get(address, headers={"host": "status.test"})

    def test_asks_nobody_to_sign_in_and_names_no_unit(self, alpha, actor):
        with shared_context():
            report(actor)
        response = self.ask()
        text = response.content.decode()
        assert response.status_code == 200
        assert "支付结果显示延迟" in text
        assert "顾清" not in text
        assert alpha.name not in text
        assert "sign-in" not in text

    def test_says_so_when_all_is_well(self, db):
        assert "目前没有异常" in self.ask().content.decode()

    def test_the_same_for_programs(self, actor):
        report(actor)
        told = self.ask("/api/v1/status/").json()
        assert [one["title"] for one in told["current"]] == ["支付结果显示延迟"]
        assert {len(part["days"]) for part in told["parts"]} == {90}
        assert "顾清" not in str(told)

    def test_without_a_database_shows_the_last_copy_and_says_so(self, actor, monkeypatch):
        report(actor)
        publishing.publish(now=NOW)

        def away(*, now):
            raise DatabaseError

        monkeypatch.setattr(health, "snapshot", away)
        text = self.ask().content.decode()
        assert "系统暂时无法更新状态" in text
        assert "支付结果显示延迟" in text

    def test_without_a_copy_either_it_says_that(self, db, monkeypatch):
        def away(*, now):
            raise DatabaseError

        monkeypatch.setattr(health, "snapshot", away)
        response = self.ask()
        assert response.status_code == 503
        assert "暂时无法取得运行状态" in response.content.decode()
        assert self.ask("/api/v1/status/").status_code == 503

    def test_a_fresh_copy_asks_no_database(self, db):
        publishing.publish(now=NOW)
        with connection.execute_wrapper(_refuse):
            shown = publishing.latest(now=NOW + MINUTE)
        assert not shown.is_stale


def _refuse(execute, sql, params, many, context):
    raise AssertionError(sql)


class TestBars:
    def test_a_day_is_as_bad_as_its_worst(self, actor):
        made = report(actor, severity="degraded", now=NOW - 1440 * MINUTE)
        taken = health.snapshot(now=NOW)
        part = next(p for p in taken.parts if p.component == Component.PAYMENT)
        assert [day.level for day in part.days[-3:]] == [
            Level.UNKNOWN, Level.DEGRADED, Level.DEGRADED
        ]  # fmt: skip
        assert part.level is Level.DEGRADED
        incidents.add_update(
            incident_id=made.pk, text="已中断。", severity="down", actor=actor, now=NOW
        )
        part = next(p for p in health.snapshot(now=NOW).parts if p.component == Component.PAYMENT)
        assert part.level is Level.DOWN


class TestTheConsole:
    FORM = {
        "title": "支付结果显示延迟", "component": "payment", "severity": "degraded",
        "text": "付款成功后，结果可能晚几分钟显示。", "is_for_everybody": "on",
    }  # fmt: skip

    def test_an_operator_reports_updates_and_ends(self, operator):
        response = operator.post("/status/incidents/new/", self.FORM)
        made = Incident.objects.get()
        assert response["Location"] == f"/status/incidents/{made.pk}/"
        assert made.is_for_everybody
        page = response["Location"]
        assert operator.post(page, {"text": "已定位原因。"}).status_code == 302
        assert operator.post(f"{page}resolve/", {"text": "已恢复。"}).status_code == 302
        text = operator.get(page).content.decode()
        assert "已定位原因。" in text
        assert "已结束" in text
        assert operator.post(page, {"text": "还有"}).status_code == 409
        assert made.updates.count() == 3

    def test_shows_the_form_again_with_what_is_missing(self, operator):
        response = operator.post("/status/incidents/new/", {**self.FORM, "text": ""})
        assert response.status_code == 422
        assert not Incident.objects.exists()

    def test_an_auditor_reads_and_may_not_speak(self, auditor, actor):
        made = report(actor)
        page = f"/status/incidents/{made.pk}/"
        for address in ("/status/", "/status/incidents/", "/status/runs/", page):
            assert auditor.get(address).status_code == 200
        assert "发布事件" not in auditor.get("/status/").content.decode()
        assert auditor.get("/status/incidents/new/").status_code == 403
        assert auditor.post("/status/incidents/new/", self.FORM).status_code == 403
        assert auditor.post(page, {"text": "已定位原因。"}).status_code == 403
        assert auditor.post(f"{page}resolve/", {"text": "已恢复。"}).status_code == 403
        assert made.updates.count() == 1

    def test_an_outreach_officer_sees_nothing_of_it(self, outreach):
        assert outreach.get("/status/").status_code == 403

    def test_the_same_acts_for_programs(self, operator, auditor):
        given = {**self.FORM, "is_for_everybody": False}
        made = operator.post("/api/v1/status/incidents/", given, content_type="application/json")
        assert made.status_code == 201
        page = f"/api/v1/status/incidents/{made.json()['id']}/"
        for client, status in ((auditor, 403), (operator, 200)):
            assert (
                client.post(
                    page, {"text": "已定位原因。"}, content_type="application/json"
                ).status_code
                == status
            )
            assert (
                client.post(
                    f"{page}resolve/", {"text": "已恢复。"}, content_type="application/json"
                ).status_code
                == status
            )
        told = auditor.get(page).json()
        assert told["updates"][0]["text"] == "已恢复。"
        assert auditor.get("/api/v1/status/incidents/").json()[0]["id"] == told["id"]
        again = operator.post(page, {"text": "还有"}, content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "incident_over")
