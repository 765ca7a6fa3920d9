"""Addresses of settlement on the console; the unit's side is with its treasury."""

from __future__ import annotations

from django.urls import path

from shared_apps.settlement.views import console, statement

_ENTRY = "settlement/statement/<uuid:entry_id>/"
console_urls = [
    path("settlement/", console.Batches.as_view()),
    path("settlement/prepare/", console.Prepare.as_view()),
    path("settlement/statement/", statement.Statement.as_view()),
    path("settlement/statement/hand-in/", statement.HandIn.as_view()),
    path(_ENTRY, statement.EntryPage.as_view()),
    path(f"{_ENTRY}pair/", statement.PairEntry.as_view()),
    path(f"{_ENTRY}explain/", statement.ExplainEntry.as_view()),
    path(f"{_ENTRY}release/", statement.ReleaseEntry.as_view()),
    path("settlement/accounts/", console.Accounts.as_view()),
    path("settlement/accounts/<uuid:account_id>/", console.OneAccount.as_view()),
    path("settlement/accounts/<uuid:account_id>/refuse/", console.RefuseAccount.as_view()),
    path("settlement/<uuid:batch_id>/", console.OneBatch.as_view()),
    path("settlement/<uuid:batch_id>/approve/", console.Approve.as_view()),
    path("settlement/<uuid:batch_id>/withdraw/", console.Withdraw.as_view()),
    path("settlement/<uuid:batch_id>/file/", console.BatchFile.as_view()),
]
