"""Addresses of the API of the treasury, below ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.treasury.api import (
    collection,
    handovers,
    recon,
    rules,
    settlements,
    statements,
    strays,
    views,
)

_VOUCHER = "treasury/vouchers/<uuid:voucher_id>/"
_RUN = "treasury/sweeps/<uuid:run_id>/"

_ACCOUNT = "treasury/accounts/<uuid:account_id>/"
_settlement_urls: list[URLPattern] = [
    path("treasury/settlements/", settlements.Settlements.as_view()),
    path("treasury/settlements/<uuid:instruction_id>/", settlements.OneSettlement.as_view()),
    path("treasury/accounts/", settlements.Accounts.as_view()),
    path(f"{_ACCOUNT}withdraw/", settlements.WithdrawAccount.as_view()),
    path(f"{_ACCOUNT}close/", settlements.CloseAccount.as_view()),
    path("treasury/terms/", settlements.Terms.as_view()),
]
_DIFFERENCE = "treasury/differences/<uuid:difference_id>/"
_recon_urls: list[URLPattern] = [
    path("treasury/differences/", recon.Differences.as_view()),
    path(f"{_DIFFERENCE}explain/", recon.ExplainDifference.as_view()),
    path(f"{_DIFFERENCE}ask/", recon.AskAboutDifference.as_view()),
    path(f"{_DIFFERENCE}check/", recon.CheckDifference.as_view()),
    path(f"{_DIFFERENCE}take-back/", recon.TakeBackDifference.as_view()),
    path(f"{_DIFFERENCE}stray/", strays.StrayDetail.as_view()),
    path(f"{_DIFFERENCE}stray/claim/", strays.ClaimStray.as_view()),
    path(f"{_DIFFERENCE}stray/give-back/", strays.GiveBackStray.as_view()),
    path(f"{_DIFFERENCE}stray/confirm/", strays.ConfirmStray.as_view()),
    path(f"{_DIFFERENCE}stray/withdraw/", strays.WithdrawStray.as_view()),
]
_ENTRY = "treasury/statements/entries/<uuid:bank_entry_id>/"
_statement_urls: list[URLPattern] = [
    path("treasury/statements/", statements.Statements.as_view()),
    path("treasury/statements/entries/", statements.Entries.as_view()),
    path(f"{_ENTRY}pair/", statements.PairEntry.as_view()),
    path(f"{_ENTRY}explain/", statements.ExplainEntry.as_view()),
    path(f"{_ENTRY}release/", statements.ReleaseEntry.as_view()),
]
_HANDOVER = "treasury/handovers/<uuid:list_id>/"
_handover_urls: list[URLPattern] = [
    path("treasury/handovers/", handovers.Handovers.as_view()),
    path("treasury/handovers/new/", handovers.NewHandover.as_view()),
    path(_HANDOVER, handovers.HandoverDetail.as_view()),
    path(f"{_HANDOVER}receive/", handovers.ReceiveHandover.as_view()),
    path(f"{_HANDOVER}watch/", handovers.WatchHandover.as_view()),
    path(f"{_HANDOVER}withdraw/", handovers.WithdrawHandover.as_view()),
]
unit_urls: list[URLPattern] = [
    *_recon_urls,
    *_statement_urls,
    *_handover_urls,
    *_settlement_urls,
    path("treasury/balances/", views.Balances.as_view()),
    path("treasury/collection/", collection.CollectionReport.as_view()),
    path("treasury/lines/", views.Lines.as_view()),
    path("treasury/vouchers/", views.Vouchers.as_view()),
    path("treasury/vouchers/new/", views.NewVoucher.as_view()),
    path(_VOUCHER, views.VoucherDetail.as_view()),
    path(f"{_VOUCHER}decide/", views.Decide.as_view()),
    path(f"{_VOUCHER}approve/", views.Approve.as_view()),
    path(f"{_VOUCHER}pay/", views.Pay.as_view()),
    path(f"{_VOUCHER}withdraw/", views.Withdraw.as_view()),
    path(f"{_VOUCHER}reverse/", views.Reverse.as_view()),
    path(f"{_VOUCHER}reverse/confirm/", views.ConfirmReversal.as_view()),
    path("treasury/sweeps/", views.Runs.as_view()),
    path("treasury/sweeps/org-rules/", rules.OrgRules.as_view()),
    path("treasury/sweeps/org-rules/new/", rules.NewOrgRule.as_view()),
    path("treasury/sweeps/org-rules/<uuid:rule_id>/end/", rules.EndOrgRule.as_view()),
    path("treasury/sweeps/new/", views.NewRun.as_view()),
    path(_RUN, views.RunDetail.as_view()),
    path(f"{_RUN}confirm/", views.ConfirmRun.as_view()),
    path(f"{_RUN}cancel/", views.CancelRun.as_view()),
    path(f"{_RUN}undo/", views.UndoRun.as_view()),
    path("treasury/sweeps/lines/<uuid:line_id>/take/", views.TakeLine.as_view()),
]
member_urls: list[URLPattern] = [
    path("publications/", views.Published.as_view()),
    path("publications/<int:year>/comments/", views.Comments.as_view()),
]
