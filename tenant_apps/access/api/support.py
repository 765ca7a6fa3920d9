"""Support access for programs, the unit's side and the visitor's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from kernel.permissions import PUBLIC
from kernel.unit import current_unit_id
from shared_apps.people.views import door
from shared_apps.support import selectors
from shared_apps.support.api.serializers import AccessOutput
from shared_apps.support.permissions import SupportPermission
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.selectors import support as reading
from tenant_apps.access.services import support


class AcceptSupportInput(Input):
    """No more than was asked for; ``code`` is one of the caller's second factor."""

    hours = serializers.IntegerField()
    areas = serializers.ListField(child=serializers.ChoiceField(choices=selectors.Area.choices))
    changes = serializers.ListField(
        child=serializers.ChoiceField(choices=selectors.Change.choices),
        required=False,
        default=list,
    )
    scope = serializers.CharField(
        max_length=80, required=False, default="", allow_blank=True,
        help_text="限于哪个组织：组织在组织树中的位置；空为全单位",
    )  # fmt: skip
    code = serializers.CharField(max_length=20)


class RefuseSupportInput(Input):
    reason = serializers.CharField(max_length=300)


class SupportPassInput(Input):
    token = serializers.CharField(max_length=400)


class SupportActOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    title = serializers.CharField()
    text = serializers.CharField()


class SupportRecordOutput(AccessOutput):
    acts = SupportActOutput(many=True, help_text="访问期间的全部记录，最近的在前")


class Accesses(Endpoint):
    permission = AccessPermission.SUPPORT_VIEW

    @extend_schema(operation_id="support_accesses_list", responses=AccessOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(AccessOutput(selectors.listed_of(current_unit_id()), many=True).data)


class OneAccess(Endpoint):
    """What was asked, the answer, and everything that was looked at and done."""

    permission = AccessPermission.SUPPORT_VIEW

    @extend_schema(operation_id="support_accesses_retrieve", responses=SupportRecordOutput)
    def get(self, request: Request, access_id: UUID) -> Response:
        access = selectors.one_of(current_unit_id(), access_id)
        acts = SupportActOutput(reading.acts_under(access_id), many=True).data
        return Response({**AccessOutput(access).data, "acts": acts})


class Accept(Endpoint):
    permission = AccessPermission.SUPPORT_DECIDE
    is_kept_open = True
    keeps_answers = False

    @extend_schema(
        operation_id="support_accesses_accept", request=AcceptSupportInput, responses=AccessOutput
    )
    def post(self, request: Request, access_id: UUID) -> Response:
        selectors.one_of(current_unit_id(), access_id)
        given = AcceptSupportInput(data=request.data)
        given.is_valid(raise_exception=True)
        done = support.accept(
            access_id=access_id, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(AccessOutput(done).data)


class Refuse(Endpoint):
    permission = AccessPermission.SUPPORT_DECIDE
    is_kept_open = True

    @extend_schema(
        operation_id="support_accesses_refuse", request=RefuseSupportInput, responses=AccessOutput
    )
    def post(self, request: Request, access_id: UUID) -> Response:
        selectors.one_of(current_unit_id(), access_id)
        given = RefuseSupportInput(data=request.data)
        given.is_valid(raise_exception=True)
        done = support.refuse(
            access_id=access_id, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(AccessOutput(done).data)


class End(Endpoint):
    permission = AccessPermission.SUPPORT_DECIDE
    is_kept_open = True

    @extend_schema(operation_id="support_accesses_end", request=None, responses=AccessOutput)
    def post(self, request: Request, access_id: UUID) -> Response:
        done = support.end(access_id=access_id, actor=self.actor, now=clock.now())
        return Response(AccessOutput(done).data)


class Enter(Endpoint):
    """Exchanges the console's pass for a session in the unit, once."""

    permission = PUBLIC
    is_kept_open = True

    @extend_schema(
        operation_id="support_visit_enter", request=SupportPassInput, responses=AccessOutput
    )
    def post(self, request: Request) -> Response:
        given = SupportPassInput(data=request.data)
        given.is_valid(raise_exception=True)
        access, opened = support.enter(
            device=door.device_of(request._request),
            actor=self.actor,
            now=clock.now(),
            **given.validated_data,
        )
        door.give_cookie(request._request, opened)
        return Response(AccessOutput(access).data)


class EndVisit(Endpoint):
    """The visitor ends the access."""

    permission = SupportPermission.VISIT
    is_kept_open = True
    is_visitors_own = True

    @extend_schema(operation_id="support_visit_end", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        support.leave(actor=self.actor, now=clock.now())
        request._request.signed_out = True  # type: ignore[attr-defined]  # config.middleware
        return Response(status=204)
