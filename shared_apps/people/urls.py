"""Addresses of the door and of the own account, by face."""

from __future__ import annotations

from django.urls import path

from shared_apps.people.views import account, second_factor, sign_in

_own = [
    path("sign-out/", sign_in.SignOut.as_view()),
    path("account/", account.Account.as_view()),
    path("account/password/", account.ChangePassword.as_view()),
    path("account/second-factor/", second_factor.ReplaceDevice.as_view()),
    path("account/second-factor/confirm/", second_factor.ConfirmDevice.as_view()),
    path("account/recovery-codes/", second_factor.RecoveryCodes.as_view()),
    path("account/sessions/<uuid:session_id>/end/", account.EndSession.as_view()),
]
_phone = [
    path("m/account/", account.MemberAccount.as_view()),
    path("m/account/sessions/<uuid:session_id>/end/", account.EndSession.as_view()),
]
console_urls = [
    path("sign-in/", sign_in.SignIn.as_view()),
    path("sign-in/code/", sign_in.SecondStep.as_view()),
    path("second-factor/", second_factor.Enrol.as_view()),
    *_own,
]
unit_urls = [*_own, *_phone]
member_urls = [path("sign-out/", sign_in.SignOut.as_view()), *_phone]
