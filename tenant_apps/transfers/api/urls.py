"""Addresses of the API of transfers, below ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.transfers.api import steps, views

_ONE = "transfers/<uuid:handover_id>/"

unit_urls: list[URLPattern] = [
    path("transfers/", views.Transfers.as_view()),
    path("transfers/paper/", views.PaperLetters.as_view()),
    path("transfers/directory/", views.Directory.as_view()),
    path("transfers/check/", views.CheckLetter.as_view()),
    path("transfers/publish/", views.Publish.as_view()),
    path(_ONE, views.TransferDetail.as_view()),
    path(f"{_ONE}submit/", steps.Submit.as_view()),
    path(f"{_ONE}withdraw/", steps.Withdraw.as_view()),
    path(f"{_ONE}approve/", steps.Approve.as_view()),
    path(f"{_ONE}reject/", steps.Reject.as_view()),
    path(f"{_ONE}dispatch/", steps.Dispatch.as_view()),
    path(f"{_ONE}accept/", steps.Accept.as_view()),
    path(f"{_ONE}refuse/", steps.Refuse.as_view()),
    path(f"{_ONE}give-back/", steps.GiveBack.as_view()),
    path(f"{_ONE}place/", steps.Place.as_view()),
    path(f"{_ONE}receipt/", steps.Receipt.as_view()),
    path(f"{_ONE}close/", steps.Close.as_view()),
    path(f"{_ONE}reissue/", steps.Reissue.as_view()),
    path(f"{_ONE}remind/", steps.Remind.as_view()),
]
member_urls: list[URLPattern] = [
    path("own/transfers/", views.OwnTransfers.as_view()),
    path("own/transfers/<uuid:handover_id>/", views.OwnTransfer.as_view()),
]
