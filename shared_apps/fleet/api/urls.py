"""Addresses of the operators' view for programs."""

from __future__ import annotations

from django.urls import URLPattern, path

from shared_apps.fleet.api import appointments, backups, cells, life_cycle, own, units, waves

console_urls: list[URLPattern] = [
    path("cells/names/", cells.CellNames.as_view()),
    path("cells/directory/", cells.CellDirectory.as_view()),
    path("cells/summary/", cells.CellSummary.as_view()),
    path("fleet/cells/", cells.Cells.as_view()),
    path("fleet/units/", units.Units.as_view()),
    path("fleet/units/export/", units.UnitsWorkbook.as_view()),
    path("fleet/units/<uuid:unit_id>/", units.UnitDetail.as_view()),
    path("fleet/units/<uuid:unit_id>/time-line/", units.UnitTimeLine.as_view()),
    path("fleet/units/<uuid:unit_id>/work/", units.UnitWork.as_view()),
    path("fleet/units/<uuid:unit_id>/work/retry/", units.UnitWorkRetry.as_view()),
    path("fleet/units/<uuid:unit_id>/canary/", appointments.UnitCanary.as_view()),
    path("fleet/units/<uuid:unit_id>/pin/", units.UnitPin.as_view()),
    path("fleet/filters/", own.SavedFilters.as_view()),
    path("fleet/filters/<uuid:filter_id>/", own.OneSavedFilter.as_view()),
    path("fleet/waves/", waves.WaveList.as_view()),
    path("fleet/waves/plan/", waves.PlanWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/", waves.WaveOne.as_view()),
    path("fleet/waves/<uuid:wave_id>/steps/", waves.WaveSteps.as_view()),
    path("fleet/waves/<uuid:wave_id>/start/", waves.StartWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/pause/", waves.PauseWave.as_view()),
    path("fleet/waves/<uuid:wave_id>/end/", waves.EndWave.as_view()),
    path("fleet/waves/steps/<uuid:step_id>/skip/", waves.SkipStep.as_view()),
    path("fleet/backups/", backups.Backups.as_view()),
    path("fleet/backups/now/", backups.BackUpNow.as_view()),
    path("fleet/backups/<uuid:backup_id>/", backups.BackupOne.as_view()),
    path("fleet/backups/<uuid:backup_id>/file/", backups.BackupFile.as_view()),
    path("fleet/backups/<uuid:backup_id>/restore/", backups.AskRestore.as_view()),
    path("fleet/restores/", backups.Restores.as_view()),
    path("fleet/restores/<uuid:restore_id>/", backups.RestoreOne.as_view()),
    path("fleet/restores/<uuid:restore_id>/confirm/", backups.ConfirmRestore.as_view()),
    path("fleet/restores/<uuid:restore_id>/call-off/", backups.CallOffRestore.as_view()),
    path("fleet/restores/<uuid:restore_id>/undo/ask/", backups.AskUndo.as_view()),
    path("fleet/restores/<uuid:restore_id>/undo/", backups.UndoRestore.as_view()),
    path("fleet/drift/", waves.FindingList.as_view()),
    path("fleet/drift/check/", waves.CheckAll.as_view()),
    path("fleet/drift/<uuid:finding_id>/", waves.FindingOne.as_view()),
    path("fleet/drift/<uuid:finding_id>/recheck/", waves.Recheck.as_view()),
    path("fleet/drift/<uuid:finding_id>/release/", waves.Release.as_view()),
    path("fleet/<uuid:unit_id>/life-cycle/", life_cycle.LifeCycle.as_view()),
    path("fleet/<uuid:unit_id>/name/", life_cycle.UnitName.as_view()),
    path("fleet/<uuid:unit_id>/address/", life_cycle.UnitAddress.as_view()),
]
