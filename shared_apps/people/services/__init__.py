"""Identities and how they are proven."""

from shared_apps.people.services import (
    affiliations,
    devices,
    events,
    housekeeping,
    invitations,
    member_sign_in,
    password_reset,
    passwords,
    roles,
    second_factor,
    sessions,
    sign_in,
    sms_codes,
    staff,
    throttle,
)

__all__ = [
    "affiliations",
    "devices",
    "events",
    "housekeeping",
    "invitations",
    "member_sign_in",
    "password_reset",
    "passwords",
    "roles",
    "second_factor",
    "sessions",
    "sign_in",
    "sms_codes",
    "staff",
    "throttle",
]
