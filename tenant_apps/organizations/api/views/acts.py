"""The API of what is decided about the tree."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.papers import MOST_BYTES, Upload
from kernel.web.downloads import handed_in
from tenant_apps.organizations import selectors
from tenant_apps.organizations.api.serializers import (
    ActOutput,
    DissolveInput,
    MergeInput,
    MoveInput,
    OrganizationOutput,
    PreviewOutput,
    RetypeInput,
    SplitInput,
)
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import previews
from tenant_apps.organizations.selectors.papers import paper_for
from tenant_apps.organizations.services import (
    merging,
    moving,
    papers,
    retyping,
    splitting,
    undoing,
)
from tenant_apps.organizations.services.sheets import Sheet
from tenant_apps.organizations.services.turns import Decision

_TO = OpenApiParameter("to", UUID, required=True, description="目标组织")


PARSERS = (JSONParser, MultiPartParser)
"""Decisions come as JSON, or as a form with the approval document."""


class OrganizationMove(Endpoint):
    """``GET`` what a move would do, ``POST`` to decide it."""

    permission = OrganizationPermission.MOVE
    parser_classes = PARSERS

    @extend_schema(
        operation_id="organizations_move_preview", parameters=[_TO], responses=PreviewOutput
    )
    def get(self, request: Request, org_id: UUID) -> Response:
        organization, parent = self._one(org_id), self._one(_sent_target(request))
        moving.refuse_move(organization, parent)
        return Response(PreviewOutput(previews.of_move(organization, parent)).data)

    @extend_schema(operation_id="organizations_move", request=MoveInput, responses=ActOutput)
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = self._one(org_id)
        values = _taken(MoveInput(data=request.data))
        parent = self._one(values["parent_id"])
        act = moving.move(
            organization=organization,
            parent=parent,
            decision=_decision(values),
            actor=self.actor,
            now=clock.now(),
        )
        return _told(act, organization)

    def _one(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=self.permission)


class _Decided(Endpoint, abstract=True):
    """What the superior decides about an organisation."""

    permission = OrganizationPermission.RESTRUCTURE
    parser_classes = PARSERS

    def decided(self, org_id: UUID) -> Organization:
        found = self.target(org_id)
        selectors.superior_for(self.actor, found, to=self.permission)
        return found

    def target(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=self.permission)


class OrganizationMerge(_Decided):
    """``GET`` what a merger would do, ``POST`` to decide it."""

    @extend_schema(
        operation_id="organizations_merge_preview", parameters=[_TO], responses=PreviewOutput
    )
    def get(self, request: Request, org_id: UUID) -> Response:
        source, target = self.decided(org_id), self.target(_sent_target(request))
        merging.refuse_merger(source, target)
        return Response(PreviewOutput(previews.of_merger(source, target)).data)

    @extend_schema(operation_id="organizations_merge", request=MergeInput, responses=ActOutput)
    def post(self, request: Request, org_id: UUID) -> Response:
        source = self.decided(org_id)
        values = _taken(MergeInput(data=request.data))
        target = self.target(values["into_id"])
        act = merging.merge(
            source=source,
            target=target,
            decision=_decision(values),
            actor=self.actor,
            now=clock.now(),
        )
        return _told(act, target)


class OrganizationDissolve(_Decided):
    """``POST``: ends an organisation that is empty, or with a place for everybody."""

    @extend_schema(
        operation_id="organizations_dissolve", request=DissolveInput, responses=ActOutput
    )
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = self.decided(org_id)
        values = _taken(DissolveInput(data=request.data))
        into = self.target(values["into_id"]) if values["into_id"] else None
        act = merging.dissolve(
            organization=organization,
            into=into,
            decision=_decision(values),
            actor=self.actor,
            now=clock.now(),
        )
        return _told(act, organization)


class OrganizationRetype(_Decided):
    """``POST``: raises or lowers an organisation."""

    @extend_schema(operation_id="organizations_retype", request=RetypeInput, responses=ActOutput)
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = self.decided(org_id)
        values = _taken(RetypeInput(data=request.data))
        act = retyping.retype(
            organization=organization,
            kind=values["kind"],
            branch=values["branch"],
            decision=_decision(values),
            actor=self.actor,
            now=clock.now(),
        )
        return _told(act, organization)


class OrganizationSplit(_Decided):
    """``POST``: founds an organisation beside this one with some of its members and children."""

    @extend_schema(
        operation_id="organizations_split", request=SplitInput, responses={201: ActOutput}
    )
    def post(self, request: Request, org_id: UUID) -> Response:
        source = self.decided(org_id)
        values = _taken(SplitInput(data=request.data))
        names = {key: values[key] for key in ("name", "short_name", "kind")}
        made, act = splitting.split(
            source=source,
            sheet=Sheet(**names, founded_on=values["on"]),
            members=values["members"],
            children=values["children"],
            decision=_decision(values),
            actor=self.actor,
            now=clock.now(),
        )
        return _told(act, made, status=201)


class ActUndo(Endpoint):
    """``POST``: calls off what oneself decided within the last ten minutes."""

    permission = OrganizationPermission.MOVE

    @extend_schema(
        operation_id="organizations_act_undo",
        request=None,
        responses=OrganizationOutput(many=True),
    )
    def post(self, request: Request, act_id: UUID) -> Response:
        selectors.authorise_undoing(self.actor, act_id)
        concerned = undoing.undo(act_id=act_id, actor=self.actor, now=clock.now())
        return Response(OrganizationOutput(concerned, many=True).data)


def uploaded(values: dict[str, Any]) -> Upload | None:
    """The approval document that was sent along (multipart)."""
    sent = values.get("paper")
    return Upload(sent.name or "", sent.read(MOST_BYTES + 1)) if sent is not None else None


def _taken(given: Any) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _decision(values: dict[str, Any]) -> Decision:
    told = {key: values[key] for key in ("on", "reason", "document")}
    return Decision(**told, paper=uploaded(values))


class ActPaper(Endpoint):
    """``GET /organizations/<id>/acts/<act>/paper/``: the approval document of a change, by the
    right to look at an organisation that it concerned.
    """

    permission = OrganizationPermission.BROWSE

    @extend_schema(
        operation_id="organizations_act_paper",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, org_id: UUID, act_id: UUID) -> HttpResponse:
        paper = paper_for(self.actor, org_id, act_id)
        content = papers.read(paper=paper, actor=self.actor, now=clock.now())
        return handed_in(content, name=paper.name)


def _sent_target(request: Request) -> UUID:
    found: UUID = serializers.UUIDField().run_validation(request.query_params.get("to", ""))
    return found


def _told(act: UUID, organization: Organization, *, status: int = 200) -> Response:
    organization.refresh_from_db()
    return Response(ActOutput({"act": act, "organization": organization}).data, status=status)
