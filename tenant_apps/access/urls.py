"""Addresses of roles, invitations and signing in, by face."""

from __future__ import annotations

from django.urls import path

from tenant_apps.access.views import (
    invitation,
    member_sign_in,
    password_reset,
    permission_table,
    roles,
    sign_in,
    support,
    takeouts,
)

member_urls = [
    path("m/sign-in/", member_sign_in.AskPhone.as_view()),
    path("m/sign-in/code/", member_sign_in.AskCode.as_view()),
    path("m/sign-in/choose/", member_sign_in.Choose.as_view()),
]
unit_urls = [
    path("sign-in/", sign_in.DeskSignIn.as_view()),
    path("sign-in/code/", sign_in.DeskSecondStep.as_view()),
    path("sign-in/forgotten/", password_reset.AskPhone.as_view()),
    path("sign-in/forgotten/code/", password_reset.ProvePhone.as_view()),
    path("sign-in/forgotten/second-factor/", password_reset.ProveSecondFactor.as_view()),
    path("sign-in/forgotten/password/", password_reset.NewPassword.as_view()),
    path("second-factor/", sign_in.DeskEnrol.as_view()),
    path("invitation/<str:token>/", invitation.Invitation.as_view()),
    path("invitation/<str:token>/code/", invitation.ProveInvitation.as_view()),
    path("invitation/<str:token>/password/", invitation.AcceptInvitation.as_view()),
    path("access/", roles.Roles.as_view()),
    path("access/invite/", roles.Invite.as_view()),
    path("access/places/", roles.Places.as_view()),
    path("access/people/<uuid:person_id>/roles/", roles.AddRole.as_view()),
    path("access/roles/<uuid:grant_id>/revoke/", roles.RevokeRole.as_view()),
    path("access/roles/<uuid:grant_id>/restore/", roles.RestoreRole.as_view()),
    path("access/invitations/<uuid:invitation_id>/revoke/", roles.RevokeInvitation.as_view()),
    path("takeouts/", takeouts.Takeouts.as_view()),
    path("takeouts/list/", takeouts.TakeoutList.as_view()),
    path("takeouts/<uuid:takeout_id>/file/", takeouts.TakeoutFile.as_view()),
    path("support/", support.Accesses.as_view()),
    path("support/enter/<str:token>/", support.Enter.as_view()),
    path("support/visit/", support.VisitPage.as_view()),
    path("support/visit/end/", support.EndVisit.as_view()),
    path("support/<uuid:access_id>/", support.OneAccess.as_view()),
    path("support/<uuid:access_id>/places/", support.Places.as_view()),
    path("support/<uuid:access_id>/accept/", support.Accept.as_view()),
    path("support/<uuid:access_id>/refuse/", support.Refuse.as_view()),
    path("support/<uuid:access_id>/end/", support.End.as_view()),
    path("permissions/", permission_table.UnitPermissions.as_view()),
    *member_urls,
]
console_urls = [path("permissions/", permission_table.ConsolePermissions.as_view())]
