"""Migration waves for programs: the same calls as the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from shared_apps.fleet.permissions import FleetPermission
from tenants import ledger
from tenants.rollout import DriftFinding, StepState, Wave, WaveStep
from tenants.services import drift, runner, waves


class Why(Input):
    """The reason; kept with the act."""

    reason = serializers.CharField(max_length=300)


class StageShape(serializers.Serializer[Any]):
    stage = serializers.IntegerField()
    name = serializers.CharField(source="label")
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    seconds = serializers.FloatField()


class WaveShape(serializers.ModelSerializer[Wave]):
    """A wave with its counts."""

    total = serializers.IntegerField(read_only=True)
    done = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    skipped = serializers.IntegerField(read_only=True)

    class Meta:
        model = Wave
        fields = (
            "id", "number", "state", "reason", "from_position", "to_position", "to_version",
            "digest", "planned_at", "started_at", "finished_at", "total", "done", "failed",
            "skipped",
        )  # fmt: skip


class WaveDetail(WaveShape):
    """The same with its stages."""

    stages = serializers.SerializerMethodField()

    class Meta(WaveShape.Meta):
        fields = (*WaveShape.Meta.fields, "stages")  # type: ignore[assignment]

    @extend_schema_field(StageShape(many=True))
    def get_stages(self, wave: Wave) -> Any:
        return StageShape(ledger.stages_of(wave.pk), many=True).data


class StepShape(serializers.ModelSerializer[WaveStep]):
    """A row of the ledger."""

    class Meta:
        model = WaveStep
        fields = (
            "id", "unit_id", "schema_name", "is_pool", "stage", "position", "from_version",
            "state", "attempts", "seconds", "error", "started_at", "finished_at",
        )  # fmt: skip


class FindingShape(serializers.ModelSerializer[DriftFinding]):
    """A schema that is, or was, not what the template says."""

    class Meta:
        model = DriftFinding
        fields = (
            "id", "unit_id", "schema_name", "cause", "differences", "found_at", "checked_at",
            "resolved_at", "resolved_by", "resolution",
        )  # fmt: skip


def _reason(request: Request) -> str:
    given = Why(data=request.data)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["reason"])


def _page(request: Request, rows: Any, shape: Any, ordering: str) -> Response:
    pages: Any = Pages()
    pages.ordering = ordering
    found = pages.paginate_queryset(rows, request)
    answer: Response = pages.get_paginated_response(shape(found, many=True).data)
    return answer


class WaveList(Endpoint):
    """All waves, the latest first."""

    permission = FleetPermission.WAVES_VIEW

    @extend_schema(operation_id="waves_list", responses=WaveShape(many=True))
    def get(self, request: Request) -> Response:
        return _page(request, ledger.waves(), WaveShape, "-number")


class PlanWave(Endpoint):
    """Writes the ledger of the next wave; 200 with null when nothing is behind."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="waves_plan", request=None, responses=WaveDetail)
    def post(self, request: Request) -> Response:
        wave = waves.plan(actor=self.actor, now=clock.now())
        return Response(WaveDetail(ledger.wave(wave.pk)).data if wave else None)


class WaveOne(Endpoint):
    """One wave with its stages."""

    permission = FleetPermission.WAVES_VIEW

    @extend_schema(operation_id="waves_read", responses=WaveDetail)
    def get(self, request: Request, wave_id: UUID) -> Response:
        return Response(WaveDetail(ledger.wave(wave_id)).data)


class WaveSteps(Endpoint):
    """The ledger: ``?state=failed&stage=4&q=…``."""

    permission = FleetPermission.WAVES_VIEW

    @extend_schema(operation_id="waves_steps", responses=StepShape(many=True))
    def get(self, request: Request, wave_id: UUID) -> Response:
        given = request.query_params
        state, stage = given.get("state", ""), given.get("stage", "")
        steps = ledger.steps_of(
            ledger.wave(wave_id).pk,
            q=given.get("q", ""),
            state=state if state in StepState.values else "",
            stage=int(stage) if stage.isdigit() else None,
        )
        return _page(request, steps, StepShape, "position")


class StartWave(Endpoint):
    """Starts a wave, or goes on with a paused one."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="waves_start", request=None, responses=WaveDetail)
    def post(self, request: Request, wave_id: UUID) -> Response:
        waves.start(wave_id=wave_id, actor=self.actor, now=clock.now())
        runner.run.after_commit(wave_id=wave_id)
        return Response(WaveDetail(ledger.wave(wave_id)).data)


class PauseWave(Endpoint):
    """Takes no further unit."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="waves_pause", request=Why, responses=WaveDetail)
    def post(self, request: Request, wave_id: UUID) -> Response:
        waves.pause(wave_id=wave_id, reason=_reason(request), actor=self.actor, now=clock.now())
        return Response(WaveDetail(ledger.wave(wave_id)).data)


class EndWave(Endpoint):
    """Ends a wave for good; what it did not reach comes with the next one."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="waves_end", request=Why, responses=WaveDetail)
    def post(self, request: Request, wave_id: UUID) -> Response:
        waves.give_up(wave_id=wave_id, reason=_reason(request), actor=self.actor, now=clock.now())
        return Response(WaveDetail(ledger.wave(wave_id)).data)


class SkipStep(Endpoint):
    """Leaves one unit out of its wave and puts it into quarantine."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="waves_skip", request=Why, responses=StepShape)
    def post(self, request: Request, step_id: UUID) -> Response:
        waves.skip(step_id=step_id, reason=_reason(request), actor=self.actor, now=clock.now())
        return Response(StepShape(ledger.step(step_id)).data)


class FindingList(Endpoint):
    """Schemas in quarantine; ``?resolved=1``: those that were."""

    permission = FleetPermission.WAVES_VIEW

    @extend_schema(operation_id="drift_list", responses=FindingShape(many=True))
    def get(self, request: Request) -> Response:
        is_open = request.query_params.get("resolved") != "1"
        return _page(request, ledger.findings(is_open=is_open), FindingShape, "-found_at")


class CheckAll(Endpoint):
    """Sends the comparison of every schema to the worker; 202."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="drift_check", request=None, responses={202: None})
    def post(self, request: Request) -> Response:
        drift.check_nightly.after_commit()
        return Response(status=202)


class FindingOne(Endpoint):
    """What differs."""

    permission = FleetPermission.WAVES_VIEW

    @extend_schema(operation_id="drift_read", responses=FindingShape)
    def get(self, request: Request, finding_id: UUID) -> Response:
        return Response(FindingShape(ledger.finding(finding_id)).data)


class Recheck(Endpoint):
    """Compares this one schema now."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="drift_recheck", request=None, responses=FindingShape)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return Response(FindingShape(drift.recheck(finding_id=finding_id, now=clock.now())).data)


class Release(Endpoint):
    """Ends the quarantine by hand."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="drift_release", request=Why, responses=FindingShape)
    def post(self, request: Request, finding_id: UUID) -> Response:
        drift.release(
            finding_id=finding_id, reason=_reason(request), actor=self.actor, now=clock.now()
        )
        return Response(FindingShape(ledger.finding(finding_id)).data)
