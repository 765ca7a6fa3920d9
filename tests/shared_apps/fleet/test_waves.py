"""Pages and endpoints of waves and drift: who sees them, who acts, what an act leaves behind."""

import json
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest

from kernel.clock import now
from tenants.models import TemplateStep, Unit
from tenants.rollout import DriftFinding, Wave, WaveState, WaveStep
from tenants.services import drift, runner
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    return cast.staff(client, "operator")


@pytest.fixture
def outreach(client):
    return cast.staff(client, "outreach")


@pytest.fixture
def wave(db):
    """Paused at alpha, with beta and fifty schemas of the pool still to come."""
    newest = TemplateStep.objects.order_by("-position").first()
    made = Wave.objects.create(
        number=7, from_position=newest.position, to_position=newest.position,
        to_version=newest.migration, digest="0" * 64, state=WaveState.PAUSED,
        reason="「alpha单位」升级失败", planned_at=now(),
    )  # fmt: skip
    units = list(Unit.objects.order_by("label"))
    rows = [(unit.pk, unit.schema_name, False) for unit in units]
    rows += [(uuid4(), f"t_{number:026d}".replace("0", "a"), True) for number in range(50)]
    for position, (unit_id, schema, is_pool) in enumerate(rows, start=1):
        WaveStep.objects.create(
            wave=made, unit_id=unit_id, schema_name=schema, is_pool=is_pool,
            stage=1 if position == 1 else 4, position=position, from_version="x",
        )  # fmt: skip
    WaveStep.objects.filter(position=1).update(
        state="failed", error='column "place" already exists', seconds=0.25, attempts=1
    )
    return made


@pytest.fixture
def finding(db):
    alpha = Unit.objects.get(label="alpha")
    return DriftFinding.objects.create(
        unit_id=alpha.pk, schema_name=alpha.schema_name, cause="shape", found_at=now(),
        checked_at=now(), differences=[
            {"kind": "index", "item": "by_hand", "expected": "", "found": "CREATE INDEX by_hand"}
        ],
    )  # fmt: skip


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200, response.content.decode()[:400]
    return response.content.decode()


class TestLooking:
    def test_the_list_when_there_is_none(self, operator):
        assert "还没有升级波次" in page(operator, "/fleet/waves/")

    def test_the_list_shows_state_and_counts(self, operator, wave):
        text = page(operator, "/fleet/waves/")
        assert "波次 7" in text
        assert "已暂停" in text
        assert "0 / 52" in text
        assert f"/fleet/waves/{wave.pk}/" in text

    def test_a_wave_shows_stages_ledger_error_and_sql(self, operator, wave):
        text = page(operator, f"/fleet/waves/{wave.pk}/")
        for said in ("alpha单位", "先行单位", "25%", "already exists", "0.250 秒", wave.reason):
            assert said in text
        assert "CREATE TABLE" in text or "ALTER TABLE" in text

    def test_search_filter_and_paging(self, operator, wave):
        address = f"/fleet/waves/{wave.pk}/"
        text = page(operator, f"{address}?q=beta")
        assert "beta单位" in text
        assert "备用结构" not in text
        text = page(operator, f"{address}?state=failed")
        assert "alpha单位" in text
        assert "beta单位" not in text
        assert page(operator, f"{address}?size=20").count("备用结构") == 18
        assert page(operator, f"{address}?size=20&page=3").count("备用结构") == 12
        assert "没有符合条件的单位" in page(operator, f"{address}?q=nobody")

    def test_sorting_by_state(self, operator, wave):
        address = f"/fleet/waves/{wave.pk}/?size=20&sort="
        assert "alpha单位" in page(operator, f"{address}state")
        assert "alpha单位" not in page(operator, f"{address}-state").partition("台账")[2]

    def test_the_ledger_as_a_workbook(self, operator, wave):
        response = operator.get(f"/fleet/waves/{wave.pk}/export/?state=failed")
        assert response["Content-Disposition"].endswith(".xlsx")
        with ZipFile(BytesIO(response.content)) as book:
            text = "".join(book.read(name).decode() for name in book.namelist() if "xml" in name)
        assert "alpha单位" in text
        assert "beta单位" not in text

    def test_the_part_that_polls_asks_for_the_page_when_the_wave_has_ended(self, operator, wave):
        address = f"/fleet/waves/{wave.pk}/standing/"
        assert operator.get(address)["HX-Refresh"] == "true"
        Wave.objects.update(state=WaveState.RUNNING)
        response = operator.get(address)
        assert "HX-Refresh" not in response
        assert f'hx-get="{address}"' in response.content.decode()

    def test_drift_and_a_finding(self, operator, finding):
        assert "alpha单位" in page(operator, "/fleet/drift/")
        text = page(operator, f"/fleet/drift/{finding.pk}/")
        for said in ("索引", "by_hand", "没有", "CREATE INDEX by_hand", "隔离中"):
            assert said in text
        assert "还没有解除过隔离" in page(operator, "/fleet/drift/?view=resolved")
        assert "没有符合条件的单位" in page(operator, "/fleet/drift/?q=nobody")

    def test_nothing_drifted(self, operator):
        assert "没有隔离中的单位" in page(operator, "/fleet/drift/")

    def test_unknown_ids_are_not_found(self, operator):
        for address in (f"waves/{uuid4()}/", f"drift/{uuid4()}/", f"waves/steps/{uuid4()}/skip/"):
            assert operator.get(f"/fleet/{address}").status_code == 404


