"""Addresses of the treasury on the desk and the phone."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.treasury.views import (
    books,
    collection,
    handovers,
    publications,
    recon,
    settlements,
    statements,
    strays,
    sweeps,
    vouchers,
)

_settlement_urls: list[URLPattern] = [
    path("treasury/settlements/", settlements.Settlements.as_view()),
    path("treasury/settlements/<uuid:instruction_id>/", settlements.OneSettlement.as_view()),
    path("treasury/account/", settlements.AccountPage.as_view()),
    path("treasury/account/register/", settlements.RegisterAccount.as_view()),
    path("treasury/account/terms/", settlements.ChooseTerms.as_view()),
    path("treasury/account/<uuid:account_id>/withdraw/", settlements.WithdrawAccount.as_view()),
    path("treasury/account/<uuid:account_id>/close/", settlements.CloseAccount.as_view()),
]
_STRAY = "treasury/reconciliation/differences/<uuid:difference_id>/stray/"
_recon_urls: list[URLPattern] = [
    path("treasury/reconciliation/", recon.ReconciliationList.as_view(), name="recon"),
    path(
        "treasury/reconciliation/differences/", recon.DifferenceList.as_view(), name="differences"
    ),
    path(
        "treasury/reconciliation/differences/<uuid:difference_id>/",
        recon.Difference.as_view(),
        name="difference",
    ),
    path(
        "treasury/reconciliation/differences/<uuid:difference_id>/explain/",
        recon.ExplainDifference.as_view(),
        name="explain_difference",
    ),
    path(
        "treasury/reconciliation/differences/<uuid:difference_id>/ask/",
        recon.AskAboutDifference.as_view(),
        name="ask_difference",
    ),
    path(
        "treasury/reconciliation/differences/<uuid:difference_id>/check/",
        recon.CheckDifference.as_view(),
        name="check_difference",
    ),
    path(
        "treasury/reconciliation/differences/<uuid:difference_id>/take-back/",
        recon.TakeBackDifference.as_view(),
        name="take_back_difference",
    ),
    path(f"{_STRAY}book/", strays.BookStray.as_view(), name="book_stray"),
    path(f"{_STRAY}claim/", strays.ClaimStray.as_view(), name="claim_stray"),
    path(f"{_STRAY}give-back/", strays.GiveBackStray.as_view(), name="give_back_stray"),
    path(f"{_STRAY}confirm/", strays.ConfirmStray.as_view(), name="confirm_stray"),
    path(f"{_STRAY}withdraw/", strays.WithdrawStray.as_view(), name="withdraw_stray"),
]
_ENTRY = "treasury/statements/entries/<uuid:bank_entry_id>/"
_statement_urls: list[URLPattern] = [
    path("treasury/statements/", statements.StatementsPage.as_view(), name="statements"),
    path("treasury/statements/match/", statements.MatchAgain.as_view(), name="match_statements"),
    path(_ENTRY, statements.EntryPage.as_view(), name="bank_entry"),
    path(f"{_ENTRY}pair/", statements.PairEntry.as_view(), name="pair_bank_entry"),
    path(f"{_ENTRY}explain/", statements.ExplainEntry.as_view(), name="explain_bank_entry"),
    path(f"{_ENTRY}release/", statements.ReleaseEntry.as_view(), name="release_bank_entry"),
]
_HANDOVER = "treasury/handovers/<uuid:list_id>/"
_handover_urls: list[URLPattern] = [
    path("treasury/handovers/", handovers.Handovers.as_view(), name="handovers"),
    path("treasury/handovers/draw/", handovers.DrawHandover.as_view(), name="draw_handover"),
    path(_HANDOVER, handovers.HandoverPage.as_view(), name="handover"),
    path(f"{_HANDOVER}print/", handovers.HandoverPaper.as_view(), name="handover_paper"),
    path(f"{_HANDOVER}receive/", handovers.ReceiveHandover.as_view(), name="receive_handover"),
    path(f"{_HANDOVER}watch/", handovers.WatchHandover.as_view(), name="watch_handover"),
    path(f"{_HANDOVER}withdraw/", handovers.WithdrawHandover.as_view(), name="withdraw_handover"),
]
unit_urls: list[URLPattern] = [
    *_recon_urls,
    *_statement_urls,
    *_handover_urls,
    *_settlement_urls,
    path("treasury/", books.ThreeAccountsPage.as_view(), name="three"),
    path("treasury/ledger/", books.Ledger.as_view(), name="ledger"),
    path("treasury/ledger/<uuid:transfer_id>/", books.LinePage.as_view(), name="line"),
    path("treasury/balances/", books.Balances.as_view(), name="balances"),
    path("treasury/collection/", collection.CollectionPage.as_view(), name="collection"),
    path(
        "treasury/collection/lines/",
        collection.CollectionLines.as_view(),
        name="collection_lines",
    ),
    path("treasury/places/", books.MoneyByPlace.as_view(), name="places"),
    path("treasury/vouchers/", vouchers.Vouchers.as_view(), name="vouchers"),
    path("treasury/vouchers/income/", vouchers.EnterIncome.as_view(), name="income"),
    path("treasury/vouchers/expense/", vouchers.EnterExpense.as_view(), name="expense"),
    path("treasury/vouchers/<uuid:voucher_id>/", vouchers.VoucherPage.as_view(), name="voucher"),
    path("treasury/vouchers/<uuid:voucher_id>/scan/", vouchers.ScanFile.as_view(), name="scan"),
    path(
        "treasury/vouchers/<uuid:voucher_id>/decide/",
        vouchers.DecideExpense.as_view(),
        name="decide",
    ),
    path(
        "treasury/vouchers/<uuid:voucher_id>/approve/",
        vouchers.ApproveExpense.as_view(),
        name="approve",
    ),
    path("treasury/vouchers/<uuid:voucher_id>/pay/", vouchers.PayExpense.as_view(), name="pay"),
    path(
        "treasury/vouchers/<uuid:voucher_id>/withdraw/",
        vouchers.WithdrawVoucher.as_view(),
        name="withdraw",
    ),
    path(
        "treasury/vouchers/<uuid:voucher_id>/reverse/",
        vouchers.AskReversal.as_view(),
        name="reverse",
    ),
    path(
        "treasury/vouchers/<uuid:voucher_id>/reverse/confirm/",
        vouchers.ConfirmReversal.as_view(),
        name="confirm_reversal",
    ),
    path("treasury/sweeps/", sweeps.Sweeps.as_view(), name="sweeps"),
    path("treasury/sweeps/plan/", sweeps.PlanRun.as_view(), name="plan"),
    path("treasury/sweeps/rules/", sweeps.SetRule.as_view(), name="rules"),
    path("treasury/sweeps/org-rules/", sweeps.SetOrgRule.as_view(), name="org_rules"),
    path(
        "treasury/sweeps/org-rules/<uuid:rule_id>/end/",
        sweeps.EndOrgRule.as_view(),
        name="end_org_rule",
    ),
    path("treasury/sweeps/<uuid:run_id>/", sweeps.RunPage.as_view(), name="sweep"),
    path(
        "treasury/sweeps/<uuid:run_id>/confirm/", sweeps.ConfirmRun.as_view(), name="confirm_sweep"
    ),
    path("treasury/sweeps/<uuid:run_id>/cancel/", sweeps.CancelRun.as_view(), name="cancel_sweep"),
    path("treasury/sweeps/<uuid:run_id>/undo/", sweeps.UndoRun.as_view(), name="undo_sweep"),
    path("treasury/sweeps/lines/<uuid:line_id>/take/", sweeps.TakeLine.as_view(), name="take"),
    path("treasury/publications/", publications.Publications.as_view(), name="publications"),
    path("treasury/publications/<int:year>/", publications.YearPage.as_view(), name="publication"),
    path(
        "treasury/publications/<int:year>/withdraw/",
        publications.WithdrawYear.as_view(),
        name="withdraw_year",
    ),
    path(
        "treasury/publications/comments/<uuid:comment_id>/answer/",
        publications.AnswerComment.as_view(),
        name="answer",
    ),
]
member_urls: list[URLPattern] = [
    path("m/publications/", publications.MyPublications.as_view(), name="publications"),
    path("m/publications/<int:year>/", publications.MyYear.as_view(), name="publication"),
]
