"""The API of transfers: lists, one transfer, beginning, the directory, the own ones."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.views import Endpoint
from kernel.clock import Month
from kernel.permissions import PUBLIC
from shared_apps.exchange import selectors as exchange
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.services.newcomers import NewMember
from tenant_apps.organizations import selectors as organizations
from tenant_apps.transfers.api import serializers as shapes
from tenant_apps.transfers.models import Handover, Kind
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors.arrival import hindrance
from tenant_apps.transfers.selectors.lists import (
    TABS,
    Filters,
    Tab,
    TransferNotFound,
    handover_for,
    listed,
    open_verbs,
    own_handover,
    own_handovers,
)
from tenant_apps.transfers.selectors.timeline import timeline
from tenant_apps.transfers.services import batches, drafting, letters, publishing, receiving, whole
from tenant_apps.transfers.services.drafting import Plan
from tenant_apps.transfers.services.receiving import PaperLetter

_FILTERS = [
    OpenApiParameter("tab", str, enum=[str(tab) for tab in TABS]),
    OpenApiParameter("q", str, description="姓名、介绍信编号或对方党组织"),
    OpenApiParameter("kind", str, description="转接类别"),
    OpenApiParameter("limit", int), OpenApiParameter("cursor", str),
]  # fmt: skip


class Transfers(Endpoint):
    """``GET`` a list by cursor; ``POST`` begins transfers and submits them."""

    permission = TransferPermission.BROWSE

    @extend_schema(
        operation_id="transfers_list", parameters=_FILTERS, responses=shapes.TransferPageOutput
    )
    def get(self, request: Request) -> Response:
        tab, filters = _asked(request.query_params)
        rows = listed(self.actor, tab, filters, today=clock.today())
        return _page(rows.order_by(), request, self)

    @extend_schema(
        operation_id="transfers_begin",
        request=shapes.BeginInput,
        responses={201: shapes.TransferOutput(many=True)},
    )
    def post(self, request: Request) -> Response:
        given = shapes.BeginInput(data=request.data)
        given.is_valid(raise_exception=True)
        values, now = given.validated_data, clock.now()
        plan = plan_of(values)
        if values.get("branch_id"):
            branch = organizations.organization_for(
                self.actor, values["branch_id"], to=TransferPermission.PREPARE
            )
            made = whole.begin(branch=branch, plan=plan, actor=self.actor, now=now)
        else:
            people = members.members_for(self.actor, values["member_ids"], to=MemberPermission.READ)
            made = batches.begin(members=people, plan=plan, actor=self.actor, now=now)
        return Response(shapes.TransferOutput(made, many=True).data, status=201)


class PaperLetters(Endpoint):
    """``POST`` enters a paper letter of an organisation outside the platform."""

    permission = TransferPermission.PREPARE

    @extend_schema(
        operation_id="transfers_register_paper",
        request=shapes.PaperInput,
        responses={201: shapes.TransferOutput},
    )
    def post(self, request: Request) -> Response:
        given = shapes.PaperInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        org = organizations.organization_for(
            self.actor, values.pop("org_id"), to=TransferPermission.PREPARE
        )
        paper = _paper(values)
        made = receiving.register(paper=paper, org=org, actor=self.actor, now=clock.now())
        return Response(shapes.TransferOutput(made).data, status=201)


class TransferDetail(Endpoint):
    """``GET`` one transfer with its time line and what can be done with it now."""

    permission = TransferPermission.BROWSE

    @extend_schema(operation_id="transfers_retrieve", responses=shapes.TransferDetailOutput)
    def get(self, request: Request, handover_id: Any) -> Response:
        handover = handover_for(self.actor, handover_id, to=TransferPermission.BROWSE)
        verbs = [str(verb) for verb in open_verbs(self.actor, handover)]
        return Response(shapes.TransferDetailOutput(_detail(handover, verbs)).data)


class Directory(Endpoint):
    """``GET`` units that let themselves be found."""

    permission = TransferPermission.PREPARE

    @extend_schema(
        operation_id="transfers_directory",
        parameters=[OpenApiParameter("q", str, description="名称的一部分，或完整的党组织代码")],
        responses=shapes.DestinationOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        found = exchange.search(request.query_params.get("q", ""))
        return Response(shapes.DestinationOutput(found, many=True).data)


class CheckLetter(Endpoint):
    """``POST`` the code of a letter: what it is worth, for anybody who holds it."""

    permission = PUBLIC

    @extend_schema(
        operation_id="transfers_check", request=shapes.CheckInput, responses=shapes.CheckOutput
    )
    def post(self, request: Request) -> Response:
        given = shapes.CheckInput(data=request.data)
        given.is_valid(raise_exception=True)
        code = given.validated_data["code"]
        found = letters.check(code=code, actor=self.actor, today=clock.today())
        if found is None:
            raise TransferNotFound
        return Response(shapes.CheckOutput(found).data)


class Publish(Endpoint):
    """``GET`` and ``POST`` whether other units find this one."""

    permission = TransferPermission.PUBLISH

    @extend_schema(operation_id="transfers_published", responses=shapes.PublishOutput)
    def get(self, request: Request) -> Response:
        return Response(shapes.PublishOutput({"is_open": exchange.is_published()}).data)

    @extend_schema(
        operation_id="transfers_publish",
        request=shapes.PublishInput,
        responses=shapes.PublishOutput,
    )
    def post(self, request: Request) -> Response:
        given = shapes.PublishInput(data=request.data)
        given.is_valid(raise_exception=True)
        is_open = given.validated_data["is_open"]
        publishing.publish(is_open=is_open, actor=self.actor, now=clock.now())
        return Response(shapes.PublishOutput({"is_open": is_open}).data)


class OwnTransfers(Endpoint):
    """``GET`` the own transfers; ``POST`` applies for one."""

    permission = TransferPermission.APPLY

    @extend_schema(operation_id="own_transfers_list", responses=shapes.TransferPageOutput)
    def get(self, request: Request) -> Response:
        return _page(own_handovers(self.actor).order_by(), request, self)

    @extend_schema(
        operation_id="own_transfers_apply",
        request=shapes.PlanInput,
        responses={201: shapes.TransferOutput},
    )
    def post(self, request: Request) -> Response:
        given = shapes.PlanInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = drafting.apply(
            member=members.own_file(self.actor),
            plan=plan_of(given.validated_data),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.TransferOutput(made).data, status=201)


class OwnTransfer(Endpoint):
    """``GET`` how far the own transfer is; ``DELETE`` takes an application back."""

    permission = TransferPermission.APPLY

    @extend_schema(operation_id="own_transfers_retrieve", responses=shapes.TransferDetailOutput)
    def get(self, request: Request, handover_id: Any) -> Response:
        handover = own_handover(self.actor, handover_id)
        return Response(shapes.TransferDetailOutput(_detail(handover, [])).data)

    @extend_schema(operation_id="own_transfers_withdraw", responses=shapes.TransferOutput)
    def delete(self, request: Request, handover_id: Any) -> Response:
        handover = drafting.withdraw(
            handover=own_handover(self.actor, handover_id),
            reason="本人撤回申请",
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.TransferOutput(handover).data)


def plan_of(values: Any) -> Plan:
    """Where to and why, as the services take it."""
    to = values.get("to")
    return Plan(
        kind=Kind(values["kind"]) if values.get("kind") else None,
        to=organizations.organizations_by_id([to]).get(to) if to else None,
        unit_id=values.get("unit_id"),
        other_name=values["other_name"],
        reason=values["reason"],
        note=values["note"],
        arrears_note=values["arrears_note"],
        papers=tuple(values["papers"]),
    )


def _paper(values: dict[str, Any]) -> PaperLetter:
    paid_to = values.pop("paid_to")
    letter = {key: values.pop(key) for key in _LETTER}
    category = values.pop("category")
    return PaperLetter(
        person=NewMember(**values),
        category=category,
        paid_to=Month.parse(paid_to) if paid_to else None,
        **letter,
    )


_LETTER = ("kind", "other_name", "letter", "issued_on", "valid_until")


def _asked(query: QueryDict) -> tuple[Tab, Filters]:
    tab = query.get("tab", "")
    filters = Filters(query.get("q", "")[:60], query.get("kind", ""), query.get("state", ""))
    return Tab(tab) if tab in TABS else Tab.OPEN, filters


def _page(rows: QuerySet[Handover], request: Request, view: Endpoint) -> Response:
    pages: CursorPagination = Pages()
    found = pages.paginate_queryset(rows, request, view=view)
    return pages.get_paginated_response(shapes.TransferOutput(found, many=True).data)


def _detail(handover: Handover, verbs: list[str]) -> dict[str, Any]:
    return {
        **shapes.TransferOutput(handover).data,
        "preview": handover.preview,
        "hindrance": hindrance(handover),
        "verbs": verbs,
        "timeline": timeline(handover),
    }
