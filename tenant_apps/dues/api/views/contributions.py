"""The API of what is given above the dues, on the phone and at the desk."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from kernel.unit import current_unit
from shared_apps.payments.selectors import Channel
from shared_apps.rules.selectors import campaigns as calls
from tenant_apps.dues import selectors
from tenant_apps.dues.api.contribution_serializers import (
    CampaignOutput,
    CentralReceiptInput,
    ContributionOutput,
    ExtraInput,
    HandUpInput,
    HandUpOutput,
    MyContributionOutput,
    TransferredInput,
)
from tenant_apps.dues.api.serializers import ReceiptOutput, StartedOutput
from tenant_apps.dues.api.views.phone import MyEndpoint, started
from tenant_apps.dues.models import ContributionKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import campaigns, contributions
from tenant_apps.dues.selectors.phone import ways_to_pay
from tenant_apps.dues.services import handing_up, voluntary
from tenant_apps.members import selectors as members

MOST = 500
"""How many rows are answered, the newest first."""


class MyContributions(MyEndpoint):
    """``POST`` begins a payment above the dues; send an ``Idempotency-Key``."""

    @extend_schema(operation_id="my_contributions", responses=MyContributionOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = contributions.contributions_of_member(self.member_id)[:MOST]
        return Response(MyContributionOutput(rows, many=True).data)

    @extend_schema(
        operation_id="my_contributions_start", request=ExtraInput, responses={201: StartedOutput}
    )
    def post(self, request: Request) -> Response:
        wish = given(ExtraInput, request.data)
        number = wish.get("campaign")
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        channel = wish.get("channel") or next(iter(ways), Channel.WECHAT)
        order = voluntary.start(
            member_id=self.member_id,
            amount_fen=wish["amount_fen"],
            channel=Channel(channel),
            campaign=calls.campaign(number) if number else None,
            is_anonymous=wish["is_anonymous"],
            actor=self.actor,
            now=clock.now(),
        )
        return started(order, return_url="")


class Contributions(Endpoint):
    """``GET`` what arrived in the actor's sub-trees."""

    permission = DuesPermission.CONTRIBUTION

    @extend_schema(operation_id="dues_contributions", responses=ContributionOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = contributions.contributions_visible_to(self.actor)[:MOST]
        return Response(ContributionOutput(rows, many=True).data)


class MemberContributions(Endpoint):
    """``POST`` books what a member paid into the dedicated account himself."""

    permission = DuesPermission.CONTRIBUTION

    @extend_schema(
        operation_id="dues_contributions_enter",
        request=TransferredInput,
        responses={201: ReceiptOutput},
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        member = members.member_for(self.actor, member_id, to=self.permission)
        receipt = voluntary.enter(
            member=member,
            actor=self.actor,
            now=clock.now(),
            **given(TransferredInput, request.data),
        )
        found = selectors.receipt_for(self.actor, receipt.pk, to=DuesPermission.BROWSE)
        return Response(ReceiptOutput(found).data, status=201)


class CentralReceipt(Endpoint):
    """``PUT`` the receipt of the Central Organisation Department."""

    permission = DuesPermission.CONTRIBUTION

    @extend_schema(
        operation_id="dues_contributions_central_receipt",
        request=CentralReceiptInput,
        responses=ContributionOutput,
    )
    def put(self, request: Request, contribution_id: UUID) -> Response:
        one = contributions.contribution_for(self.actor, contribution_id, to=self.permission)
        handing_up.enter_central_receipt(
            one=one, actor=self.actor, now=clock.now(), **given(CentralReceiptInput, request.data)
        )
        found = contributions.contribution_for(self.actor, contribution_id, to=self.permission)
        return Response(ContributionOutput(found).data)


class Campaigns(Endpoint):
    """``GET`` the calls for special dues with what the actor's sub-trees gave."""

    permission = DuesPermission.CONTRIBUTION

    @extend_schema(operation_id="dues_campaigns", responses=CampaignOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(CampaignOutput(campaigns.campaign_lines(self.actor), many=True).data)


class CampaignHandUp(Endpoint):
    """``POST`` draws up a list of what waits to go up."""

    permission = DuesPermission.HAND_UP

    @extend_schema(
        operation_id="dues_campaigns_hand_up", request=None, responses={201: HandUpOutput}
    )
    def post(self, request: Request, number: int) -> Response:
        made = handing_up.draw_up(
            kind=ContributionKind.SPECIAL,
            campaign_id=calls.campaign(number).pk,
            actor=self.actor,
            now=clock.now(),
        )
        return Response(HandUpOutput(made).data, status=201)


class HandUps(Endpoint):
    """``GET`` the lists; ``POST`` draws up one of the large dues that wait."""

    permission = DuesPermission.HAND_UP

    @extend_schema(operation_id="dues_hand_ups", responses=HandUpOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = contributions.hand_ups_visible_to(self.actor)[:MOST]
        return Response(HandUpOutput(rows, many=True).data)

    @extend_schema(
        operation_id="dues_hand_ups_draw_up", request=None, responses={201: HandUpOutput}
    )
    def post(self, request: Request) -> Response:
        made = handing_up.draw_up(kind=ContributionKind.LARGE, actor=self.actor, now=clock.now())
        return Response(HandUpOutput(made).data, status=201)


class HandUp(Endpoint):
    """``POST`` is the second person's word; ``DELETE`` takes a list back."""

    permission = DuesPermission.HAND_UP

    @extend_schema(operation_id="dues_hand_ups_retrieve", responses=HandUpOutput)
    def get(self, request: Request, hand_up_id: UUID) -> Response:
        return Response(HandUpOutput(contributions.hand_up_for(self.actor, hand_up_id)).data)

    @extend_schema(
        operation_id="dues_hand_ups_confirm", request=HandUpInput, responses=HandUpOutput
    )
    def post(self, request: Request, hand_up_id: UUID) -> Response:
        held = contributions.hand_up_for(self.actor, hand_up_id)
        done = handing_up.confirm(
            held=held, actor=self.actor, now=clock.now(), **given(HandUpInput, request.data)
        )
        return Response(HandUpOutput(done).data)

    @extend_schema(operation_id="dues_hand_ups_withdraw", responses=HandUpOutput)
    def delete(self, request: Request, hand_up_id: UUID) -> Response:
        held = contributions.hand_up_for(self.actor, hand_up_id)
        done = handing_up.withdraw(held=held, actor=self.actor, now=clock.now())
        return Response(HandUpOutput(done).data)
