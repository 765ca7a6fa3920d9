"""Addresses of the operators' view for programs."""

from __future__ import annotations

from django.urls import URLPattern, path

from shared_apps.fleet.api import waves

console_urls: list[URLPattern] = [
    path("fleet/waves/", waves.WaveList.as_view()),
    path("fleet/waves/plan/", waves.PlanWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/", waves.WaveOne.as_view()),
    path("fleet/waves/<uuid:wave_id>/steps/", waves.WaveSteps.as_view()),
    path("fleet/waves/<uuid:wave_id>/start/", waves.StartWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/pause/", waves.PauseWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/end/", waves.EndWave.as_view()),
    path("fleet/waves/steps/<uuid:step_id>/skip/", waves.SkipStep.as_view()),
    path("fleet/drift/", waves.FindingList.as_view()),
    path("fleet/drift/check/", waves.CheckAll.as_view()),
    path("fleet/drift/<uuid:finding_id>/", waves.FindingOne.as_view()),
    path("fleet/drift/<uuid:finding_id>/recheck/", waves.Recheck.as_view()),
    path("fleet/drift/<uuid:finding_id>/release/", waves.Release.as_view()),
]
