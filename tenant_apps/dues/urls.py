"""Addresses of dues on the desk, the phone and the pay face."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from kernel.clock import Month, NotAMonth
from shared_apps.payments.selectors import Channel
from tenant_apps.dues.views import (
    answers,
    arrears,
    campaigns,
    channels,
    contributions,
    counter,
    desk,
    entrustments,
    on_behalf,
    phone,
    prepaid,
    proxy,
    public,
    refunds,
    reliefs,
    reminders,
    standards_import,
    suspense,
    voluntary,
    years,
)


class MonthConverter:
    """2026-11; anything else is not this address."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> Month:
        try:
            return Month.parse(value)
        except NotAMonth as error:
            raise ValueError(value) from error

    def to_url(self, value: Month) -> str:
        return str(value)


class ChannelConverter:
    """A channel that the platform speaks; a stranger's word is no address and is not counted."""

    regex = "|".join(Channel.values)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MonthConverter, "month")
register_converter(ChannelConverter, "channel")

unit_urls: list[URLPattern] = [
    path("dues/", desk.MonthOverview.as_view(), name="overview"),
    path("dues/<month:month>/", desk.MonthBills.as_view(), name="bills"),
    path("dues/<month:month>/issue/", desk.IssueMonth.as_view(), name="issue"),
    path("dues/<month:month>/withdraw/", desk.WithdrawMonth.as_view(), name="withdraw"),
    path("dues/<month:month>/missing/", desk.WithoutStandard.as_view(), name="missing"),
    path("dues/bills/<uuid:bill_id>/exempt/", desk.ExemptBill.as_view(), name="exempt"),
    path("dues/bills/<uuid:bill_id>/reinstate/", desk.ReinstateBill.as_view(), name="reinstate"),
    path("dues/reminders/", reminders.RemindMembers.as_view(), name="remind"),
    path("dues/standards/", desk.Standards.as_view(), name="standards"),
    path(
        "dues/standards/import/", standards_import.StandardsFiles.as_view(), name="standards_files"
    ),
    path(
        "dues/standards/import/template/",
        standards_import.StandardsTemplate.as_view(),
        name="standards_template",
    ),
    path(
        "dues/standards/import/<uuid:import_id>/",
        standards_import.StandardsFile.as_view(),
        name="standards_file",
    ),
    path(
        "dues/standards/import/<uuid:import_id>/faults/",
        standards_import.StandardsFaults.as_view(),
        name="standards_faults",
    ),
    path(
        "dues/standards/import/<uuid:import_id>/apply/",
        standards_import.ApplyStandardsFile.as_view(),
        name="standards_file_apply",
    ),
    path(
        "dues/standards/import/<uuid:import_id>/undo/",
        standards_import.UndoStandardsFile.as_view(),
        name="standards_file_undo",
    ),
    path(
        "dues/standards/import/<uuid:import_id>/drop/",
        standards_import.DropStandardsFile.as_view(),
        name="standards_file_drop",
    ),
    path("dues/standards/year/", years.YearlyFixing.as_view(), name="year"),
    path(
        "dues/standards/year/<uuid:batch_id>/back/", years.TakeYearBack.as_view(), name="year_back"
    ),
    path("dues/standards/what-if/", years.WhatIf.as_view(), name="what_if"),
    path("dues/standards/base/", years.SlipBase.as_view(), name="slip_base"),
    path("dues/standards/<uuid:member_id>/relief/", reliefs.EnterRelief.as_view(), name="relief"),
    path("dues/reliefs/", reliefs.Reliefs.as_view(), name="reliefs"),
    path("dues/reliefs/<uuid:relief_id>/end/", reliefs.EndRelief.as_view(), name="relief_end"),
    path("dues/prepaid/", prepaid.Misfits.as_view(), name="prepaid"),
    path("dues/arrears/", arrears.Arrears.as_view(), name="arrears"),
    path("dues/settings/", years.Settings.as_view(), name="settings"),
    path("dues/standards/<uuid:member_id>/", desk.MemberStandard.as_view(), name="standard"),
    path("dues/receipts/", desk.Receipts.as_view(), name="receipts"),
    path("dues/receipts/<uuid:receipt_id>/", desk.ReceiptSheet.as_view(), name="receipt"),
    path("dues/checks/", desk.Checks.as_view(), name="checks"),
    path("dues/checks/suspense/", suspense.SuspendedSums.as_view(), name="suspense"),
    path(
        "dues/checks/suspense/<uuid:transfer_id>/",
        suspense.SuspendedSum.as_view(),
        name="suspended",
    ),
    path(
        "dues/checks/suspense/<uuid:transfer_id>/place/", suspense.PlaceSum.as_view(), name="place"
    ),
    path(
        "dues/checks/suspense/<uuid:transfer_id>/refund/",
        suspense.AskRefund.as_view(),
        name="refund",
    ),
    path("dues/counter/", counter.Counter.as_view(), name="counter"),
    path("dues/counter/take/", counter.TakeCash.as_view(), name="counter_take"),
    path("dues/counter/deposit/", counter.Deposit.as_view(), name="counter_deposit"),
    path("dues/counter/<uuid:slip_id>/", counter.SlipSheet.as_view(), name="slip"),
    path(
        "dues/counter/<uuid:slip_id>/reverse/", counter.ReverseSlip.as_view(), name="slip_reverse"
    ),
    path("dues/contributions/", contributions.Contributions.as_view(), name="contributions"),
    path(
        "dues/contributions/<uuid:contribution_id>/receipt/",
        contributions.CentralReceipt.as_view(),
        name="central_receipt",
    ),
    path(
        "dues/members/<uuid:member_id>/contribution/",
        contributions.EnterTransferred.as_view(),
        name="contribution_enter",
    ),
    path("dues/campaigns/", campaigns.Campaigns.as_view(), name="campaigns"),
    path("dues/campaigns/<int:number>/", campaigns.OneCampaign.as_view(), name="campaign"),
    path(
        "dues/campaigns/<int:number>/hand-up/",
        campaigns.HandUpCampaign.as_view(),
        name="campaign_hand_up",
    ),
    path("dues/hand-ups/", contributions.HandUps.as_view(), name="hand_ups"),
    path("dues/hand-ups/<uuid:hand_up_id>/", contributions.HandUpPage.as_view(), name="hand_up"),
    path(
        "dues/hand-ups/<uuid:hand_up_id>/confirm/",
        contributions.ConfirmHandUp.as_view(),
        name="hand_up_confirm",
    ),
    path(
        "dues/hand-ups/<uuid:hand_up_id>/withdraw/",
        contributions.WithdrawHandUp.as_view(),
        name="hand_up_withdraw",
    ),
    path("dues/proxy/", proxy.Batches.as_view(), name="proxy"),
    path("dues/proxy/new/", proxy.NewBatch.as_view(), name="proxy_new"),
    path("dues/proxy/<uuid:lot_id>/", proxy.Batch.as_view(), name="lot"),
    path("dues/proxy/<uuid:lot_id>/check/", proxy.CheckBatch.as_view(), name="lot_check"),
    path("dues/proxy/<uuid:lot_id>/withdraw/", proxy.WithdrawBatch.as_view(), name="lot_withdraw"),
    path("dues/proxy/<uuid:lot_id>/bank/", proxy.BankBatch.as_view(), name="lot_bank"),
    path("dues/proxy/lines/<uuid:slip_id>/back/", proxy.GiveBack.as_view(), name="give_back"),
    path("dues/entrustments/", entrustments.Entrustments.as_view(), name="entrustments"),
    path(
        "dues/entrustments/<uuid:member_id>/",
        entrustments.EnterEntrustment.as_view(),
        name="entrustment_enter",
    ),
    path(
        "dues/entrustments/<uuid:entrustment_id>/end/",
        entrustments.EndEntrustment.as_view(),
        name="entrustment_end",
    ),
    path(
        "dues/entrustments/<uuid:entrustment_id>/scan/",
        entrustments.EntrustmentScan.as_view(),
        name="entrustment_scan",
    ),
    path("dues/refunds/", refunds.Refunds.as_view(), name="refunds"),
    path("dues/refunds/<uuid:resolution_id>/", refunds.RefundSheet.as_view(), name="refund_case"),
    path(
        "dues/refunds/<uuid:resolution_id>/approve/",
        refunds.ApproveRefund.as_view(),
        name="approve_refund",
    ),
    path(
        "dues/refunds/<uuid:resolution_id>/withdraw/",
        refunds.WithdrawRefund.as_view(),
        name="withdraw_refund",
    ),
    path("dues/refunds/<uuid:resolution_id>/ask/", refunds.AskChannel.as_view(), name="ask_refund"),
    path(
        "dues/refunds/<uuid:resolution_id>/returned/",
        refunds.MarkReturned.as_view(),
        name="mark_returned",
    ),
    path(
        "dues/receipts/<uuid:receipt_id>/refund/",
        refunds.AskRefund.as_view(),
        name="receipt_refund",
    ),
    path("dues/channels/", channels.Channels.as_view(), name="channels"),
    path("dues/channels/<channel:channel>/", channels.ChannelAccount.as_view(), name="channel"),
    path("receipts/verify/", public.VerifyReceipt.as_view(), name="verify"),
]
member_urls: list[URLPattern] = [
    path("m/", phone.Home.as_view(), name="home"),
    path("m/dues/", phone.MyDuesPage.as_view(), name="dues"),
    path("m/dues/standard/", answers.MyStandard.as_view(), name="standard"),
    path("m/dues/campaigns/<int:number>/", campaigns.MyCampaign.as_view(), name="campaign"),
    path("m/dues/ahead/", prepaid.PayAhead.as_view(), name="ahead"),
    path("m/dues/ahead/back/", prepaid.TakeAheadBack.as_view(), name="ahead_back"),
    path("m/dues/extra/", voluntary.GiveMore.as_view(), name="extra"),
    path("m/dues/entrust/", entrustments.MyEntrustment.as_view(), name="entrust"),
    path("m/dues/for/", on_behalf.LetPay.as_view(), name="let_pay"),
    path("m/dues/for/<str:code>/", on_behalf.PayFor.as_view(), name="pay_for"),
    path("m/dues/pay/", phone.StartPayment.as_view(), name="pay"),
    path("m/dues/orders/<uuid:order_id>/", phone.OrderPage.as_view(), name="order"),
    path("m/dues/orders/<uuid:order_id>/open/", phone.OpenCashier.as_view(), name="open"),
    path("m/dues/orders/<uuid:order_id>/give-up/", phone.GiveUpPayment.as_view(), name="give_up"),
    path("m/receipts/", phone.MyReceipts.as_view(), name="receipts"),
    path("m/receipts/<uuid:receipt_id>/", phone.MyReceipt.as_view(), name="receipt"),
    path("m/cards/", phone.MyCards.as_view(), name="cards"),
    path("m/cards/<uuid:card_id>/", phone.MyCard.as_view(), name="card"),
]
pay_urls: list[URLPattern] = [
    path(
        "pay/n/<channel:channel>/<uuid:config_uid>",
        public.ChannelNotification.as_view(),
        name="notification",
    ),
]
