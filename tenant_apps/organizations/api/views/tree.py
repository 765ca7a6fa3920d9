"""The API of organisations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.organizations import selectors
from tenant_apps.organizations.api.serializers import (
    MoveInput,
    MoveOutput,
    NewOrganizationInput,
    OrganizationInput,
    OrganizationOutput,
    OrganizationSheetOutput,
)
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.services import shaping


class Organizations(Endpoint):
    """``GET`` one level of the tree, ``POST`` a new organisation."""

    permission = OrganizationPermission.BROWSE

    @extend_schema(
        operation_id="organizations_list",
        parameters=[OpenApiParameter("parent", UUID, description="上级组织；不填为最上一级")],
        responses=OrganizationOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        sent = request.query_params.get("parent")
        parent_id = serializers.UUIDField().run_validation(sent) if sent else None
        if parent_id is not None:
            selectors.organization_for(self.actor, parent_id, to=OrganizationPermission.BROWSE)
        children = selectors.children_visible_to(self.actor, parent_id)
        return Response(OrganizationOutput(children, many=True).data)

    @extend_schema(
        operation_id="organizations_create",
        request=NewOrganizationInput,
        responses={201: OrganizationOutput},
    )
    def post(self, request: Request) -> Response:
        given = NewOrganizationInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        parent = selectors.organization_for(
            self.actor, values.pop("parent_id"), to=OrganizationPermission.EDIT
        )
        made = shaping.create(
            parent=parent, sheet=shaping.Sheet(**values), actor=self.actor, now=clock.now()
        )
        return Response(OrganizationOutput(made).data, status=201)


class OrganizationDetail(Endpoint):
    """``GET`` and ``PATCH`` one organisation."""

    permission = OrganizationPermission.BROWSE

    @extend_schema(operation_id="organizations_retrieve", responses=OrganizationSheetOutput)
    def get(self, request: Request, org_id: UUID) -> Response:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.BROWSE
        )
        count = selectors.headcounts([organization.path])[organization.path]
        warnings = selectors.warnings_of(organization, count, today=clock.today())
        shown = OrganizationOutput(organization).data | {
            "members_direct": count.direct,
            "members_within": count.within,
            "warnings": [asdict(warning) for warning in warnings],
        }
        return Response(OrganizationSheetOutput(shown).data)

    @extend_schema(
        operation_id="organizations_revise",
        request=OrganizationInput(partial=True),
        responses=OrganizationOutput,
    )
    def patch(self, request: Request, org_id: UUID) -> Response:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.EDIT
        )
        given = OrganizationInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        sheet = shaping.Sheet(**{**_sheet_of(organization), **given.validated_data})
        revised = shaping.revise(
            organization=organization, sheet=sheet, actor=self.actor, now=clock.now()
        )
        return Response(OrganizationOutput(revised).data)


class OrganizationMove(Endpoint):
    """``POST /organizations/<id>/move/``."""

    permission = OrganizationPermission.MOVE

    @extend_schema(operation_id="organizations_move", request=MoveInput, responses=MoveOutput)
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.MOVE
        )
        given = MoveInput(data=request.data)
        given.is_valid(raise_exception=True)
        parent = selectors.organization_for(
            self.actor, given.validated_data["parent_id"], to=OrganizationPermission.MOVE
        )
        came_from = shaping.move(
            organization=organization, parent=parent, actor=self.actor, now=clock.now()
        )
        organization.refresh_from_db()
        return Response(MoveOutput({"organization": organization, "came_from": came_from}).data)


def _sheet_of(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in shaping.Sheet.__dataclass_fields__}
