"""Giving up a draft, for programs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from onboarding import selectors
from onboarding.api.closing import ClosingInput
from onboarding.permissions import OnboardingPermission
from onboarding.services import abandoning


class UnitAbandonment(Endpoint):
    """``POST`` with the reason and the unit's name; there is no way back."""

    permission = OnboardingPermission.UNIT_ABANDON

    @extend_schema(operation_id="unit_abandon", request=ClosingInput, responses={204: None})
    def post(self, request: Request, unit_id: UUID) -> Response:
        selectors.opening_for(self.actor, unit_id, to=self.permission)
        given = ClosingInput(data=request.data)
        given.is_valid(raise_exception=True)
        abandoning.abandon(
            unit_id=unit_id, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(status=204)
