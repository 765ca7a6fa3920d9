"""Reading migration waves, their ledgers and the findings of the drift check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum

from kernel.errors import NotFound
from tenants.models import TemplateStep, Unit
from tenants.rollout import DriftFinding, Stage, StepState, Wave, WaveEvent, WaveStep


class UnknownWave(NotFound):
    code = "wave_unknown"
    sentence = "没有找到这个波次。"


class UnknownFinding(NotFound):
    code = "drift_unknown"
    sentence = "没有找到这条核对记录。"


class StageCounts(NamedTuple):
    """How far a wave is in one stage; ``seconds`` is work, summed over schemas."""

    stage: Stage
    total: int
    done: int
    failed: int
    skipped: int
    seconds: float

    @property
    def label(self) -> str:
        return str(self.stage.label)

    @property
    def through(self) -> int:
        return self.done + self.skipped

    @property
    def percent(self) -> int:
        return self.through * 100 // self.total if self.total else 100


class Named(NamedTuple):
    """Which unit a schema is."""

    name: str
    label: str


def waves() -> QuerySet[Wave]:
    """Every wave with its counts, the latest first."""
    return Wave.objects.annotate(
        total=Count("steps"),
        done=Count("steps", filter=Q(steps__state=StepState.DONE)),
        failed=Count("steps", filter=Q(steps__state=StepState.FAILED)),
        skipped=Count("steps", filter=Q(steps__state=StepState.SKIPPED)),
        slowest=Max("steps__seconds"),
    ).order_by("-number")


def latest() -> Wave | None:
    return Wave.objects.first()


def wave(wave_id: UUID) -> Wave:
    """With its counts; raises UnknownWave."""
    found = waves().filter(pk=wave_id).first()
    if found is None:
        raise UnknownWave
    return found


def stages_of(wave_id: UUID) -> list[StageCounts]:
    """Every stage in order, also one that holds nothing."""
    rows = (
        WaveStep.objects.filter(wave=wave_id)
        .order_by()
        .values("stage")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state=StepState.DONE)),
            failed=Count("pk", filter=Q(state=StepState.FAILED)),
            skipped=Count("pk", filter=Q(state=StepState.SKIPPED)),
            spent=Sum("seconds"),
        )
    )
    by_stage: dict[int, dict[str, Any]] = {row["stage"]: dict(row) for row in rows}
    return [_counts(stage, by_stage.get(stage.value, {})) for stage in Stage]


def _counts(stage: Stage, row: dict[str, Any]) -> StageCounts:
    done, total = int(row.get("done") or 0), int(row.get("total") or 0)
    failed, skipped = int(row.get("failed") or 0), int(row.get("skipped") or 0)
    return StageCounts(stage, total, done, failed, skipped, float(row.get("spent") or 0))


def steps_of(
    wave_id: UUID, *, q: str = "", state: str = "", stage: int | None = None
) -> QuerySet[WaveStep]:
    """The ledger; ``q`` is part of a unit's name, label or schema."""
    steps = WaveStep.objects.filter(wave=wave_id)
    if q:
        units = Unit.objects.filter(Q(name__icontains=q) | Q(label__icontains=q))
        steps = steps.filter(Q(unit_id__in=units.values("id")) | Q(schema_name__startswith=q))
    if state:
        steps = steps.filter(state=state)
    if stage:
        steps = steps.filter(stage=stage)
    return steps


def step(step_id: UUID) -> WaveStep:
    """Raises UnknownWave."""
    found = WaveStep.objects.select_related("wave").filter(pk=step_id).first()
    if found is None:
        raise UnknownWave
    return found


def events_of(wave_id: UUID) -> QuerySet[WaveEvent]:
    return WaveEvent.objects.filter(wave=wave_id)


def template_steps(first: int, last: int) -> QuerySet[TemplateStep]:
    """The steps from position ``first`` to ``last``, with their SQL."""
    return TemplateStep.objects.filter(position__gte=first, position__lte=last)


def newest_step() -> TemplateStep | None:
    return TemplateStep.objects.order_by("-position").first()


def names_of(unit_ids: Iterable[UUID]) -> dict[UUID, Named]:
    """What the units of some rows are called; a schema of the pool has no name."""
    rows = Unit.objects.filter(pk__in=list(unit_ids)).values_list("id", "name", "label")
    return {unit_id: Named(name, label) for unit_id, name, label in rows}


def canaries() -> QuerySet[Unit]:
    return Unit.objects.filter(is_canary=True)


def findings(*, q: str = "", is_open: bool | None = None) -> QuerySet[DriftFinding]:
    """What the drift check found, the latest first."""
    found = DriftFinding.objects.all()
    if is_open is not None:
        found = found.filter(resolved_at__isnull=is_open)
    if q:
        units = Unit.objects.filter(Q(name__icontains=q) | Q(label__icontains=q))
        found = found.filter(Q(unit_id__in=units.values("id")) | Q(schema_name__startswith=q))
    return found


def finding(finding_id: UUID) -> DriftFinding:
    """Raises UnknownFinding."""
    found = DriftFinding.objects.filter(pk=finding_id).first()
    if found is None:
        raise UnknownFinding
    return found
