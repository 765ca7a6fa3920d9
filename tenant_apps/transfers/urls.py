"""Addresses of transfers."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.transfers.views import beginning, lists, one, papers, phone

_ONE = "transfers/<uuid:handover_id>/"

unit_urls: list[URLPattern] = [
    path("transfers/", lists.Transfers.as_view(), name="list"),
    path("transfers/export/", lists.ExportTransfers.as_view(), name="export"),
    path("transfers/publish/", lists.Publish.as_view(), name="publish"),
    path("transfers/new/", beginning.NewTransfer.as_view(), name="new"),
    path("transfers/paper/", beginning.NewPaperLetter.as_view(), name="paper"),
    path("transfers/check/", papers.CheckLetter.as_view(), name="check"),
    path(_ONE, one.Transfer.as_view(), name="one"),
    path(f"{_ONE}letter/", papers.PrintLetter.as_view(), name="letter"),
    path(f"{_ONE}slip/", papers.PrintSlip.as_view(), name="slip"),
    path(f"{_ONE}submit/", one.Submit.as_view(), name="submit"),
    path(f"{_ONE}withdraw/", one.Withdraw.as_view(), name="withdraw"),
    path(f"{_ONE}approve/", one.Approve.as_view(), name="approve"),
    path(f"{_ONE}reject/", one.Reject.as_view(), name="reject"),
    path(f"{_ONE}dispatch/", one.Dispatch.as_view(), name="dispatch"),
    path(f"{_ONE}accept/", one.Accept.as_view(), name="accept"),
    path(f"{_ONE}refuse/", one.Refuse.as_view(), name="refuse"),
    path(f"{_ONE}give-back/", one.GiveBack.as_view(), name="give-back"),
    path(f"{_ONE}place/", one.Place.as_view(), name="place"),
    path(f"{_ONE}receipt/", one.Receipt.as_view(), name="receipt"),
    path(f"{_ONE}close/", one.Close.as_view(), name="close"),
    path(f"{_ONE}reissue/", one.Reissue.as_view(), name="reissue"),
    path(f"{_ONE}remind/", one.Remind.as_view(), name="remind"),
]
member_urls: list[URLPattern] = [
    path("m/transfer/", phone.OwnTransfers.as_view(), name="list"),
    path("m/transfer/new/", phone.Apply.as_view(), name="new"),
    path("m/transfer/<uuid:handover_id>/", phone.OwnTransfer.as_view(), name="one"),
]
