"""Reading the tree of organisations."""

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
)
from .residents import Headcount, Residents, headcounts, register
from .tree import TreeNode, tree_visible_to
from .warnings import OrganizationWarning, flags, warnings_of

__all__ = [
    "Headcount",
    "KnownOrganization",
    "OrganizationNotFound",
    "OrganizationWarning",
    "Residents",
    "TreeNode",
    "ancestors_of",
    "children_visible_to",
    "flags",
    "headcounts",
    "known_organizations",
    "organization_for",
    "organizations_by_id",
    "organizations_visible_to",
    "register",
    "roots_visible_to",
    "scopes_of",
    "search",
    "tree_visible_to",
    "warnings_of",
]
