"""Addresses of the API of openings (console) and of imports and exports (unit)."""

from __future__ import annotations

from django.urls import path

from onboarding.api import abandoning, batches, closing, exchange, ledgers, views

console_urls = [
    path("units/<uuid:unit_id>/closing/", closing.UnitClosing.as_view()),
    path("units/<uuid:unit_id>/closing/request/", closing.RequestClosing.as_view()),
    path("closings/", closing.Closings.as_view()),
    path("closings/<uuid:closing_id>/confirm/", closing.ConfirmClosing.as_view()),
    path("closings/<uuid:closing_id>/call-off/", closing.CallOffClosing.as_view()),
    path("closings/<uuid:closing_id>/certificate/", closing.ClosingCertificate.as_view()),
    path("units/", views.Units.as_view()),
    path("units/<uuid:unit_id>/", views.UnitDetail.as_view()),
    path("units/<uuid:unit_id>/rosters/", views.Rosters.as_view()),
    path("units/<uuid:unit_id>/invitations/", views.Invitations.as_view()),
    path("units/<uuid:unit_id>/abandonment/", abandoning.UnitAbandonment.as_view()),
    path("rosters/<uuid:import_id>/", views.RosterDetail.as_view()),
    path("rosters/<uuid:import_id>/understanding/", views.RosterUnderstanding.as_view()),
    path("rosters/<uuid:import_id>/corrections/", views.RosterCorrections.as_view()),
    path("rosters/<uuid:import_id>/confirmation/", views.RosterConfirmation.as_view()),
    path("rosters/<uuid:import_id>/resumption/", views.RosterResumption.as_view()),
    path("rosters/<uuid:import_id>/undo/", views.RosterUndo.as_view()),
    path("rosters/<uuid:import_id>/refused/", views.RosterRefused.as_view()),
    path("batches/", batches.Batches.as_view()),
    path("batches/<uuid:batch_id>/", batches.BatchDetail.as_view()),
    path("batches/<uuid:batch_id>/rows/", batches.BatchRows.as_view()),
    path("batches/<uuid:batch_id>/confirmation/", batches.BatchConfirmation.as_view()),
    path("batches/<uuid:batch_id>/stop/", batches.BatchStop.as_view()),
    path("batches/<uuid:batch_id>/retry/", batches.BatchRetry.as_view()),
    path("batches/<uuid:batch_id>/results/", batches.BatchResults.as_view()),
    path("batches/<uuid:batch_id>/corrections/", batches.BatchCorrections.as_view()),
    path("batches/<uuid:batch_id>/links/", batches.BatchLinks.as_view()),
    path("operations/", views.OperationsFigures.as_view()),
]
unit_urls = [
    path("ledgers/", ledgers.Ledgers.as_view()),
    path("exchange/sets/", exchange.ExchangeSets.as_view()),
    path("exchange/exports/", exchange.SetExports.as_view()),
    path("exchange/exports/<uuid:export_id>/", exchange.SetExport.as_view()),
    path("exchange/exports/<uuid:export_id>/decision/", exchange.SetExportDecision.as_view()),
    path("exchange/exports/<uuid:export_id>/file/", exchange.SetExportFile.as_view()),
    path("exchange/imports/", exchange.Updates.as_view()),
    path("exchange/imports/<uuid:update_id>/", exchange.UpdateDetail.as_view()),
    path("exchange/imports/<uuid:update_id>/rows/", exchange.UpdateRows.as_view()),
    path("exchange/imports/<uuid:update_id>/faults/", exchange.UpdateFaults.as_view()),
    path("exchange/imports/<uuid:update_id>/decisions/", exchange.UpdateDecisions.as_view()),
    path("exchange/imports/<uuid:update_id>/confirmation/", exchange.UpdateConfirmation.as_view()),
    path("exchange/imports/<uuid:update_id>/discard/", exchange.UpdateDiscard.as_view()),
    path("exchange/imports/<uuid:update_id>/undo/", exchange.UpdateUndo.as_view()),
    path("master-data/", exchange.MasterData.as_view()),
]
