"""The door and the own account for programs: the same calls as the pages.

The answer to the last step sets the same host-only cookie.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.middleware.csrf import rotate_token
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from kernel import clock
from kernel.api.views import Endpoint
from kernel.errors import Conflict
from kernel.permissions import PUBLIC
from shared_apps.people.api import serializers
from shared_apps.people.models import SessionKind
from shared_apps.people.permissions import PeoplePermission
from shared_apps.people.services import passwords, second_factor, sessions, sign_in


class NotHalfWay(Conflict):
    code = "sign_in_not_begun"
    sentence = "登录已超时，请从第一步重新开始。"


def typed(shape: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body in its shape; raises the framework's ValidationError."""
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def half_way(request: Request) -> sessions.Held:
    """The administrator's sign-in that waits for its second step; raises NotHalfWay."""
    return half_of(request, SessionKind.ADMINISTRATOR)


def half_of(request: Request, kind: str) -> sessions.Held:
    """The sign-in of this kind that waits for its next step; raises NotHalfWay."""
    session: sessions.Held | None = facts(request).half_signed_in
    if session is None or session.kind != kind:
        raise NotHalfWay
    return session


def facts(request: Request) -> Any:
    """The plain request, on which the middleware left what it found."""
    return request._request


def keep(request: Request, opened: sessions.Opened) -> None:
    """Leaves the new token for the middleware to put into the cookie."""
    facts(request).opened_session = opened
    rotate_token(request._request)


class PasswordStep(Endpoint):
    """First step on the console; ``access`` has the unit's."""

    permission = PUBLIC
    is_kept_open = True
    shape: ClassVar[type[Serializer[Any]]] = serializers.PasswordStepInput

    @extend_schema(request=serializers.PasswordStepInput, responses=serializers.NextStepOutput)
    def post(self, request: Request) -> Response:
        opened = self.open(typed(self.shape, request))
        keep(request, opened)
        enrolled = second_factor.is_enrolled(opened.session.person)
        return Response({"next": "second_factor" if enrolled else "enrolment"})

    def open(self, given: dict[str, Any]) -> sessions.Opened:
        return sign_in.with_login(
            **given,
            device=facts(self.request).device,
            actor=self.actor,
            now=clock.now(),
        )


class SecondFactorStep(Endpoint):
    """Second step: the device's code or a recovery code."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.CodeInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(serializers.CodeInput, request)
        keep(request, self.complete(half_way(request), given["code"]))
        return Response(status=204)

    def complete(self, session: sessions.Held, code: str) -> sessions.Opened:
        return sign_in.with_second_factor(
            session=session, code=code, actor=self.actor, now=clock.now()
        )


class Enrolment(Endpoint):
    """Second step of a first sign-in: learn the secret, then confirm it by a code."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(responses=serializers.EnrolmentOutput)
    def get(self, request: Request) -> Response:
        person = half_way(request).person
        shown = second_factor.begin(person=person, now=clock.now())
        return Response(serializers.EnrolmentOutput(shown).data)

    @extend_schema(request=serializers.CodeInput, responses=serializers.RecoveryCodesOutput)
    def post(self, request: Request) -> Response:
        given = typed(serializers.CodeInput, request)
        opened, codes = self.complete(half_way(request), given["code"])
        keep(request, opened)
        return Response({"recovery_codes": codes})

    def complete(self, session: sessions.Held, code: str) -> tuple[sessions.Opened, list[str]]:
        return sign_in.with_enrolment(session=session, code=code, actor=self.actor, now=clock.now())


class CurrentSession(Endpoint):
    """Who is signed in here; signing out."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True

    @extend_schema(responses=serializers.WhoOutput)
    def get(self, request: Request) -> Response:
        return Response(serializers.WhoOutput(self.actor).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        if self.actor.session_id is not None:
            sessions.end(session_id=self.actor.session_id, actor=self.actor, now=clock.now())
        facts(request).signed_out = True
        return Response(status=204)


class OwnSessions(Endpoint):
    """Where one is signed in."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True

    @extend_schema(responses=serializers.OwnSessionOutput(many=True))
    def get(self, request: Request) -> Response:
        own = sessions.own(actor=self.actor, now=clock.now())
        return Response(serializers.OwnSessionOutput(own, many=True).data)


class OwnSession(Endpoint):
    """One of them, to be ended."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        sessions.end(session_id=session_id, actor=self.actor, now=clock.now())
        return Response(status=204)


class OwnPassword(Endpoint):
    """The own password; every other session ends."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True

    @extend_schema(request=serializers.ChangePasswordInput, responses={204: None})
    def put(self, request: Request) -> Response:
        given = typed(serializers.ChangePasswordInput, request)
        opened = passwords.change(
            session=facts(request).signed_in,
            current=given["current"],
            new=given["password"],
            actor=self.actor,
            now=clock.now(),
        )
        keep(request, opened)
        return Response(status=204)
