"""The API of rules."""

from __future__ import annotations

import datetime as dt

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from kernel.errors import Invalid
from shared_apps.rules import selectors, services
from shared_apps.rules.api.serializers import (
    CampaignInput,
    CampaignOutput,
    CodeTableLineOutput,
    CodeTableOutput,
    DuesPackOutput,
)
from shared_apps.rules.permissions import RulesPermission
from shared_apps.rules.selectors import campaigns, codes


class NotADate(Invalid):
    code = "not_a_date"
    sentence = "「{text}」不是有效的日期，请按 2026-11-22 的格式填写。"


class DuesRules(Endpoint):
    """``GET`` the dues rules in force today, or on the day ``on``."""

    permission = RulesPermission.RULES_READ

    @extend_schema(
        operation_id="rules_dues",
        parameters=[OpenApiParameter("on", dt.date)],
        responses=DuesPackOutput,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.get("on", "")
        try:
            on = dt.date.fromisoformat(asked) if asked else clock.today()
        except ValueError as error:
            raise NotADate(text=asked) from error
        return Response(DuesPackOutput(selectors.dues_pack(on)).data)


class CodeTables(Endpoint):
    """``GET`` the code tables of the newest dictionary."""

    permission = RulesPermission.RULES_READ

    @extend_schema(operation_id="rules_codes", responses=CodeTableLineOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(CodeTableLineOutput(codes.tables(), many=True).data)


class CodeTable(Endpoint):
    """``GET`` one code table with its entries, of the newest dictionary or of ``version``."""

    permission = RulesPermission.RULES_READ

    @extend_schema(
        operation_id="rules_code_table",
        parameters=[OpenApiParameter("version", str)],
        responses=CodeTableOutput,
    )
    def get(self, request: Request, name: str) -> Response:
        version = request.query_params.get("version", "")
        return Response(CodeTableOutput(codes.table(name, version=version)).data)


class Campaigns(Endpoint):
    """``GET`` the calls for special dues, the newest first; ``POST`` enters one."""

    permission = RulesPermission.CAMPAIGN

    @extend_schema(operation_id="campaigns", responses=CampaignOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(CampaignOutput(campaigns.campaigns(), many=True).data)

    @extend_schema(
        operation_id="campaigns_enter", request=CampaignInput, responses={201: CampaignOutput}
    )
    def post(self, request: Request) -> Response:
        made = services.enter_campaign(
            actor=self.actor, now=clock.now(), **given(CampaignInput, request.data)
        )
        return Response(CampaignOutput(made).data, status=201)


class CampaignEnd(Endpoint):
    """``POST`` ends a call before its last day."""

    permission = RulesPermission.CAMPAIGN

    @extend_schema(operation_id="campaigns_end", request=None, responses=CampaignOutput)
    def post(self, request: Request, number: int) -> Response:
        ended = services.end_campaign(number=number, actor=self.actor, now=clock.now())
        return Response(CampaignOutput(ended).data)
