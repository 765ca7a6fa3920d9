"""The API of the treasury: balances, lines, vouchers, sweeps, publications."""

from __future__ import annotations

from abc import abstractmethod
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.clock import Month
from tenant_apps.treasury.api import serializers as shapes
from tenant_apps.treasury.models import SweepRun, Voucher, VoucherKind
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import lines, publications, sweeps, vouchers
from tenant_apps.treasury.selectors.balances import turnovers
from tenant_apps.treasury.selectors.lines import Wanted
from tenant_apps.treasury.selectors.places import place_at, place_for
from tenant_apps.treasury.services import publishing, reversing, sweeping
from tenant_apps.treasury.services import vouchers as entering
from tenant_apps.treasury.services.vouchers import Decided, Entry

_MOST = 200


class Balances(Endpoint):
    """``GET`` every account between two days; without them this year until today."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(
        operation_id="treasury_balances",
        parameters=[shapes.DaysInput],
        responses=shapes.TurnoverOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = shapes.DaysInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        last = asked.validated_data.get("last", clock.today())
        first = asked.validated_data.get("first", last.replace(month=1, day=1))
        place = place_at(self.actor, asked.validated_data["org"])
        found = turnovers(self.actor, first, last, below=place.path if place else "")
        return Response(shapes.TurnoverOutput(found, many=True).data)


class Lines(Endpoint):
    """``GET`` the lines of the ledger, newest first."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(
        operation_id="treasury_lines",
        parameters=[shapes.LinesInput],
        responses=shapes.LinesOutput,
    )
    def get(self, request: Request) -> Response:
        asked = shapes.LinesInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        place = place_at(self.actor, given["org"])
        wanted = Wanted(
            month=Month.parse(given["month"]) if given["month"] else None,
            account=given["account"],
            kind=given.get("kind", ""),
            below=place.path if place else "",
            text=given["q"],
        )
        found = lines.lines_visible_to(self.actor, wanted)
        stretch = found[given["offset"] : given["offset"] + given["limit"]]
        return Response(shapes.LinesOutput({"total": found.count(), "lines": stretch}).data)


class Vouchers(Endpoint):
    """``GET`` the last vouchers."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_vouchers_list", responses=shapes.VoucherOutput(many=True))
    def get(self, request: Request) -> Response:
        found = vouchers.vouchers_visible_to(self.actor)[:_MOST]
        return Response(shapes.VoucherOutput(found, many=True).data)


class NewVoucher(Endpoint):
    """``POST`` enters income, which is booked, or the draft of an expense."""

    permission = TreasuryPermission.ENTER

    @extend_schema(
        operation_id="treasury_vouchers_enter",
        request=shapes.VoucherInput,
        responses={201: shapes.VoucherOutput},
    )
    def post(self, request: Request) -> Response:
        given = self.given(shapes.VoucherInput)
        kind, earmark = given.pop("kind"), given.pop("earmark_id")
        place = place_for(self.actor, given.pop("org"), to=self.permission)
        held = vouchers.voucher_for(self.actor, earmark, to=self.permission) if earmark else None
        entry = Entry(org=place, earmark=held, **given)
        made = (
            entering.enter_expense(entry=entry, actor=self.actor, now=clock.now())
            if kind == VoucherKind.EXPENSE
            else entering.enter_income(kind=kind, entry=entry, actor=self.actor, now=clock.now())
        )
        return Response(shapes.VoucherOutput(made).data, status=201)


class VoucherDetail(Endpoint):
    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_vouchers_retrieve", responses=shapes.VoucherOutput)
    def get(self, request: Request, voucher_id: UUID) -> Response:
        found = vouchers.voucher_for(self.actor, voucher_id, to=self.permission)
        return Response(shapes.VoucherOutput(found).data)


class Decide(Endpoint):
    """``POST`` the collective decision."""

    permission = TreasuryPermission.ENTER

    @extend_schema(
        operation_id="treasury_vouchers_decide",
        request=shapes.DecisionInput,
        responses=shapes.VoucherOutput,
    )
    def post(self, request: Request, voucher_id: UUID) -> Response:
        found = vouchers.voucher_for(self.actor, voucher_id, to=self.permission)
        done = entering.decide(
            voucher=found,
            decided=Decided(**self.given(shapes.DecisionInput)),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.VoucherOutput(done).data)


class _VoucherAct(Endpoint, abstract=True):
    """One step of a voucher that needs nothing but the right person."""

    @abstractmethod
    def act(self, voucher: Voucher) -> Voucher: ...

    def done(self, voucher_id: UUID) -> Response:
        found = vouchers.voucher_for(self.actor, voucher_id, to=self.permission)
        return Response(shapes.VoucherOutput(self.act(found)).data)


class Approve(_VoucherAct):
    permission = TreasuryPermission.APPROVE

    def act(self, voucher: Voucher) -> Voucher:
        return entering.approve(voucher=voucher, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_vouchers_approve", request=None, responses=shapes.VoucherOutput
    )
    def post(self, request: Request, voucher_id: UUID) -> Response:
        return self.done(voucher_id)


class Pay(_VoucherAct):
    permission = TreasuryPermission.PAY

    def act(self, voucher: Voucher) -> Voucher:
        return entering.pay(voucher=voucher, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_vouchers_pay", request=None, responses=shapes.VoucherOutput
    )
    def post(self, request: Request, voucher_id: UUID) -> Response:
        return self.done(voucher_id)


class Withdraw(_VoucherAct):
    permission = TreasuryPermission.ENTER

    def act(self, voucher: Voucher) -> Voucher:
        return entering.withdraw(voucher=voucher, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_vouchers_withdraw", request=None, responses=shapes.VoucherOutput
    )
    def post(self, request: Request, voucher_id: UUID) -> Response:
        return self.done(voucher_id)


class Reverse(Endpoint):
    """``POST`` asks for a reversal."""

    permission = TreasuryPermission.ENTER

    @extend_schema(
        operation_id="treasury_vouchers_reverse",
        request=shapes.TreasuryReasonInput,
        responses={201: shapes.VoucherOutput},
    )
    def post(self, request: Request, voucher_id: UUID) -> Response:
        found = vouchers.voucher_for(self.actor, voucher_id, to=self.permission)
        given = self.given(shapes.TreasuryReasonInput)
        made = reversing.ask(voucher=found, **given, actor=self.actor, now=clock.now())
        return Response(shapes.VoucherOutput(made).data, status=201)


class ConfirmReversal(_VoucherAct):
    permission = TreasuryPermission.PAY

    def act(self, voucher: Voucher) -> Voucher:
        return reversing.confirm(voucher=voucher, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_vouchers_confirm_reversal",
        request=None,
        responses=shapes.VoucherOutput,
    )
    def post(self, request: Request, voucher_id: UUID) -> Response:
        return self.done(voucher_id)


class Runs(Endpoint):
    """``GET`` the sweeps and returns that touch one's organisations."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_sweeps_list", responses=shapes.RunOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.RunOutput(sweeps.runs_visible_to(self.actor), many=True).data)


