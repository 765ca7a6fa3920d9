"""The API of the unit's channels: which are on, and its account at each."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.unit import current_unit
from shared_apps.payments.permissions import PaymentPermission
from shared_apps.payments.selectors import Channel
from tenant_apps.dues.api.channel_serializers import AccountInput, WayOutput
from tenant_apps.dues.selectors.channels import ways_of
from tenant_apps.dues.services import channels


class Channels(Endpoint):
    permission = PaymentPermission.CHANNEL_CONFIGURE

    @extend_schema(operation_id="dues_channels", responses=WayOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(WayOutput(ways_of(current_unit().id), many=True).data)


class ChannelAccount(Endpoint):
    """``PUT`` the unit's account at a channel, in place of one that it had there."""

    permission = PaymentPermission.CHANNEL_CONFIGURE

    @extend_schema(operation_id="dues_channels_set_up", request=AccountInput, responses=WayOutput)
    def put(self, request: Request, channel: str) -> Response:
        given = AccountInput(data=request.data)
        given.is_valid(raise_exception=True)
        channels.set_up(
            channel=Channel(channel),
            parts=given.validated_data,
            actor=self.actor,
            now=clock.now(),
        )
        ways = ways_of(current_unit().id)
        return Response(WayOutput(next(one for one in ways if one.channel == channel)).data)
