"""A forgotten password for programs: the same calls as the pages, in the same order.

The answers to the middle steps set the host-only cookie that remembers how far one came.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.permissions import PUBLIC
from shared_apps.people.api.serializers import CodeInput
from shared_apps.people.api.views import facts, half_of, keep, typed
from tenant_apps.access.api import serializers
from tenant_apps.access.services import password_reset

_HALF = "reset"


class ResetCode(Endpoint):
    """Sends a code to a phone, whosever it is."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.PhoneInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(serializers.PhoneInput, request)
        password_reset.request_code(phone=given["phone"], actor=self.actor, now=clock.now())
        return Response(status=204)


class ResetPhone(Endpoint):
    """Accepts the code; the second factor comes next."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.PhoneCodeInput, responses={204: None})
    def post(self, request: Request) -> Response:
        opened = password_reset.prove_phone(
            **typed(serializers.PhoneCodeInput, request),
            device=facts(request).device,
            actor=self.actor,
            now=clock.now(),
        )
        keep(request, opened)
        return Response(status=204)


class ResetSecondFactor(Endpoint):
    """The device's code or a recovery code; the new password comes next."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=CodeInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(CodeInput, request)
        opened = password_reset.prove_second_factor(
            session=half_of(request, _HALF),
            code=given["code"],
            actor=self.actor,
            now=clock.now(),
        )
        keep(request, opened)
        return Response(status=204)


class ResetPassword(Endpoint):
    """The new password; every session of the person ends."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(request=serializers.NewPasswordInput, responses={204: None})
    def post(self, request: Request) -> Response:
        given = typed(serializers.NewPasswordInput, request)
        password_reset.finish(
            session=half_of(request, _HALF),
            password=given["password"],
            actor=self.actor,
            now=clock.now(),
        )
        facts(request).signed_out = True
        return Response(status=204)
