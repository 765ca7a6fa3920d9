"""The API of what is opened by right: the contact's number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.organizations import selectors
from tenant_apps.organizations.api.serializers import ContactRevealInput, ContactRevealOutput
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.services import revealing


class ContactReveal(Endpoint):
    """``POST``: the contact's phone in the clear; recorded with the reason, never kept."""

    permission = OrganizationPermission.REVEAL

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Without the answers kept for ``Idempotency-Key``: each look is a look."""
        return APIView.dispatch(self, request, *args, **kwargs)

    @extend_schema(
        operation_id="organizations_reveal",
        request=ContactRevealInput,
        responses=ContactRevealOutput,
    )
    def post(self, request: Request, org_id: UUID) -> Response:
        organization = selectors.organization_for(self.actor, org_id, to=self.permission)
        given = ContactRevealInput(data=request.data)
        given.is_valid(raise_exception=True)
        phone = revealing.reveal_phone(
            organization=organization, actor=self.actor, now=clock.now(), **given.validated_data
        )
        shown = ContactRevealOutput({"contact_phone": phone}).data
        return Response(shown, headers={"Cache-Control": "no-store"})
