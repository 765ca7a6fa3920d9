"""The page of one unit: what is wrong, its figures, and one time line from many books."""

import datetime as dt

import pytest

from kernel.clock import now
from kernel.unit import shared_context
from shared_apps.fleet.models import RenamedPart, Renaming, WorkRetry
from shared_apps.fleet.selectors import time_line
from shared_apps.fleet.selectors.time_line import Kind
from shared_apps.support.models import Access
from shared_apps.usage.models import Drift
from tenants.archive.models import (
    Backup,
    BackupKind,
    BackupState,
    Restore,
    RestoreKind,
    RestoreState,
)
from tenants.models import Domain, Transition, UnitState
from tenants.rollout import DriftCause, DriftFinding, Stage, StepState, Wave, WaveStep
from tests import cast
from tests.conftest import FacingClient
from tests.shared_apps.fleet.test_list import text_of

NOW = now()


def days_ago(days):
    return NOW - dt.timedelta(days=days)


@pytest.fixture
def eventful(fleet):
    """Beta after a month in which everything happened once."""
    unit = fleet[1]
    with shared_context():
        number = Transition.objects.filter(unit=unit).count() + 1
        WorkRetry.objects.create(
            unit=unit, work="usage.recount", label="重新计数", actor_name="沈岚", at=days_ago(10)
        )
        Transition.objects.create(
            unit=unit,
            number=number,
            was=UnitState.TRIAL,
            to=UnitState.SUSPENDED,
            reason="协议到期未续",
            actor_name="沈岚",
            at=days_ago(9),
        )
        Renaming.objects.create(
            unit=unit,
            what=RenamedPart.NAME,
            was="淮湖港务局",
            to="淮湖港务集团",
            actor_name="沈岚",
            at=days_ago(8),
        )
        wave = Wave.objects.create(
            number=3,
            from_position=1,
            to_position=2,
            to_version="dues.0002",
            digest="d",
            planned_at=days_ago(7),
        )
        WaveStep.objects.create(
            wave=wave,
            unit_id=unit.pk,
            schema_name=unit.schema_name,
            stage=Stage.FEW,
            position=1,
            from_version="dues.0001",
            state=StepState.DONE,
            seconds=0.04,
            finished_at=days_ago(6),
        )
        DriftFinding.objects.create(
            unit_id=unit.pk,
            schema_name=unit.schema_name,
            cause=DriftCause.SHAPE,
            differences=[{}],
            found_at=days_ago(5),
            checked_at=days_ago(5),
            resolved_at=days_ago(4),
            resolved_by="沈岚",
            resolution="已改回",
        )
        backup = Backup.objects.create(
            unit=unit,
            kind=BackupKind.MANUAL,
            state=BackupState.DONE,
            reason="升级前",
            requested_by=unit.pk,
            requested_by_name="沈岚",
            requested_at=days_ago(3),
            finished_at=days_ago(3),
            storage_key="k",
            digest="d",
            bytes=3 * 1024 * 1024,
        )
        Restore.objects.create(
            unit=unit,
            backup=backup,
            kind=RestoreKind.DRILL,
            state=RestoreState.DONE,
            asked_by_name="定时任务",
            asked_at=days_ago(2),
            finished_at=days_ago(2),
            rows=1200,
        )
        Access.objects.create(
            unit=unit,
            operator_id=unit.pk,
            operator_name="顾清",
            office="运营中心",
            reason="核对十月账单的差异",
            asked_areas=["dues"],
            asked_hours=3,
            areas=["dues"],
            hours=3,
            asked_at=days_ago(1.5),
            deadline_at=days_ago(-1.5),
            clock_at=days_ago(1.5),
        )
        for metric in ("members", "paid_fen"):
            Drift.objects.create(
                unit_id=unit.pk,
                unit_role=unit.schema_name,
                metric=metric,
                kept=1,
                found=2,
                at=days_ago(1),
            )
    return unit


