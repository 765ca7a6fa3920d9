"""Who may open units, hand in rosters, and see how far units have come."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role, signed_in


class OnboardingPermission(StrEnum):
    """Outreach opens units; it never sees a member's file once the unit is open."""

    CONSOLE_ENTER = "onboarding:console_enter"
    """Opens the console; what it shows first depends on the role."""
    UNITS_LIST = "onboarding:units_list"
    """Lists all units with their state, their blocker and who answers for them."""
    UNIT_VIEW = "onboarding:unit_view"
    """Opens a unit's page: agreement, rosters handed in, time line, blockers."""
    UNIT_REGISTER = "onboarding:unit_register"
    """Registers a client unit and keeps drafts of it."""
    UNIT_ABANDON = "onboarding:unit_abandon"
    """Gives up a unit that is still a draft: outreach those it registered, operators any."""
    BATCH_HANDLE = "onboarding:batch_handle"
    """Opens units from one sheet: checks, confirms, stops, retries, takes the results away."""
    ROSTER_HANDLE = "onboarding:roster_handle"
    """Hands in a roster, reviews what was understood, corrects, confirms or gives it up."""
    ROSTER_UNDO = "onboarding:roster_undo"
    """Takes an import back within seven days."""
    ADMINISTRATOR_INVITE = "onboarding:administrator_invite"
    """Makes the one-time link for the unit's first administrator."""
    HOME_ENTER = "onboarding:home_enter"
    """Opens the unit's address; members are led on to the phone pages."""
    WORKBENCH_VIEW = "onboarding:workbench_view"
    """Sees the unit's own workbench: what is left to do, counts and this month's dues."""
    CLOSING_VIEW = "onboarding:closing_view"
    """Sees how far the end of a unit has come, what holds it up, and its certificate."""
    CLOSING_REQUEST = "onboarding:closing_request"
    """Asks for a unit to be closed, and calls it off within the 30 days."""
    CLOSING_CONFIRM = "onboarding:closing_confirm"
    """Confirms what another person asked for; never one's own request."""
    OPENING_EXPORT = "onboarding:opening_export"
    """Takes the list of units away as a workbook."""
    EXCHANGE_VIEW = "onboarding:exchange_view"
    """Sees which files came in and went out, what they changed and who approved them."""
    EXCHANGE_IMPORT = "onboarding:exchange_import"
    """Hands in rosters, exchange sets and master data, decides on each change, takes it back."""
    EXCHANGE_EXPORT = "onboarding:exchange_export"
    """Takes exchange sets away, masked; with full identity numbers after a second person's word."""
    EXCHANGE_APPROVE = "onboarding:exchange_approve"
    """Approves a file with full identity numbers that another administrator asked for."""


def is_registrar(actor: Actor, on: Any) -> bool:
    """Registered the unit in question, where there is one."""
    return on is None or (
        actor.person_id is not None and getattr(on, "officer_id", None) == actor.person_id
    )


_STAFF = (
    "outreach",
    "operator",
    "settlement_maker",
    "settlement_checker",
    "system_admin",
    "security_admin",
    "audit_admin",
)
POLICY: Policy = {
    OnboardingPermission.HOME_ENTER: ((signed_in,),),
    OnboardingPermission.CONSOLE_ENTER: ((role(*_STAFF),),),
    OnboardingPermission.UNITS_LIST: ((role("outreach", "operator"),),),
    OnboardingPermission.UNIT_VIEW: ((role("outreach", "operator"),),),
    OnboardingPermission.UNIT_REGISTER: ((role("outreach"),),),
    OnboardingPermission.UNIT_ABANDON: ((role("operator"),), (role("outreach"), is_registrar)),
    OnboardingPermission.BATCH_HANDLE: ((role("outreach", "operator"),),),
    OnboardingPermission.ROSTER_HANDLE: ((role("outreach"),),),
    OnboardingPermission.ROSTER_UNDO: ((role("outreach"),),),
    OnboardingPermission.ADMINISTRATOR_INVITE: ((role("outreach"),),),
    OnboardingPermission.CLOSING_VIEW: ((role("operator", "system_admin", "audit_admin"),),),
    OnboardingPermission.CLOSING_REQUEST: ((role("operator"),),),
    OnboardingPermission.CLOSING_CONFIRM: ((role("operator", "system_admin"),),),
    OnboardingPermission.OPENING_EXPORT: ((role("outreach", "operator"),),),
    OnboardingPermission.EXCHANGE_VIEW: ((role("unit_admin"),),),
    OnboardingPermission.EXCHANGE_IMPORT: ((role("unit_admin"),),),
    OnboardingPermission.EXCHANGE_EXPORT: ((role("unit_admin"),),),
    OnboardingPermission.EXCHANGE_APPROVE: ((role("unit_admin"),),),
    OnboardingPermission.WORKBENCH_VIEW: (
        (role("unit_admin", "secretary", "treasurer", "cashier"),),
    ),
}
