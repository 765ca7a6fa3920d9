"""The API of dues at the desk: standards, bills, receipts, checks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from kernel.clock import Month
from kernel.permissions import PUBLIC
from tenant_apps.dues import selectors
from tenant_apps.dues.api.serializers import (
    BillOutput,
    BillPageOutput,
    CheckOutput,
    ExemptInput,
    IssuedOutput,
    IssueInput,
    OverviewOutput,
    ReceiptOutput,
    ReceiptPageOutput,
    StandardInput,
    StandardOutput,
    StandardPageOutput,
    VerificationOutput,
    VerifyInput,
    WithdrawnOutput,
)
from tenant_apps.dues.models import BillState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.overview import overview
from tenant_apps.dues.services import billing, receipts, standards
from tenant_apps.members import selectors as members

_ORG = OpenApiParameter("org", str, description="组织路径，含下级")


def _paged(endpoint: Endpoint, rows: QuerySet[Any], shape: type[Serializer[Any]]) -> Response:
    pages: Any = Pages()
    page = pages.paginate_queryset(rows, endpoint.request, view=endpoint)
    answer: Response = pages.get_paginated_response(shape(page, many=True).data)
    return answer


class Standards(Endpoint):
    """``GET`` the current standards of a year (``year``, ``org``)."""

    permission = DuesPermission.STANDARD

    @extend_schema(
        operation_id="dues_standards_list",
        parameters=[OpenApiParameter("year", int), _ORG],
        responses=StandardPageOutput,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.get("year", "")
        year = int(asked) if asked.isdigit() else clock.today().year
        below = request.query_params.get("org", "")
        rows = selectors.standards_visible_to(self.actor, year=year, below=below)
        return _paged(self, rows, StandardOutput)


class MemberStandards(Endpoint):
    """A member's standards; ``POST`` fixes another one."""

    permission = DuesPermission.STANDARD

    @extend_schema(operation_id="dues_standards_of_member", responses=StandardOutput(many=True))
    def get(self, request: Request, member_id: UUID) -> Response:
        member = members.member_for(self.actor, member_id, to=self.permission)
        rows = selectors.standards_of_member(member.pk)
        return Response(StandardOutput(rows, many=True).data)

    @extend_schema(
        operation_id="dues_standards_fix", request=StandardInput, responses={201: StandardOutput}
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        member = members.member_for(self.actor, member_id, to=self.permission)
        values = given(StandardInput, request.data)
        values["items"] = [(item["code"], item["fen"]) for item in values["items"]]
        made = standards.set_one(member_id=member.pk, actor=self.actor, now=clock.now(), **values)
        return Response(StandardOutput(made).data, status=201)


class MonthOverview(Endpoint):
    """``GET`` a month by organisation."""

    permission = DuesPermission.BROWSE

    @extend_schema(operation_id="dues_month", parameters=[_ORG], responses=OverviewOutput)
    def get(self, request: Request, month: Month) -> Response:
        found = overview(self.actor, month, request.query_params.get("org", ""))
        return Response(OverviewOutput(found).data)


class MonthBills(Endpoint):
    """``GET`` a month's bills (``state``, ``org``)."""

    permission = DuesPermission.BROWSE

    @extend_schema(
        operation_id="dues_bills_list",
        parameters=[OpenApiParameter("state", str, enum=BillState.values), _ORG],
        responses=BillPageOutput,
    )
    def get(self, request: Request, month: Month) -> Response:
        below = request.query_params.get("org", "")
        rows = selectors.bills_visible_to(self.actor, below=below).filter(month=month.value)
        state = request.query_params.get("state", "")
        if state in BillState.values:
            rows = rows.filter(state=state)
        return _paged(self, rows, BillOutput)


class MonthIssue(Endpoint):
    """``GET`` previews, ``POST`` issues, ``DELETE`` takes back while nothing is paid."""

    permission = DuesPermission.ISSUE

    @extend_schema(operation_id="dues_issue_preview", parameters=[_ORG], responses=IssuedOutput)
    def get(self, request: Request, month: Month) -> Response:
        below = request.query_params.get("org", "")
        return Response(IssuedOutput(selectors.issue_preview(self.actor, month, below=below)).data)

    @extend_schema(operation_id="dues_issue", request=IssueInput, responses={201: IssuedOutput})
    def post(self, request: Request, month: Month) -> Response:
        below = given(IssueInput, request.data)["org"]
        issued = billing.issue_month(month=month, actor=self.actor, now=clock.now(), below=below)
        return Response(IssuedOutput(issued).data, status=201)

    @extend_schema(operation_id="dues_issue_withdraw", parameters=[_ORG], responses=WithdrawnOutput)
    def delete(self, request: Request, month: Month) -> Response:
        below = request.query_params.get("org", "")
        count = billing.withdraw_month(month=month, actor=self.actor, now=clock.now(), below=below)
        return Response({"count": count})


class BillExemption(Endpoint):
    """``POST`` exempts a bill, ``DELETE`` makes it due again."""

    permission = DuesPermission.EXEMPT

    @extend_schema(operation_id="dues_exempt", request=ExemptInput, responses=BillOutput)
    def post(self, request: Request, bill_id: UUID) -> Response:
        bill = selectors.bill_for(self.actor, bill_id, to=self.permission)
        values = given(ExemptInput, request.data)
        exempt = billing.exempt(bill=bill, actor=self.actor, now=clock.now(), **values)
        return Response(BillOutput(exempt).data)

    @extend_schema(operation_id="dues_reinstate", responses=BillOutput)
    def delete(self, request: Request, bill_id: UUID) -> Response:
        bill = selectors.bill_for(self.actor, bill_id, to=self.permission)
        due = billing.reinstate(bill=bill, actor=self.actor, now=clock.now())
        return Response(BillOutput(due).data)


class Receipts(Endpoint):
    """``GET`` the receipts of the actor's sub-trees."""

    permission = DuesPermission.BROWSE

    @extend_schema(
        operation_id="dues_receipts_list", parameters=[_ORG], responses=ReceiptPageOutput
    )
    def get(self, request: Request) -> Response:
        below = request.query_params.get("org", "")
        rows = selectors.receipts_visible_to(self.actor, below=below)
        return _paged(self, rows, ReceiptOutput)


class ReceiptDetail(Endpoint):
    permission = DuesPermission.BROWSE

    @extend_schema(operation_id="dues_receipts_retrieve", responses=ReceiptOutput)
    def get(self, request: Request, receipt_id: UUID) -> Response:
        receipt = selectors.receipt_for(self.actor, receipt_id, to=self.permission)
        return Response(ReceiptOutput(receipt).data)


class ReceiptVerification(Endpoint):
    """``POST`` number and code; needs no sign-in."""

    permission = PUBLIC

    @extend_schema(
        operation_id="dues_receipts_verify", request=VerifyInput, responses=VerificationOutput
    )
    def post(self, request: Request) -> Response:
        values = given(VerifyInput, request.data)
        found = receipts.check(actor=self.actor, **values)
        if found is None:
            return Response({"is_genuine": False})
        answer = {
            "is_genuine": True,
            "serial": found.serial,
            "name_masked": found.name_masked,
            "amount_fen": found.amount_fen,
            "is_void": found.is_void,
        }
        return Response(answer)


class Checks(Endpoint):
    """``GET`` runs the invariants of the books now."""

    permission = DuesPermission.CHECK

    @extend_schema(operation_id="dues_checks", responses=CheckOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(CheckOutput(selectors.invariants(), many=True).data)
