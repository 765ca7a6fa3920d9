"""Addresses of the API of roles, invitations and signing in, by face."""

from __future__ import annotations

from django.urls import path

from tenant_apps.access.api import password_reset, support, takeouts, views

member_urls = [
    path("sign-in/member/code/", views.MemberCode.as_view()),
    path("sign-in/member/", views.MemberStep.as_view()),
    path("sign-in/member/choice/", views.MemberChoice.as_view()),
]
unit_urls = [
    path("sign-in/password/", views.DeskPasswordStep.as_view()),
    path("sign-in/second-factor/", views.DeskSecondFactorStep.as_view()),
    path("sign-in/enrolment/", views.DeskEnrolment.as_view()),
    path("sign-in/forgotten/code/", password_reset.ResetCode.as_view()),
    path("sign-in/forgotten/", password_reset.ResetPhone.as_view()),
    path("sign-in/forgotten/second-factor/", password_reset.ResetSecondFactor.as_view()),
    path("sign-in/forgotten/password/", password_reset.ResetPassword.as_view()),
    path("grants/", views.Grants.as_view()),
    path("grants/<uuid:grant_id>/", views.OneGrant.as_view()),
    path("invitations/", views.Invitations.as_view()),
    path("invitations/<uuid:invitation_id>/", views.OneInvitation.as_view()),
    path("invitation/", views.InvitationLink.as_view()),
    path("invitation/code/", views.InvitationCode.as_view()),
    path("invitation/proof/", views.InvitationProof.as_view()),
    path("invitation/accept/", views.AcceptInvitation.as_view()),
    path("takeouts/", takeouts.Takeouts.as_view()),
    path("takeouts/<uuid:takeout_id>/file/", takeouts.TakeoutFile.as_view()),
    path("support-accesses/", support.Accesses.as_view()),
    path("support-accesses/<uuid:access_id>/", support.OneAccess.as_view()),
    path("support-accesses/<uuid:access_id>/accept/", support.Accept.as_view()),
    path("support-accesses/<uuid:access_id>/refuse/", support.Refuse.as_view()),
    path("support-accesses/<uuid:access_id>/end/", support.End.as_view()),
    path("support-visit/enter/", support.Enter.as_view()),
    path("support-visit/end/", support.EndVisit.as_view()),
    path("permissions/", views.Permissions.as_view()),
    *member_urls,
]
console_urls = [path("permissions/", views.Permissions.as_view())]
