"""The statements of the unit's bank account for programs: hand in, list, match, explain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from kernel.papers import MOST_BYTES, Upload
from shared_apps.reconciliation.permissions import ReconciliationPermission
from tenant_apps.treasury.selectors import statements as reading
from tenant_apps.treasury.services import statements

_MOST = 500


class StatementInput(Input):
    account_id = serializers.UUIDField()
    file = serializers.FileField(help_text="camt.053 格式的对账单（XML）")


class StatementOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account_id = serializers.UUIDField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    opening_fen = serializers.IntegerField()
    closing_fen = serializers.IntegerField()
    entry_count = serializers.IntegerField()
    given_by_name = serializers.CharField()
    given_at = serializers.DateTimeField()


class EntryOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account_id = serializers.UUIDField()
    key = serializers.CharField(help_text="银行流水号")
    booked_on = serializers.DateField()
    amount_fen = serializers.IntegerField(help_text="支出为负")
    counterparty = serializers.CharField()
    summary = serializers.CharField()
    entry_state = serializers.CharField(source="state", help_text="open、matched 或 explained")
    transfer_id = serializers.UUIDField(allow_null=True)
    due_on = serializers.DateField()
    reason = serializers.CharField()
    decided_by_name = serializers.CharField()


class PairInput(Input):
    transfer_id = serializers.UUIDField()


class EntryReasonInput(Input):
    reason = serializers.CharField(max_length=200)


class Statements(Endpoint):
    """``GET`` what was handed in, ``POST`` another statement (multipart)."""

    permission = ReconciliationPermission.BANK
    parser_classes = (MultiPartParser,)
    keeps_answers = False

    @extend_schema(operation_id="treasury_statements", responses=StatementOutput(many=True))
    def get(self, request: Request) -> Response:
        accounts = reading.own_accounts(self.actor)
        found = [one for account in accounts for one in reading.statements_of(account)[:_MOST]]
        return Response(StatementOutput(found, many=True).data)

    @extend_schema(
        operation_id="treasury_statement_hand_in",
        request=StatementInput,
        responses={201: StatementOutput},
    )
    def post(self, request: Request) -> Response:
        given = self.given(StatementInput)
        upload = Upload(given["file"].name, given["file"].read(MOST_BYTES + 1))
        kept = statements.hand_in(
            account_id=given["account_id"], upload=upload, actor=self.actor, now=clock.now()
        )
        return Response(StatementOutput(kept).data, status=201)


class Entries(Endpoint):
    """Entries that wait; ``?state=matched`` or ``explained`` the others."""

    permission = ReconciliationPermission.BANK

    @extend_schema(
        operation_id="treasury_statement_entries",
        parameters=[OpenApiParameter("state", str)],
        responses=EntryOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        state = request.query_params.get("state", "open")
        found = reading.entries_visible_to(self.actor, state)[:_MOST]
        return Response(EntryOutput(found, many=True).data)


class PairEntry(Endpoint):
    permission = ReconciliationPermission.BANK

    @extend_schema(
        operation_id="treasury_statement_entry_pair", request=PairInput, responses=EntryOutput
    )
    def post(self, request: Request, bank_entry_id: UUID) -> Response:
        reading.entry_for(self.actor, bank_entry_id)
        entry = statements.pair(
            entry_id=bank_entry_id, actor=self.actor, now=clock.now(), **self.given(PairInput)
        )
        return Response(EntryOutput(entry).data)


class ExplainEntry(Endpoint):
    permission = ReconciliationPermission.BANK

    @extend_schema(
        operation_id="treasury_statement_entry_explain",
        request=EntryReasonInput,
        responses=EntryOutput,
    )
    def post(self, request: Request, bank_entry_id: UUID) -> Response:
        reading.entry_for(self.actor, bank_entry_id)
        entry = statements.explain(
            entry_id=bank_entry_id,
            actor=self.actor,
            now=clock.now(),
            **self.given(EntryReasonInput),
        )
        return Response(EntryOutput(entry).data)


class ReleaseEntry(Endpoint):
    permission = ReconciliationPermission.BANK

    @extend_schema(
        operation_id="treasury_statement_entry_release", request=None, responses=EntryOutput
    )
    def post(self, request: Request, bank_entry_id: UUID) -> Response:
        entry = statements.release(entry_id=bank_entry_id, actor=self.actor, now=clock.now())
        return Response(EntryOutput(entry).data)
