"""The proof for programs, on the console: how every rule stands, where one does not hold."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import Endpoint
from shared_apps.proof.api import serializers as shapes
from shared_apps.proof.permissions import ProofPermission
from shared_apps.proof.selectors import findings

_MOST = 500


class Rules(Endpoint):
    """Every rule over all units."""

    permission = ProofPermission.WATCH

    @extend_schema(operation_id="proof_rules", responses=shapes.RuleOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.RuleOutput(findings.standings(), many=True).data)


class Failing(Endpoint):
    """The units in which a rule does not hold, the oldest failure first."""

    permission = ProofPermission.WATCH

    @extend_schema(operation_id="proof_failing", responses=shapes.FindingOutput(many=True))
    def get(self, request: Request, code: str) -> Response:
        return Response(shapes.FindingOutput(findings.failing(code)[:_MOST], many=True).data)
