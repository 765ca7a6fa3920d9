"""Settlement for programs of the bank: the same calls as the pages of the console."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.settlement.api.serializers import (
    AccountOutput,
    BatchOutput,
    CompareInput,
    EntryOutput,
    EntryReasonInput,
    RefuseInput,
    SettlementOutput,
)
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import accounts as account_selectors
from shared_apps.settlement.selectors import instructions as reading
from shared_apps.settlement.services import accounts, batches, reviewing

_MOST = 200


class Batches(Endpoint):
    permission = SettlementPermission.VIEW

    @extend_schema(operation_id="settlement_batches", responses=BatchOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(BatchOutput(reading.batches()[:_MOST], many=True).data)


class Prepare(Endpoint):
    permission = SettlementPermission.PREPARE

    @extend_schema(operation_id="settlement_prepare", request=None, responses={201: BatchOutput})
    def post(self, request: Request) -> Response:
        made = batches.prepare(actor=self.actor, now=clock.now(), today=clock.today())
        return Response(BatchOutput(made).data, status=201)


class Instructions(Endpoint):
    """``?after=`` the number of the last one: 200 at a time."""

    permission = SettlementPermission.VIEW

    @extend_schema(operation_id="settlement_instructions", responses=SettlementOutput(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        rows = reading.of_batch(reading.batch_for(batch_id))
        after = request.query_params.get("after", "")
        return Response(SettlementOutput(rows.filter(insid__gt=after)[:_MOST], many=True).data)


class Approve(Endpoint):
    permission = SettlementPermission.APPROVE

    @extend_schema(operation_id="settlement_approve", request=None, responses=BatchOutput)
    def post(self, request: Request, batch_id: UUID) -> Response:
        done = batches.approve(batch_id=batch_id, actor=self.actor, now=clock.now())
        return Response(BatchOutput(done).data)


class Withdraw(Endpoint):
    permission = SettlementPermission.WITHDRAW

    @extend_schema(operation_id="settlement_withdraw", request=None, responses=BatchOutput)
    def post(self, request: Request, batch_id: UUID) -> Response:
        done = batches.withdraw(batch_id=batch_id, actor=self.actor, now=clock.now())
        return Response(BatchOutput(done).data)


class StatementEntries(Endpoint):
    """The pool's statement; ``?view=open`` what nothing matches, ``explained`` what people said."""

    permission = SettlementPermission.VIEW

    @extend_schema(operation_id="settlement_statement", responses=EntryOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = reading.statement(view=request.query_params.get("view", ""))
        return Response(EntryOutput(rows[:_MOST], many=True).data)


class ExplainEntry(Endpoint):
    permission = SettlementPermission.STATEMENT

    @extend_schema(
        operation_id="settlement_entry_explain", request=EntryReasonInput, responses=EntryOutput
    )
    def post(self, request: Request, entry_id: UUID) -> Response:
        done = reviewing.explain(
            entry_id=entry_id, actor=self.actor, now=clock.now(), **self.given(EntryReasonInput)
        )
        return Response(EntryOutput(done).data)


class ReleaseEntry(Endpoint):
    permission = SettlementPermission.STATEMENT

    @extend_schema(operation_id="settlement_entry_release", request=None, responses=EntryOutput)
    def post(self, request: Request, entry_id: UUID) -> Response:
        done = reviewing.release(entry_id=entry_id, actor=self.actor, now=clock.now())
        return Response(EntryOutput(done).data)


class WaitingAccounts(Endpoint):
    permission = SettlementPermission.CONFIRM

    @extend_schema(operation_id="settlement_accounts", responses=AccountOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(AccountOutput(account_selectors.waiting()[:_MOST], many=True).data)


class ConfirmAccount(Endpoint):
    permission = SettlementPermission.CONFIRM
    keeps_answers = False

    @extend_schema(
        operation_id="settlement_account_confirm", request=CompareInput, responses=AccountOutput
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        done = accounts.confirm(
            account_id=account_id, actor=self.actor, now=clock.now(), today=clock.today(),
            **self.given(CompareInput),
        )  # fmt: skip
        return Response(AccountOutput(done).data)


class RefuseAccount(Endpoint):
    permission = SettlementPermission.CONFIRM

    @extend_schema(
        operation_id="settlement_account_refuse", request=RefuseInput, responses=AccountOutput
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        done = accounts.refuse(
            account_id=account_id, actor=self.actor, now=clock.now(), **self.given(RefuseInput)
        )
        return Response(AccountOutput(done).data)
