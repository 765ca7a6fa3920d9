"""The API of the unit's first page: the three ledgers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from onboarding.permissions import OnboardingPermission
from onboarding.services.ledgers import ledgers


class LedgerFigureOutput(serializers.Serializer[Any]):
    key = serializers.ChoiceField(choices=["due", "done", "overdue"])
    text = serializers.CharField(source="label")
    count = serializers.IntegerField()
    url = serializers.CharField(help_text="这些行所在的页面")


class LedgerLineOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    url = serializers.CharField()
    figures = serializers.ListField(
        child=serializers.ListField(child=LedgerFigureOutput()),
        help_text="每本账三个数，次序同 books",
    )


class LedgerBookOutput(serializers.Serializer[Any]):
    title = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField())


class LedgersOutput(serializers.Serializer[Any]):
    books = LedgerBookOutput(many=True)
    lines = LedgerLineOutput(many=True)
    more = serializers.IntegerField(help_text="未列出的党组织")


class Ledgers(Endpoint):
    """``GET`` what of terms, admissions and dues is due, done and overdue, by organisation."""

    permission = OnboardingPermission.WORKBENCH_VIEW

    @extend_schema(operation_id="ledgers", responses=LedgersOutput)
    def get(self, request: Request) -> Response:
        return Response(LedgersOutput(ledgers(self.actor, today=clock.today())).data)
