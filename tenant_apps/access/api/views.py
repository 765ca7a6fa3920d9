"""Roles, invitations and signing in for programs: the same calls as the pages."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from kernel import clock
from kernel.api.views import Endpoint
from kernel.permissions import PUBLIC
from kernel.unit import current_unit_id
from shared_apps.people import selectors as people
from shared_apps.people.api.serializers import NextStepOutput, PhonePasswordStepInput
from shared_apps.people.api.views import (
    Enrolment,
    PasswordStep,
    SecondFactorStep,
    facts,
    half_of,
    keep,
    typed,
)
from shared_apps.people.services import invitations as links
from shared_apps.people.services import member_sign_in as phones
from shared_apps.people.services import second_factor, sessions
from tenant_apps.access import selectors
from tenant_apps.access.api import serializers
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.selectors import permission_table
from tenant_apps.access.services import grants, invitations, member_sign_in, sign_in


class DeskPasswordStep(PasswordStep):
    """First step at a unit's desk."""

    permission = PUBLIC
    shape: ClassVar[type[Serializer[Any]]] = PhonePasswordStepInput

    @extend_schema(request=PhonePasswordStepInput, responses=NextStepOutput)
    def post(self, request: Request) -> Response:
        return super().post(request)

    def open(self, given: dict[str, Any]) -> sessions.Opened:
        return sign_in.with_phone(
            **given,
            device=facts(self.request).device,
            actor=self.actor,
            now=clock.now(),
        )


class DeskSecondFactorStep(SecondFactorStep):
    """Second step at a unit's desk."""

    permission = PUBLIC

    def complete(self, session: sessions.Held, code: str) -> sessions.Opened:
        return sign_in.with_second_factor(
            session=session, code=code, actor=self.actor, now=clock.now()
        )


class DeskEnrolment(Enrolment):
    """Second step of a first sign-in at a unit's desk."""

    permission = PUBLIC

    def complete(self, session: sessions.Held, code: str) -> tuple[sessions.Opened, list[str]]:
        return sign_in.with_enrolment(session=session, code=code, actor=self.actor, now=clock.now())


class MemberCode(Endpoint):
    """Sends a code to a phone, whosever it is."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.PhoneInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(serializers.PhoneInput, request)
        phones.request_code(
            phone=given["phone"],
            audience=facts(request).audience,
            actor=self.actor,
            now=clock.now(),
        )
        return Response(status=204)


class MemberStep(Endpoint):
    """Accepts the code: signs in, or says among whom to choose."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.PhoneCodeInput, responses=serializers.MemberStepOutput)
    def post(self, request: Request) -> Response:
        proven = member_sign_in.prove(
            **typed(serializers.PhoneCodeInput, request),
            audience=facts(request).audience,
            device=facts(request).device,
            actor=self.actor,
            now=clock.now(),
        )
        keep(request, proven.opened)
        return Response(serializers.MemberStepOutput(proven).data)


class MemberChoice(Endpoint):
    """Signs in as one of the members that the phone belongs to."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.ChoiceInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(serializers.ChoiceInput, request)
        opened = member_sign_in.choose(
            session=half_of(request, "member"),
            choice_id=given["choice"],
            actor=self.actor,
            now=clock.now(),
        )
        keep(request, opened)
        return Response(status=204)


class Grants(Endpoint):
    """Roles in force in the actor's sub-trees; another one for a colleague."""

    permission = AccessPermission.MANAGE

    @extend_schema(responses=serializers.GrantOutput(many=True))
    def get(self, request: Request) -> Response:
        visible = selectors.grants_visible_to(self.actor)
        return Response(serializers.GrantOutput(visible, many=True).data)

    @extend_schema(request=serializers.GrantInput, responses={201: serializers.GrantOutput})
    def post(self, request: Request) -> Response:
        given = typed(serializers.GrantInput, request)
        colleague = selectors.colleague_for(self.actor, given["person_id"])
        made = grants.grant(
            **given, person_name=colleague.person_name, actor=self.actor, now=clock.now()
        )
        return Response(serializers.GrantOutput(made).data, status=201)


