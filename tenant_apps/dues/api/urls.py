"""Addresses of the API of dues, under ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.dues.api.views import (
    channels,
    contributions,
    counter,
    desk,
    fixing,
    on_behalf,
    phone,
    refunds,
    reminders,
    suspense,
)

unit_urls: list[URLPattern] = [
    path("dues/standards/", desk.Standards.as_view()),
    path("dues/settings/", fixing.Settings.as_view()),
    path("dues/reliefs/", fixing.Reliefs.as_view()),
    path("dues/reliefs/<uuid:relief_id>/", fixing.Relief.as_view()),
    path("dues/members/<uuid:member_id>/reliefs/", fixing.MemberReliefs.as_view()),
    path("dues/years/<int:year>/", fixing.Year.as_view()),
    path("dues/years/batches/<uuid:batch_id>/", fixing.YearBatch.as_view()),
    path("dues/what-if/", fixing.WhatIf.as_view()),
    path("dues/arrears/", fixing.Arrears.as_view()),
    path("dues/members/<uuid:member_id>/standards/", desk.MemberStandards.as_view()),
    path("dues/months/<month:month>/", desk.MonthOverview.as_view()),
    path("dues/months/<month:month>/bills/", desk.MonthBills.as_view()),
    path("dues/months/<month:month>/issue/", desk.MonthIssue.as_view()),
    path("dues/bills/<uuid:bill_id>/exemption/", desk.BillExemption.as_view()),
    path("dues/reminders/", reminders.Reminders.as_view()),
    path("dues/receipts/", desk.Receipts.as_view()),
    path("dues/receipts/verify/", desk.ReceiptVerification.as_view()),
    path("dues/receipts/<uuid:receipt_id>/", desk.ReceiptDetail.as_view()),
    path("dues/suspense/", suspense.SuspendedSums.as_view()),
    path("dues/suspense/<uuid:transfer_id>/placement/", suspense.Placement.as_view()),
    path("dues/suspense/<uuid:transfer_id>/refund/", suspense.Refund.as_view()),
    path("dues/counter/slips/", counter.Slips.as_view()),
    path("dues/counter/slips/<uuid:slip_id>/", counter.Slip.as_view()),
    path("dues/counter/slips/<uuid:slip_id>/reversal/", counter.SlipReversal.as_view()),
    path("dues/counter/deposits/", counter.Deposits.as_view()),
    path("dues/refunds/", refunds.Refunds.as_view()),
    path("dues/refunds/<uuid:resolution_id>/", refunds.Refund.as_view()),
    path("dues/refunds/<uuid:resolution_id>/approval/", refunds.RefundApproval.as_view()),
    path("dues/refunds/<uuid:resolution_id>/withdrawal/", refunds.RefundWithdrawal.as_view()),
    path("dues/refunds/<uuid:resolution_id>/question/", refunds.RefundQuestion.as_view()),
    path("dues/refunds/<uuid:resolution_id>/return/", refunds.RefundReturn.as_view()),
    path("dues/receipts/<uuid:receipt_id>/refund/", refunds.ReceiptRefund.as_view()),
    path("dues/contributions/", contributions.Contributions.as_view()),
    path(
        "dues/contributions/<uuid:contribution_id>/central-receipt/",
        contributions.CentralReceipt.as_view(),
    ),
    path(
        "dues/members/<uuid:member_id>/contributions/", contributions.MemberContributions.as_view()
    ),
    path("dues/campaigns/", contributions.Campaigns.as_view()),
    path("dues/campaigns/<int:number>/hand-up/", contributions.CampaignHandUp.as_view()),
    path("dues/hand-ups/", contributions.HandUps.as_view()),
    path("dues/hand-ups/<uuid:hand_up_id>/", contributions.HandUp.as_view()),
    path("dues/checks/", desk.Checks.as_view()),
    path("dues/channels/", channels.Channels.as_view()),
    path("dues/channels/<channel:channel>/", channels.ChannelAccount.as_view()),
]
member_urls: list[URLPattern] = [
    path("my/standard/", fixing.MyStandard.as_view()),
    path("my/bills/", phone.MyBills.as_view()),
    path("my/contributions/", contributions.MyContributions.as_view()),
    path("my/pay-for/", on_behalf.MyPayForCode.as_view()),
    path("my/pay-for/<str:code>/", on_behalf.PayFor.as_view()),
    path("my/payments/", phone.MyPayments.as_view()),
    path("my/orders/<uuid:order_id>/", phone.MyOrder.as_view()),
    path("my/receipts/", phone.MyReceipts.as_view()),
    path("my/refunds/", refunds.MyRefunds.as_view()),
    path("my/cards/", phone.MyCards.as_view()),
]