class NewRun(Endpoint):
    """``POST`` prepares one; somebody else confirms it."""

    permission = TreasuryPermission.SWEEP

    @extend_schema(
        operation_id="treasury_sweeps_plan",
        request=shapes.RunInput,
        responses={201: shapes.RunOutput},
    )
    def post(self, request: Request) -> Response:
        sweeps.require_whole(self.actor, self.permission)
        given = self.given(shapes.RunInput)
        run = sweeping.plan(**given, actor=self.actor, now=clock.now())
        return Response(shapes.RunOutput(run).data, status=201)


class RunDetail(Endpoint):
    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_sweeps_retrieve", responses=shapes.RunDetailOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        run = sweeps.run_for(self.actor, run_id, to=self.permission)
        seen = sweeps.lines_visible_to(self.actor).filter(run=run)
        return Response(shapes.RunDetailOutput({"run": run, "lines": seen}).data)


class _RunAct(Endpoint, abstract=True):
    @abstractmethod
    def act(self, run: SweepRun) -> SweepRun: ...

    def done(self, run_id: UUID) -> Response:
        sweeps.require_whole(self.actor, self.permission)
        run = sweeps.run_for(self.actor, run_id, to=self.permission)
        return Response(shapes.RunOutput(self.act(run)).data)


class ConfirmRun(_RunAct):
    permission = TreasuryPermission.CONFIRM

    def act(self, run: SweepRun) -> SweepRun:
        return sweeping.confirm(run=run, actor=self.actor, now=clock.now())

    @extend_schema(operation_id="treasury_sweeps_confirm", request=None, responses=shapes.RunOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        return self.done(run_id)


class CancelRun(_RunAct):
    permission = TreasuryPermission.SWEEP

    def act(self, run: SweepRun) -> SweepRun:
        return sweeping.cancel(run=run, actor=self.actor, now=clock.now())

    @extend_schema(operation_id="treasury_sweeps_cancel", request=None, responses=shapes.RunOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        return self.done(run_id)


class UndoRun(_RunAct):
    """``POST`` prepares the run that takes this one back."""

    permission = TreasuryPermission.SWEEP

    def act(self, run: SweepRun) -> SweepRun:
        given = self.given(shapes.TreasuryReasonInput)
        return sweeping.undo(run=run, **given, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_sweeps_undo",
        request=shapes.TreasuryReasonInput,
        responses=shapes.RunOutput,
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        return self.done(run_id)


class TakeLine(Endpoint):
    """``POST``: what was handed to one's organisation arrived."""

    permission = TreasuryPermission.TAKE

    @extend_schema(
        operation_id="treasury_sweeps_take", request=None, responses=shapes.SweepLineOutput
    )
    def post(self, request: Request, line_id: UUID) -> Response:
        line = sweeps.line_for(self.actor, line_id, to=self.permission)
        done = sweeping.take(line=line, actor=self.actor, now=clock.now())
        return Response(shapes.SweepLineOutput(done).data)


class Published(Endpoint):
    """``GET`` the years that members are shown."""

    permission = TreasuryPermission.READ

    @extend_schema(
        operation_id="treasury_publications", responses=shapes.PublicationOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response(shapes.PublicationOutput(publications.published(), many=True).data)


class Comments(Endpoint):
    """``POST`` says something to the treasurer about a year."""

    permission = TreasuryPermission.READ

    @extend_schema(
        operation_id="treasury_publications_comment",
        request=shapes.CommentInput,
        responses={201: shapes.CommentOutput},
    )
    def post(self, request: Request, year: int) -> Response:
        found = publications.published_for(self.actor, year)
        made = publishing.comment(
            publication=found,
            **self.given(shapes.CommentInput),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.CommentOutput(made).data, status=201)
