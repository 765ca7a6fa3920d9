"""Support access for programs: the same calls as the pages of the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.people.views import door
from shared_apps.support import selectors
from shared_apps.support.api.serializers import AccessOutput, AskInput, PassOutput
from shared_apps.support.permissions import SupportPermission
from shared_apps.support.services import accesses, visits

_MOST = 200


class Accesses(Endpoint):
    """The latest requests, and another one."""

    permission = SupportPermission.VIEW

    @extend_schema(operation_id="support_list", responses=AccessOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = selectors.all_visible_to(self.actor, to=self.permission)[:_MOST]
        return Response(AccessOutput(rows, many=True).data)

    @extend_schema(operation_id="support_ask", request=AskInput, responses={201: AccessOutput})
    def post(self, request: Request) -> Response:
        given = AskInput(data=request.data)
        given.is_valid(raise_exception=True)
        typed: dict[str, Any] = dict(given.validated_data)
        unit = selectors.unit_for(self.actor, typed.pop("unit_id"), to=SupportPermission.ASK)
        made = accesses.ask(unit=unit, actor=self.actor, now=clock.now(), **typed)
        return Response(AccessOutput(made).data, status=201)


class OneAccess(Endpoint):
    permission = SupportPermission.VIEW

    @extend_schema(operation_id="support_retrieve", responses=AccessOutput)
    def get(self, request: Request, access_id: UUID) -> Response:
        found = selectors.access_for(self.actor, access_id, to=self.permission)
        return Response(AccessOutput(accesses.looked_at(access_id=found.pk, now=clock.now())).data)


class Withdraw(Endpoint):
    permission = SupportPermission.ASK

    @extend_schema(operation_id="support_withdraw", request=None, responses=AccessOutput)
    def post(self, request: Request, access_id: UUID) -> Response:
        done = accesses.withdraw(access_id=access_id, actor=self.actor, now=clock.now())
        return Response(AccessOutput(done).data)


class Enter(Endpoint):
    """A one-time way into the unit."""

    permission = SupportPermission.ASK
    keeps_answers = False

    @extend_schema(operation_id="support_pass", request=None, responses={201: PassOutput})
    def post(self, request: Request, access_id: UUID) -> Response:
        access = selectors.access_for(self.actor, access_id, to=self.permission)
        token = visits.make_pass(
            access_id=access_id,
            device=door.device_of(request._request),
            actor=self.actor,
            now=clock.now(),
        )
        told = {
            "token": token,
            "host": f"{access.unit.label}.{settings.BASE_DOMAIN}",
            "seconds": int(visits.PASS_LIFE.total_seconds()),
        }
        return Response(PassOutput(told).data, status=201)


class End(Endpoint):
    permission = SupportPermission.ASK

    @extend_schema(operation_id="support_end", request=None, responses=AccessOutput)
    def post(self, request: Request, access_id: UUID) -> Response:
        done = accesses.end_by_operator(access_id=access_id, actor=self.actor, now=clock.now())
        return Response(AccessOutput(done).data)
