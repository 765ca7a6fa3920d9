"""Addresses of settlement for programs, on the console."""

from __future__ import annotations

from django.urls import path

from shared_apps.settlement.api import views

console_urls = [
    path("settlement/batches/", views.Batches.as_view()),
    path("settlement/batches/prepare/", views.Prepare.as_view()),
    path("settlement/batches/<uuid:batch_id>/instructions/", views.Instructions.as_view()),
    path("settlement/batches/<uuid:batch_id>/approve/", views.Approve.as_view()),
    path("settlement/batches/<uuid:batch_id>/withdraw/", views.Withdraw.as_view()),
    path("settlement/statement/", views.StatementEntries.as_view()),
    path("settlement/statement/<uuid:entry_id>/explain/", views.ExplainEntry.as_view()),
    path("settlement/statement/<uuid:entry_id>/release/", views.ReleaseEntry.as_view()),
    path("settlement/accounts/", views.WaitingAccounts.as_view()),
    path("settlement/accounts/<uuid:account_id>/confirm/", views.ConfirmAccount.as_view()),
    path("settlement/accounts/<uuid:account_id>/refuse/", views.RefuseAccount.as_view()),
]
