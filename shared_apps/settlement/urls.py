"""Addresses of settlement on the console; the unit's side is with its treasury."""

from __future__ import annotations

from django.urls import path

from shared_apps.settlement.views import console

console_urls = [
    path("settlement/", console.Batches.as_view()),
    path("settlement/prepare/", console.Prepare.as_view()),
    path("settlement/statement/", console.Statement.as_view()),
    path("settlement/accounts/", console.Accounts.as_view()),
    path("settlement/accounts/<uuid:account_id>/", console.OneAccount.as_view()),
    path("settlement/accounts/<uuid:account_id>/refuse/", console.RefuseAccount.as_view()),
    path("settlement/<uuid:batch_id>/", console.OneBatch.as_view()),
    path("settlement/<uuid:batch_id>/approve/", console.Approve.as_view()),
    path("settlement/<uuid:batch_id>/withdraw/", console.Withdraw.as_view()),
    path("settlement/<uuid:batch_id>/file/", console.BatchFile.as_view()),
]
