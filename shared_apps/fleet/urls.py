"""Addresses of the operators' view of all units."""

from __future__ import annotations

from django.urls import path

from shared_apps.fleet.views import (
    appointments,
    backups,
    drift,
    life_cycle,
    own,
    unit,
    units,
    waves,
)

console_urls = [
    path("fleet/", units.Fleet.as_view()),
    path("fleet/export/", units.Export.as_view()),
    path("fleet/filters/", own.SaveFilter.as_view()),
    path("fleet/filters/<uuid:filter_id>/", own.ChangeFilter.as_view()),
    path("fleet/waves/", waves.WaveList.as_view()),
    path("fleet/waves/plan/", waves.PlanWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/", waves.WavePage.as_view()),
    path("fleet/waves/<uuid:wave_id>/standing/", waves.WaveStanding.as_view()),
    path("fleet/waves/<uuid:wave_id>/export/", waves.ExportLedger.as_view()),
    path("fleet/waves/<uuid:wave_id>/start/", waves.StartWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/pause/", waves.PauseWave.as_view()),
    path("fleet/waves/<uuid:row_id>/end/", waves.GiveUpWave.as_view()),
    path("fleet/waves/steps/<uuid:row_id>/skip/", waves.SkipStep.as_view()),
    path("fleet/backups/", backups.BackupList.as_view()),
    path("fleet/backups/now/", backups.BackUpNow.as_view()),
    path("fleet/backups/<uuid:backup_id>/", backups.BackupPage.as_view()),
    path("fleet/backups/<uuid:backup_id>/file/", backups.Download.as_view()),
    path("fleet/backups/<uuid:backup_id>/restore/", backups.AskRestore.as_view()),
    path("fleet/restores/<uuid:restore_id>/", backups.RestorePage.as_view()),
    path("fleet/restores/<uuid:restore_id>/confirm/", backups.ConfirmRestore.as_view()),
    path("fleet/restores/<uuid:restore_id>/call-off/", backups.CallOffRestore.as_view()),
    path("fleet/restores/<uuid:restore_id>/undo/ask/", backups.AskUndo.as_view()),
    path("fleet/restores/<uuid:restore_id>/undo/", backups.UndoRestore.as_view()),
    path("fleet/drift/", drift.DriftList.as_view()),
    path("fleet/drift/check/", drift.CheckAll.as_view()),
    path("fleet/drift/<uuid:finding_id>/", drift.FindingPage.as_view()),
    path("fleet/drift/<uuid:finding_id>/recheck/", drift.Recheck.as_view()),
    path("fleet/drift/<uuid:finding_id>/release/", drift.Release.as_view()),
    path("fleet/<uuid:unit_id>/", unit.UnitPage.as_view()),
    path("fleet/<uuid:unit_id>/work/retry/", unit.RetryWork.as_view()),
    path("fleet/<uuid:unit_id>/canary/", appointments.AppointUnit.as_view()),
    path("fleet/<uuid:unit_id>/life-cycle/", life_cycle.LifeCycle.as_view()),
    path("fleet/<uuid:unit_id>/name/", life_cycle.RenameUnit.as_view()),
    path("fleet/<uuid:unit_id>/address/", life_cycle.RelocateUnit.as_view()),
    path("fleet/<uuid:unit_id>/pin/", own.PinUnit.as_view()),
]
