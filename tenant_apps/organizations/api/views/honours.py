"""The API of an organisation's commendations."""

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
from tenant_apps.organizations import selectors
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.services import honours


class HonourOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    level = serializers.CharField()
    organ = serializers.CharField()
    given_on = serializers.DateField()
    document = serializers.CharField()
    recorded_by_name = serializers.CharField()


class HonourInput(Input):
    name = serializers.CharField(max_length=80)
    level = serializers.CharField(max_length=24, help_text="代码表 award_level 的名称")
    organ = serializers.CharField(max_length=80)
    given_on = serializers.DateField()
    document = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class StrikeInput(Input):
    reason = serializers.CharField(max_length=200, min_length=honours.SHORTEST_REASON)


class Honours(Endpoint):
    """``GET`` the commendations of an organisation, ``POST`` another one."""

    permission = OrganizationPermission.BROWSE

    @extend_schema(operation_id="honours_list", responses=HonourOutput(many=True))
    def get(self, request: Request, org_id: UUID) -> Response:
        organization = selectors.organization_for(self.actor, org_id, to=self.permission)
        found = organization.honours.filter(struck_at=None)
        return Response(HonourOutput(found, many=True).data)

    @extend_schema(operation_id="honours_give", request=HonourInput, responses={201: HonourOutput})
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.EDIT
        )
        given = self.given(HonourInput)
        made = honours.give(organization=organization, **given, actor=self.actor, now=clock.now())
        return Response(HonourOutput(made).data, status=201)


class HonourStrike(Endpoint):
    """``POST`` strikes out what was entered by mistake."""

    permission = OrganizationPermission.EDIT

    @extend_schema(operation_id="honours_strike", request=StrikeInput, responses={204: None})
    def post(self, request: Request, org_id: UUID, honour_id: UUID) -> Response:
        organization = selectors.organization_for(self.actor, org_id, to=self.permission)
        honours.strike(
            organization=organization,
            honour_id=honour_id,
            **self.given(StrikeInput),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(status=204)
