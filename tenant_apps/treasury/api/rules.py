"""Rules of single organisations for programs."""

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
from tenant_apps.treasury.models import Direction, Way
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import sweeps
from tenant_apps.treasury.selectors.places import place_for
from tenant_apps.treasury.services import rules
from tenant_apps.treasury.services.rules import Terms

_LARGEST = 10**13


class OrgRuleInput(Input):
    """``org`` is a path; ``ratio_bp`` 0 frees it from giving."""

    direction = serializers.ChoiceField(choices=Direction.choices)
    org = serializers.RegexField(r"^\d{4,80}$")
    covers_below = serializers.BooleanField(required=False, default=False)
    way = serializers.ChoiceField(choices=Way.choices)
    ratio_bp = serializers.IntegerField(min_value=0, max_value=10_000, required=False, default=0)
    quota_fen = serializers.IntegerField(min_value=0, max_value=_LARGEST, required=False, default=0)
    keep_fen = serializers.IntegerField(min_value=0, max_value=_LARGEST, required=False, default=0)
    first_on = serializers.DateField()
    last_on = serializers.DateField(required=False, default=None, allow_null=True)


class OrgRuleOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    org_path = serializers.CharField()
    covers_below = serializers.BooleanField()
    way = serializers.ChoiceField(choices=Way.choices)
    ratio_bp = serializers.IntegerField()
    quota_fen = serializers.IntegerField()
    keep_fen = serializers.IntegerField()
    first_on = serializers.DateField()
    last_on = serializers.DateField(allow_null=True)
    set_by_name = serializers.CharField()


class OrgRules(Endpoint):
    """``GET`` the rules of single organisations that nobody ended."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_org_rules_list", responses=OrgRuleOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(OrgRuleOutput(sweeps.org_rules(self.actor), many=True).data)


class NewOrgRule(Endpoint):
    """``POST`` sets how one organisation gives, other than its level."""

    permission = TreasuryPermission.RULES

    @extend_schema(
        operation_id="treasury_org_rules_set",
        request=OrgRuleInput,
        responses={201: OrgRuleOutput},
    )
    def post(self, request: Request) -> Response:
        sweeps.require_whole(self.actor, self.permission)
        given = self.given(OrgRuleInput)
        made = rules.set_org_rule(
            direction=given["direction"],
            place=place_for(self.actor, given["org"], to=self.permission),
            covers_below=given["covers_below"],
            terms=Terms(given["way"], given["ratio_bp"], given["quota_fen"], given["keep_fen"]),
            first=given["first_on"],
            last=given["last_on"],
            actor=self.actor,
            now=clock.now(),
        )
        return Response(OrgRuleOutput(made).data, status=201)


class EndOrgRule(Endpoint):
    """``POST``: the level's rule holds again."""

    permission = TreasuryPermission.RULES

    @extend_schema(operation_id="treasury_org_rules_end", request=None, responses=OrgRuleOutput)
    def post(self, request: Request, rule_id: UUID) -> Response:
        rule = sweeps.org_rule_for(self.actor, rule_id, to=self.permission)
        done = rules.end_org_rule(rule=rule, actor=self.actor, now=clock.now())
        return Response(OrgRuleOutput(done).data)