class TestActing:
    def test_starting_sends_the_job_and_is_recorded(
        self, operator, wave, monkeypatch, django_capture_on_commit_callbacks
    ):
        sent = []
        monkeypatch.setattr(runner.run.task, "apply_async", lambda **k: sent.append(k))
        with django_capture_on_commit_callbacks(execute=True):
            assert operator.post(f"/fleet/waves/{wave.pk}/start/").status_code == 302
        assert [(one["kwargs"], one["queue"]) for one in sent] == [({"wave_id": wave.pk}, "bulk")]
        wave.refresh_from_db()
        assert wave.state == WaveState.RUNNING
        assert not wave.steps.filter(state="failed").exists(), "what failed is tried again"
        assert wave.events.get().what == "继续"
        assert wave.events.get().actor_id is not None

    def test_pausing(self, operator, wave):
        Wave.objects.update(state=WaveState.RUNNING)
        operator.post(f"/fleet/waves/{wave.pk}/pause/")
        wave.refresh_from_db()
        assert wave.state == WaveState.PAUSED
        assert operator.post(f"/fleet/waves/{wave.pk}/pause/").status_code == 409

    def test_ending_asks_for_a_reason(self, operator, wave):
        address = f"/fleet/waves/{wave.pk}/end/"
        assert "不能继续" in page(operator, address)
        assert operator.post(address, {"reason": "x"}).status_code == 422
        assert operator.post(address, {"reason": "换一个版本"}).status_code == 302
        wave.refresh_from_db()
        assert (wave.state, wave.reason) == (WaveState.FAILED, "换一个版本")
        assert operator.post(address, {"reason": "换一个版本"}).status_code == 409

    def test_skipping_puts_the_unit_into_quarantine(self, operator, wave):
        step = wave.steps.first()
        address = f"/fleet/waves/steps/{step.pk}/skip/"
        assert "already exists" in page(operator, address)
        assert operator.post(address, {"reason": "单独处理"}).status_code == 302
        step.refresh_from_db()
        assert step.state == "skipped"
        assert DriftFinding.objects.get(unit_id=step.unit_id).cause == "wave"
        assert "单独处理" in wave.events.get().detail
        assert operator.post(address, {"reason": "单独处理"}).status_code == 409

    def test_planning_when_nothing_is_behind_says_so(self, operator, db):
        assert operator.post("/fleet/waves/plan/")["Location"] == "/fleet/waves/"
        assert not Wave.objects.exists()

    def test_planning(self, operator, db):
        Unit.objects.filter(label="alpha").update(
            schema_version=TemplateStep.objects.order_by("position").first().migration
        )
        response = operator.post("/fleet/waves/plan/")
        made = Wave.objects.get()
        assert response["Location"] == f"/fleet/waves/{made.pk}/"
        assert [step.unit_id for step in made.steps.filter(is_pool=False)] == [
            Unit.objects.get(label="alpha").pk
        ]

    def test_rechecking_a_schema_that_is_as_it_should_be_ends_the_quarantine(
        self, operator, finding
    ):
        operator.post(f"/fleet/drift/{finding.pk}/recheck/")
        finding.refresh_from_db()
        assert finding.resolved_by == "自动核对"

    def test_releasing_asks_for_a_reason(self, operator, finding):
        address = f"/fleet/drift/{finding.pk}/release/"
        assert operator.post(address, {"reason": ""}).status_code == 422
        assert operator.post(address, {"reason": "与单位确认保留"}).status_code == 302
        finding.refresh_from_db()
        assert finding.resolution == "与单位确认保留"
        assert operator.post(address, {"reason": "与单位确认保留"}).status_code == 409

    def test_checking_everything_is_a_job(
        self, operator, monkeypatch, django_capture_on_commit_callbacks
    ):
        sent = []
        monkeypatch.setattr(
            drift.check_nightly.task, "apply_async", lambda **k: sent.append(k["queue"])
        )
        with django_capture_on_commit_callbacks(execute=True):
            operator.post("/fleet/drift/check/")
        assert sent == ["bulk"]


