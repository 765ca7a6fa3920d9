"""The bridge from the framework's permission check to the policy table."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from kernel.actor import Actor
from kernel.permissions import can


class DeclaredPermission(BasePermission):
    """Asks the policy table for the permission that the endpoint declares."""

    def has_permission(self, request: Request, view: Any) -> bool:
        permission = getattr(view, "permission", None)
        actor: Actor = request._request.actor  # type: ignore[attr-defined]  # our middleware
        return permission is not None and can(actor, permission)
