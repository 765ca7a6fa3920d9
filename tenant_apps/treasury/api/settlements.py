"""The unit's settlement for programs: the same calls as the pages of the desk."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.settlement.api.serializers import (
    AccountInput,
    AccountOutput,
    SettlementOutput,
    TermsInput,
    TermsOutput,
)
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import Cycle, Mode
from tenant_apps.treasury.selectors import settlements as reading
from tenant_apps.treasury.services import accounts

_MOST = 200


class Settlements(Endpoint):
    """The latest 200."""

    permission = SettlementPermission.OWN_VIEW

    @extend_schema(operation_id="treasury_settlements", responses=SettlementOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(SettlementOutput(reading.settlements()[:_MOST], many=True).data)


class OneSettlement(Endpoint):
    permission = SettlementPermission.OWN_VIEW

    @extend_schema(operation_id="treasury_settlement", responses=SettlementOutput)
    def get(self, request: Request, instruction_id: UUID) -> Response:
        row = reading.settlement_for(self.actor, instruction_id, to=self.permission)
        return Response(SettlementOutput(row).data)


class Accounts(Endpoint):
    """Every account that was ever registered, and another one."""

    permission = SettlementPermission.OWN_CHANGE
    keeps_answers = False

    @extend_schema(operation_id="treasury_accounts", responses=AccountOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(AccountOutput(reading.accounts(clock.today()).every, many=True).data)

    @extend_schema(
        operation_id="treasury_account_register",
        request=AccountInput,
        responses={201: AccountOutput},
    )
    def post(self, request: Request) -> Response:
        made = accounts.register(
            given=accounts.Particulars(**self.given(AccountInput)),
            actor=self.actor,
            now=clock.now(),
            today=clock.today(),
        )
        return Response(AccountOutput(made).data, status=201)


class WithdrawAccount(Endpoint):
    permission = SettlementPermission.OWN_CHANGE

    @extend_schema(operation_id="treasury_account_withdraw", request=None, responses=AccountOutput)
    def post(self, request: Request, account_id: UUID) -> Response:
        done = accounts.withdraw(account_id=account_id, actor=self.actor, now=clock.now())
        return Response(AccountOutput(done).data)


class CloseAccount(Endpoint):
    permission = SettlementPermission.OWN_CHANGE

    @extend_schema(operation_id="treasury_account_close", request=None, responses=AccountOutput)
    def post(self, request: Request, account_id: UUID) -> Response:
        done = accounts.close(account_id=account_id, actor=self.actor, now=clock.now())
        return Response(AccountOutput(done).data)


class Terms(Endpoint):
    """How the unit is settled, and another way from its next period on."""

    permission = SettlementPermission.OWN_CHANGE

    @extend_schema(operation_id="treasury_terms", responses=TermsOutput)
    def get(self, request: Request) -> Response:
        return Response(TermsOutput(reading.standing(clock.today()).terms).data)

    @extend_schema(operation_id="treasury_terms_choose", request=TermsInput, responses=TermsOutput)
    def post(self, request: Request) -> Response:
        given = self.given(TermsInput)
        chosen = accounts.choose_terms(
            mode=Mode(given["mode"]),
            cycle=Cycle(given["cycle"]) if given["cycle"] else None,
            minimum_fen=given["minimum_fen"],
            actor=self.actor,
            now=clock.now(),
            today=clock.today(),
        )
        return Response(TermsOutput(chosen).data)
