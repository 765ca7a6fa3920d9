"""Addresses of opening units (console), of the operator's page, and of the workbench (unit)."""

from __future__ import annotations

from django.urls import path

from onboarding.views import (
    abandoning,
    batches,
    closing,
    operations,
    registration,
    rosters,
    units,
    workbench,
)

console_urls = [
    path("", units.Home.as_view()),
    path("units/export/", units.Export.as_view()),
    path("units/new/", registration.RegisterUnit.as_view()),
    path("units/new/label/", registration.LabelCheck.as_view()),
    path("units/new/code/", registration.CreditCodeCheck.as_view()),
    path("units/new/draft/", registration.SaveDraft.as_view()),
    path("units/drafts/<uuid:draft_id>/delete/", registration.DiscardDraft.as_view()),
    path("units/<uuid:unit_id>/", units.UnitPage.as_view()),
    path("units/<uuid:unit_id>/invitation/", units.Invite.as_view()),
    path("units/<uuid:unit_id>/rosters/new/", rosters.UploadRoster.as_view()),
    path("units/<uuid:unit_id>/abandon/", abandoning.AbandonUnit.as_view()),
    path("rosters/template/", rosters.TemplateFile.as_view()),
    path("rosters/<uuid:import_id>/", rosters.RosterPage.as_view()),
    path("rosters/<uuid:import_id>/progress/", rosters.Progress.as_view()),
    path("rosters/<uuid:import_id>/corrections/", rosters.Correct.as_view()),
    path("rosters/<uuid:import_id>/confirmation/", rosters.Confirm.as_view()),
    path("rosters/<uuid:import_id>/discard/", rosters.Discard.as_view()),
    path("rosters/<uuid:import_id>/resume/", rosters.Resume.as_view()),
    path("rosters/<uuid:import_id>/undo/", rosters.Undo.as_view()),
    path("rosters/<uuid:import_id>/refused/", rosters.RefusedWorkbook.as_view()),
    path("batches/", batches.Batches.as_view()),
    path("batches/new/", batches.UploadSheet.as_view()),
    path("batches/template/", batches.TemplateFile.as_view()),
    path("batches/<uuid:batch_id>/", batches.BatchPage.as_view()),
    path("batches/<uuid:batch_id>/progress/", batches.Progress.as_view()),
    path("batches/<uuid:batch_id>/confirmation/", batches.Confirm.as_view()),
    path("batches/<uuid:batch_id>/discard/", batches.Discard.as_view()),
    path("batches/<uuid:batch_id>/stop/", batches.Stop.as_view()),
    path("batches/<uuid:batch_id>/retry/", batches.Retry.as_view()),
    path("batches/<uuid:batch_id>/results/", batches.ResultsWorkbook.as_view()),
    path("batches/<uuid:batch_id>/corrections/", batches.CorrectionsWorkbook.as_view()),
    path("batches/<uuid:batch_id>/links/", batches.LinksWorkbook.as_view()),
    path("units/<uuid:unit_id>/closing/", closing.ClosingPage.as_view()),
    path("units/<uuid:unit_id>/closing/request/", closing.RequestClosing.as_view()),
    path("closings/", closing.Closings.as_view()),
    path("closings/<uuid:closing_id>/confirm/", closing.ConfirmClosing.as_view()),
    path("closings/<uuid:closing_id>/call-off/", closing.CallOffClosing.as_view()),
    path("closings/<uuid:closing_id>/certificate/", closing.Certificate.as_view()),
    path("certificates/", closing.VerifyCertificate.as_view()),
    path("operations/", operations.Operations.as_view()),
    path("operations/export/", operations.ExportOperations.as_view()),
]
unit_urls = [path("", workbench.UnitHome.as_view())]
