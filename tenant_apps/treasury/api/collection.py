"""The collection report for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from tenant_apps.dues.selectors.collected import By
from tenant_apps.treasury.api.serializers import DaysInput
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors.collection import LABELS, collection
from tenant_apps.treasury.selectors.places import place_at


class CollectionInput(DaysInput):
    """Without days this year until today."""

    by = serializers.ChoiceField(
        choices=[(by.value, label) for by, label in LABELS.items()], required=False, default="org"
    )


class FigureOutput(serializers.Serializer[Any]):
    key = serializers.CharField(source="figure.key")
    name = serializers.CharField(source="label")
    is_own = serializers.BooleanField()
    payments = serializers.IntegerField(source="figure.payments")
    received_fen = serializers.IntegerField(source="figure.received_fen")
    returned_fen = serializers.IntegerField(source="figure.returned_fen")
    net_fen = serializers.IntegerField(source="figure.net_fen")


class TieOutput(serializers.Serializer[Any]):
    """``off_fen`` is 0 where both agree."""

    name = serializers.CharField(source="label")
    ours_fen = serializers.IntegerField()
    theirs_fen = serializers.IntegerField()
    waiting_fen = serializers.IntegerField()
    off_fen = serializers.IntegerField()


class CollectionOutput(serializers.Serializer[Any]):
    by = serializers.CharField()
    rows = FigureOutput(many=True)
    payments = serializers.IntegerField()
    received_fen = serializers.IntegerField()
    returned_fen = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    books = TieOutput()
    channels = TieOutput(many=True)


class CollectionReport(Endpoint):
    """``GET`` what members paid, by one dimension, tied to the books and the channels' bills."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(
        operation_id="treasury_collection",
        parameters=[CollectionInput],
        responses=CollectionOutput,
    )
    def get(self, request: Request) -> Response:
        asked = given(CollectionInput, request.query_params.dict())
        last = asked.get("last", clock.today())
        first = asked.get("first", last.replace(month=1, day=1))
        place = place_at(self.actor, asked["org"])
        found = collection(
            self.actor,
            by=By(asked["by"]),
            first=first,
            last=last,
            below=place.path if place else "",
        )
        return Response(CollectionOutput(found).data)
