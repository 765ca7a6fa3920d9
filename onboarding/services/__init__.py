"""Opening units: register, read, import, take back, invite; what blocks whom."""

from onboarding.services import (
    blockers,
    importing,
    inviting,
    reading,
    recounting,
    registration,
    set_exporting,
    undoing,
    update_reading,
)

__all__ = [
    "blockers",
    "importing",
    "inviting",
    "reading",
    "recounting",
    "registration",
    "set_exporting",
    "undoing",
    "update_reading",
]
