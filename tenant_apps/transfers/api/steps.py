"""The API of transfers: every step of the table is an address of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.transfers.api import serializers as shapes
from tenant_apps.transfers.models import Handover, Side
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors.lists import handover_for
from tenant_apps.transfers.services import approving, drafting, receiving, reminding, whole


class Step(Endpoint, abstract=True):
    """``POST /transfers/<id>/<step>/``."""

    def post(self, request: Request, handover_id: UUID) -> Response:
        handover = handover_for(self.actor, handover_id, to=TransferPermission.BROWSE)
        given = shapes.StepInput(data=request.data)
        given.is_valid(raise_exception=True)
        self.act(handover, given.validated_data, {"actor": self.actor, "now": clock.now()})
        after = handover_for(self.actor, handover_id, to=TransferPermission.BROWSE)
        return Response(shapes.TransferOutput(after).data)

    @abstractmethod
    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        """Does it."""


def _described(name: str) -> Any:
    described = extend_schema(
        operation_id=f"transfers_{name}", request=shapes.StepInput, responses=shapes.TransferOutput
    )
    return extend_schema_view(post=described)


@_described("submit")
class Submit(Step):
    permission = TransferPermission.PREPARE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        note, papers = told["arrears_note"], told["papers"]
        drafting.submit(handover=handover, arrears_note=note, papers=papers, **who)


@_described("withdraw")
class Withdraw(Step):
    permission = TransferPermission.PREPARE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        drafting.withdraw(handover=handover, reason=told["reason"], **who)


@_described("approve")
class Approve(Step):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        approving.approve(handover=handover, days=told["days"], **who)


@_described("reject")
class Reject(Step):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        approving.reject(handover=handover, reason=told["reason"], **who)


@_described("dispatch")
class Dispatch(Step):
    permission = TransferPermission.PREPARE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        approving.dispatch(handover=handover, **who)


@_described("accept")
class Accept(Step):
    permission = TransferPermission.RECEIVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        branch = None
        if told.get("branch_id"):
            branch = organizations.organization_for(
                self.actor, told["branch_id"], to=OrganizationPermission.BROWSE
            )
        receiving.accept(handover=handover, branch=branch, **who)


@_described("refuse")
class Refuse(Step):
    permission = TransferPermission.RECEIVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        refuse = approving.note_refusal if handover.side == Side.OUT else receiving.refuse
        refuse(handover=handover, reason=told["reason"], **who)


@_described("give_back")
class GiveBack(Step):
    permission = TransferPermission.RECEIVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        receiving.give_back(handover=handover, reason=told["reason"], **who)


@_described("place")
class Place(Step):
    permission = TransferPermission.PLACE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        if not (handover.is_whole and handover.side == Side.IN):
            receiving.place(handover=handover, **who)
            return
        if not told.get("branch_id"):
            raise receiving.BranchNeeded
        parent = organizations.organization_for(
            self.actor, told["branch_id"], to=OrganizationPermission.EDIT
        )
        whole.place(handover=handover, parent=parent, **who)


@_described("receipt")
class Receipt(Step):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        if handover.side == Side.IN:
            receiving.send_receipt(handover=handover, **who)
            return
        on = told.get("on") or clock.today()
        approving.take_receipt(handover=handover, on=on, note=told["reason"], **who)


@_described("close")
class Close(Step):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        approving.close(handover=handover, on=told.get("on") or clock.today(), **who)


@_described("reissue")
class Reissue(Step):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        approving.reissue(handover=handover, days=told["days"], **who)


@_described("remind")
class Remind(Step):
    permission = TransferPermission.REMIND

    def act(self, handover: Handover, told: dict[str, Any], who: dict[str, Any]) -> None:
        reminding.remind(handover=handover, **who)