ACTS = (
    "waves/plan/",
    "waves/{w}/start/",
    "waves/{w}/pause/",
    "waves/{w}/end/",
    "waves/steps/{s}/skip/",
    "drift/check/",
    "drift/{f}/recheck/",
    "drift/{f}/release/",
)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("root", ["/fleet/", "/api/v1/fleet/"])
def test_outreach_may_look_and_not_act(outreach, wave, finding, act, root):
    assert outreach.get("/fleet/waves/").status_code == 200
    assert "继续" not in page(outreach, f"/fleet/waves/{wave.pk}/").partition("将执行的")[0]
    address = root + act.format(w=wave.pk, s=wave.steps.first().pk, f=finding.pk)
    assert outreach.post(address, {"reason": "没有权限的人"}).status_code == 403
    wave.refresh_from_db()
    finding.refresh_from_db()
    assert (wave.state, finding.resolved_at) == (WaveState.PAUSED, None)


class TestApi:
    def read(self, client, address):
        response = client.get(f"/api/v1/fleet/{address}")
        assert response.status_code == 200, response.content
        return response.json()

    def test_reading(self, operator, wave, finding):
        assert self.read(operator, "waves/")["results"][0]["total"] == 52
        one = self.read(operator, f"waves/{wave.pk}/")
        assert [stage["total"] for stage in one["stages"]] == [1, 0, 0, 51]
        steps = self.read(operator, f"waves/{wave.pk}/steps/?state=failed")["results"]
        assert [step["error"] for step in steps] == ['column "place" already exists']
        assert self.read(operator, "drift/")["results"][0]["id"] == str(finding.pk)
        assert self.read(operator, f"drift/{finding.pk}/")["differences"][0]["item"] == "by_hand"

    def test_acting(self, operator, wave, finding):
        def post(address, **body):
            response = operator.post(
                f"/api/v1/fleet/{address}", json.dumps(body), content_type="application/json"
            )
            return response.status_code, response.json() if response.content else None

        step = wave.steps.first()
        code, said = post(f"waves/steps/{step.pk}/skip/", reason="单独处理")
        assert (code, said["state"]) == (200, "skipped")
        assert post(f"waves/{wave.pk}/start/")[1]["state"] == "running"
        assert post(f"waves/{wave.pk}/pause/", reason="先看看")[1]["state"] == "paused"
        code, said = post(f"waves/{wave.pk}/end/", reason="x")
        assert (code, said["code"]) == (422, "reason_missing")
        assert post(f"waves/{wave.pk}/end/", reason="换一个版本")[1]["state"] == "failed"
        assert post("waves/plan/") == (200, None)
        assert post(f"drift/{finding.pk}/release/", reason="与单位确认")[1]["resolved_at"]
        assert post("drift/check/")[0] == 202