class TestTimeLine:
    def test_merges_every_book_newest_first(self, eventful):
        with shared_context():
            entries = time_line.of_unit(eventful).entries
        assert [entry.kind for entry in entries[:9]] == [
            Kind.FIGURES,
            Kind.SUPPORT,
            Kind.RESTORE,
            Kind.BACKUP,
            Kind.SCHEMA,
            Kind.SCHEMA,
            Kind.UPGRADE,
            Kind.NAME,
            Kind.STATE,
        ]
        assert entries == sorted(entries, key=lambda entry: entry.at, reverse=True)

    def test_says_what_happened_in_words(self, operator, eventful):
        page = text_of(operator.get(f"/fleet/{eventful.pk}/"))
        for words in (
            "重试「重新计数」",
            "试用 → 暂停",
            "沈岚，协议到期未续",
            "单位名称改为「淮湖港务集团」",
            "第 3 波次：已升级",
            "升级到 dues.0002，用时 0.04 秒",
            "隔离",
            "解除隔离",
            "手动备份已完成",
            "升级前，3.0 MB",
            "演练已完成",
            "申请支持访问",
            "1,200 行",
            "党员数、已交党费",
        ):
            assert words in page

    @pytest.mark.parametrize("kind", Kind.values)
    def test_can_be_narrowed_to_one_kind(self, operator, eventful, kind):
        answer = operator.get(f"/api/v1/fleet/units/{eventful.pk}/time-line/?kind={kind}").json()
        assert answer["results"]
        assert {entry["kind"] for entry in answer["results"]} == {kind}
        assert operator.get(f"/fleet/{eventful.pk}/?kind={kind}").status_code == 200

    def test_has_pages_that_neither_lose_nor_repeat(self, operator, eventful, monkeypatch):
        monkeypatch.setattr(time_line, "PAGE", 3)
        with shared_context():
            whole = time_line.of_unit(eventful, page=1).entries
            pages = [time_line.of_unit(eventful, page=number) for number in (1, 2, 3)]
        assert [len(page.entries) for page in pages][:2] == [3, 3]
        moments = [entry.at for page in pages for entry in page.entries]
        assert moments == sorted(moments, reverse=True)
        assert len(set(moments)) == len(moments)
        assert pages[0].has_more
        assert whole == pages[0].entries
        page = text_of(operator.get(f"/fleet/{eventful.pk}/?page=2"))
        assert "较新" in page
        assert "更早" in page

    @pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", ""])
    def test_odd_pages_are_answered(self, operator, eventful, page):
        assert operator.get(f"/fleet/{eventful.pk}/?page={page}&kind=none").status_code == 200

    def test_tells_of_no_other_unit(self, operator, eventful, fleet):
        page = text_of(operator.get(f"/fleet/{fleet[0].pk}/"))
        for words in ("协议到期未续", "淮湖港务", "第 3 波次", "手动备份"):
            assert words not in page


class TestPage:
    def test_lists_the_troubles_and_the_score(self, operator, fleet):
        page = text_of(operator.get(f"/fleet/{fleet[1].pk}/"))
        for words in ("需要关注", "3 项，异常分", "208", "服务出错", "落后 2 步", "少于 5"):
            assert words in page
        assert "一切正常" in text_of(operator.get(f"/fleet/{fleet[0].pk}/"))

    def test_lists_addresses_and_those_given_up(self, operator, fleet):
        with shared_context():
            Domain.objects.create(tenant=fleet[0], domain="old.test", retired_at=days_ago(2))
        page = text_of(operator.get(f"/fleet/{fleet[0].pk}/"))
        assert "old.test" in page
        assert "期满前指引到新地址" in page

    def test_leads_to_the_opening_page_whoever_may_see_it(self, operator, auditor, fleet):
        address = f'href="/units/{fleet[0].pk}/"'
        assert address in text_of(operator.get(f"/fleet/{fleet[0].pk}/"))
        assert address not in text_of(auditor.get(f"/fleet/{fleet[0].pk}/"))

    def test_shows_no_person_of_the_unit(self, operator, fleet):
        cast.officer(FacingClient(), fleet[0], name="卫澄")
        assert "卫澄" not in text_of(operator.get(f"/fleet/{fleet[0].pk}/"))
