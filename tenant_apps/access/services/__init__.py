"""Roles, invitations, and signing in to a unit."""

from tenant_apps.access.services import (
    grants,
    invitations,
    member_sign_in,
    password_reset,
    reporting,
    sign_in,
)

__all__ = [
    "grants",
    "invitations",
    "member_sign_in",
    "password_reset",
    "reporting",
    "sign_in",
]
