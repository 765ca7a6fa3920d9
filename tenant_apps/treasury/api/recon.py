"""The unit's differences for programs: read, settle, have the channel asked, take back."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.reconciliation.api import serializers as shapes
from shared_apps.reconciliation.permissions import ReconciliationPermission
from tenant_apps.treasury.selectors import recon as reading
from tenant_apps.treasury.services import recon

_MOST = 500


class Differences(Endpoint):
    """The unit's open differences; ``?state=settled`` those that were settled."""

    permission = ReconciliationPermission.BROWSE

    @extend_schema(
        operation_id="treasury_differences", responses=shapes.DifferenceOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        state = "settled" if request.query_params.get("state") == "settled" else "open"
        found = reading.cases_visible_to(self.actor).filter(state=state)[:_MOST]
        return Response(shapes.DifferenceOutput(found, many=True).data)


class ExplainDifference(Endpoint):
    """``POST`` settles a difference with what was found out."""

    permission = ReconciliationPermission.DECIDE

    @extend_schema(
        operation_id="treasury_difference_explain",
        request=shapes.ExplanationInput,
        responses=shapes.DifferenceOutput,
    )
    def post(self, request: Request, difference_id: UUID) -> Response:
        reading.case_for(self.actor, difference_id, to=self.permission)
        given = shapes.ExplanationInput(data=request.data)
        given.is_valid(raise_exception=True)
        case = recon.explain(
            case_id=difference_id, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(shapes.DifferenceOutput(case).data)


class AskAboutDifference(Endpoint):
    """``POST`` has the channel asked about the order and books what it confirms."""

    permission = ReconciliationPermission.DECIDE

    @extend_schema(
        operation_id="treasury_difference_ask", request=None, responses=shapes.DifferenceOutput
    )
    def post(self, request: Request, difference_id: UUID) -> Response:
        recon.ask_again(case_id=difference_id, actor=self.actor, now=clock.now())
        case = reading.case_for(self.actor, difference_id, to=self.permission)
        return Response(shapes.DifferenceOutput(case).data)


class CheckDifference(Endpoint):
    """``POST`` has the balance of an account compared again."""

    permission = ReconciliationPermission.DECIDE

    @extend_schema(
        operation_id="treasury_difference_check", request=None, responses=shapes.DifferenceOutput
    )
    def post(self, request: Request, difference_id: UUID) -> Response:
        recon.check_again(case_id=difference_id, actor=self.actor, now=clock.now())
        case = reading.case_for(self.actor, difference_id, to=self.permission)
        return Response(shapes.DifferenceOutput(case).data)


class TakeBackDifference(Endpoint):
    """``POST`` undoes a person's decision."""

    permission = ReconciliationPermission.DECIDE

    @extend_schema(
        operation_id="treasury_difference_take_back",
        request=None,
        responses=shapes.DifferenceOutput,
    )
    def post(self, request: Request, difference_id: UUID) -> Response:
        case = recon.take_back(case_id=difference_id, actor=self.actor, now=clock.now())
        return Response(shapes.DifferenceOutput(case).data)
