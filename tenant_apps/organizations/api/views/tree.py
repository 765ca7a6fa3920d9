"""The API of organisations."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.organizations import selectors
from tenant_apps.organizations.api.serializers import (
    LineOutput,
    NewOrganizationInput,
    OrganizationInput,
    OrganizationOutput,
    OrganizationSheetOutput,
    PastOutput,
    TurnOutput,
    WorkplaceInput,
    WorkplaceOutput,
)
from tenant_apps.organizations.api.views.acts import PARSERS, uploaded
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import graph, past, timeline
from tenant_apps.organizations.services import founding, revising
from tenant_apps.organizations.services.sheets import Sheet, sheet_of


class Organizations(Endpoint):
    """``GET`` one level of the tree, ``POST`` a new organisation."""

    permission = OrganizationPermission.BROWSE
    parser_classes = PARSERS

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
        document, paper = values.pop("document"), uploaded(values)
        del values["paper"]
        made = founding.create(
            parent=parent,
            sheet=Sheet(**values),
            document=document,
            paper=paper,
            actor=self.actor,
            now=clock.now(),
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
        warnings = selectors.warnings_of(
            organization, count, today=clock.today(), units=organization.workplaces.count()
        )
        shown = OrganizationOutput(organization).data | {
            "members_direct": count.direct,
            "members_within": count.within,
            "secretary": organization.appointed_secretary
            or selectors.secretaries([organization.pk]).get(organization.pk, ""),
            "workplaces": organization.workplaces.order_by("name"),
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
        values = {**asdict(sheet_of(organization)), **given.validated_data}
        document = values.pop("document", "")
        revised = revising.revise(
            organization=organization,
            sheet=Sheet(**values),
            document=document,
            actor=self.actor,
            now=clock.now(),
        )
        return Response(OrganizationOutput(revised).data)


class OrganizationSubtree(Endpoint):
    """``GET``: an organisation and everything below it, in tree order."""

    permission = OrganizationPermission.BROWSE

    @extend_schema(operation_id="organizations_subtree", responses=LineOutput(many=True))
    def get(self, request: Request, org_id: UUID) -> Response:
        return Response([line._asdict() for line in selectors.subtree_of(self.actor, org_id)])


class OrganizationHistory(Endpoint):
    """``GET``: what happened to an organisation and to all it came from, newest first."""

    permission = OrganizationPermission.BROWSE

    @extend_schema(operation_id="organizations_history", responses=TurnOutput(many=True))
    def get(self, request: Request, org_id: UUID) -> Response:
        found = selectors.past_organization_for(
            self.actor, org_id, to=OrganizationPermission.BROWSE
        )
        drawn = graph.graph_of(found, today=clock.today())
        return Response(TurnOutput(timeline.entries_of(drawn.turns), many=True).data)


class PastOrganizations(Endpoint):
    """``GET``: one level of the tree as it was at the end of a day."""

    permission = OrganizationPermission.BROWSE

    @extend_schema(
        operation_id="organizations_past",
        parameters=[
            OpenApiParameter("on", dt.date, required=True, description="哪一天结束时"),
            OpenApiParameter("parent", UUID, description="上级组织；不填为最上一级"),
        ],
        responses=PastOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        sent = request.query_params
        day = serializers.DateField().run_validation(sent.get("on", ""))
        below = serializers.UUIDField().run_validation(sent["parent"]) if "parent" in sent else None
        if below is not None:
            selectors.past_organization_for(self.actor, below, to=OrganizationPermission.BROWSE)
        return Response(PastOutput(past.level_on(self.actor, day, below=below), many=True).data)


class Workplaces(Endpoint):
    """``GET`` the units behind an organisation, ``POST`` another one."""

    permission = OrganizationPermission.EDIT

    @extend_schema(operation_id="workplaces_list", responses=WorkplaceOutput(many=True))
    def get(self, request: Request, org_id: UUID) -> Response:
        organization = self._one(org_id)
        found = organization.workplaces.order_by("name")
        return Response(WorkplaceOutput(found, many=True).data)

    @extend_schema(
        operation_id="workplaces_add", request=WorkplaceInput, responses={201: WorkplaceOutput}
    )
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = self._one(org_id)
        given = WorkplaceInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = revising.add_workplace(
            organization=organization, **given.validated_data, actor=self.actor, now=clock.now()
        )
        return Response(WorkplaceOutput(made).data, status=201)

    def _one(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=OrganizationPermission.EDIT)


class WorkplaceDetail(Endpoint):
    """``DELETE`` takes a unit off an organisation."""

    permission = OrganizationPermission.EDIT

    @extend_schema(operation_id="workplaces_remove", responses={204: None})
    def delete(self, request: Request, org_id: UUID, workplace_id: UUID) -> Response:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.EDIT
        )
        revising.remove_workplace(
            organization=organization,
            workplace_id=workplace_id,
            actor=self.actor,
            now=clock.now(),
        )
        return Response(status=204)
