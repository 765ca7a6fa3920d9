"""Reading the tree of organisations."""

from .duties import Duty, DutyProvider, Urgency, duties_for, register_duties
from .gates import (
    KnownOrganization,
    OrganizationNotFound,
    ancestors_of,
    children_visible_to,
    known_organizations,
    organization_for,
    organizations_by_id,
    organizations_visible_to,
    roots_visible_to,
    scopes_of,
    search,
    that_can_be_parents,
    that_hold_members,
)
from .history import HistoryEntry, history_of
from .residents import Headcount, Residents, headcounts, register
from .sections import SectionProvider, register_section, sections_for
from .tree import Links, TreeNode, found_in_tree, level_visible_to, selected_in, tree_visible_to
from .warnings import OrganizationWarning, flags, warnings_of

__all__ = [
    "Duty",
    "DutyProvider",
    "Headcount",
    "HistoryEntry",
    "KnownOrganization",
    "Links",
    "OrganizationNotFound",
    "OrganizationWarning",
    "Residents",
    "SectionProvider",
    "TreeNode",
    "Urgency",
    "ancestors_of",
    "children_visible_to",
    "duties_for",
    "flags",
    "found_in_tree",
    "headcounts",
    "history_of",
    "known_organizations",
    "level_visible_to",
    "organization_for",
    "organizations_by_id",
    "organizations_visible_to",
    "register",
    "register_duties",
    "register_section",
    "roots_visible_to",
    "scopes_of",
    "search",
    "sections_for",
    "selected_in",
    "that_can_be_parents",
    "that_hold_members",
    "tree_visible_to",
    "warnings_of",
]