class OneGrant(Endpoint):
    """A role to be taken away."""

    permission = AccessPermission.MANAGE

    @extend_schema(responses={204: None})
    def delete(self, request: Request, grant_id: UUID) -> Response:
        held = selectors.grant_for(self.actor, grant_id)
        grants.revoke(grant=held, actor=self.actor, now=clock.now())
        return Response(status=204)


class Invitations(Endpoint):
    """Open invitations in the actor's sub-trees; a new one."""

    permission = AccessPermission.MANAGE
    keeps_answers = False

    @extend_schema(responses=serializers.InvitationOutput(many=True))
    def get(self, request: Request) -> Response:
        waiting = [
            row
            for row in people.open_invitations(current_unit_id(), now=clock.now())
            if grants.is_within_scope(self.actor, row.scope)
        ]
        return Response(serializers.InvitationOutput(waiting, many=True).data)

    @extend_schema(request=serializers.InvitationInput, responses={201: serializers.InvitedOutput})
    def post(self, request: Request) -> Response:
        given = typed(serializers.InvitationInput, request)
        invited = invitations.invite(**given, actor=self.actor, now=clock.now())
        link = request.build_absolute_uri(f"/invitation/{invited.token}/")
        body = {"id": invited.id, "link": link, "expires_at": invited.expires_at}
        return Response(serializers.InvitedOutput(body).data, status=201)


class OneInvitation(Endpoint):
    """An invitation to be taken back."""

    permission = AccessPermission.MANAGE

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        invitations.revoke(invitation_id=invitation_id, actor=self.actor, now=clock.now())
        return Response(status=204)


class InvitationLink(Endpoint):
    """What a link says; the token travels in the body, never in a logged address."""

    permission = PUBLIC

    @extend_schema(request=serializers.TokenInput, responses=serializers.InviteeOutput)
    def post(self, request: Request) -> Response:
        given = typed(serializers.TokenInput, request)
        invitee = links.opened(unit_id=current_unit_id(), token=given["token"], now=clock.now())
        return Response(serializers.InviteeOutput(invitee).data)


class InvitationCode(Endpoint):
    """Sends a code to the invited phone."""

    permission = PUBLIC

    @extend_schema(request=serializers.TokenInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(serializers.TokenInput, request)
        links.send_code(
            unit_id=current_unit_id(), token=given["token"], actor=self.actor, now=clock.now()
        )
        return Response(status=204)


class InvitationProof(Endpoint):
    """Accepts the code sent to the invited phone."""

    permission = PUBLIC

    @extend_schema(request=serializers.TokenCodeInput, responses=serializers.ProofOutput)
    def post(self, request: Request) -> Response:
        given = typed(serializers.TokenCodeInput, request)
        proof = invitations.prove_phone(**given, actor=self.actor, now=clock.now())
        return Response({"proof": proof})


class AcceptInvitation(Endpoint):
    """Uses the link up; the second factor comes next."""

    permission = PUBLIC

    @extend_schema(request=serializers.AcceptInput, responses=NextStepOutput)
    def post(self, request: Request) -> Response:
        opened = invitations.accept(
            **typed(serializers.AcceptInput, request),
            device=facts(request).device,
            actor=self.actor,
            now=clock.now(),
        )
        keep(request, opened)
        enrolled = second_factor.is_enrolled(opened.session.person)
        return Response({"next": "second_factor" if enrolled else "enrolment"})


class Permissions(Endpoint):
    """The table of permissions and roles."""

    permission = AccessPermission.PERMISSIONS_READ

    @extend_schema(responses=serializers.PermissionOutput(many=True))
    def get(self, request: Request) -> Response:
        roles = (*permission_table.UNIT_ROLES, *permission_table.PLATFORM_ROLES)
        lines = [line for area in permission_table.areas(roles) for line in area.lines]
        body = [
            {
                "permission": line.permission,
                "sentence": line.sentence,
                "roles": dict(zip(roles, line.cells, strict=True)),
            }
            for line in lines
        ]
        return Response(serializers.PermissionOutput(body, many=True).data)
