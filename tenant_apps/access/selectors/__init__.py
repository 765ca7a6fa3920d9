"""Reading roles, and what the apps above this one know of people and places."""

from tenant_apps.access.selectors import neighbours
from tenant_apps.access.selectors.holdings import (
    ROLE_LABELS,
    Office,
    administrator_ids,
    colleague_for,
    grant_for,
    grants_visible_to,
    holders_at,
    holders_below,
    holdings_of,
    office_of,
    persons_at,
)

__all__ = [
    "ROLE_LABELS",
    "Office",
    "administrator_ids",
    "colleague_for",
    "grant_for",
    "grants_visible_to",
    "holders_at",
    "holders_below",
    "holdings_of",
    "neighbours",
    "office_of",
    "persons_at",
]
