"""The API of organisations."""

from tenant_apps.organizations.api.views.acts import (
    ActPaper,
    ActUndo,
    OrganizationDissolve,
    OrganizationMerge,
    OrganizationMove,
    OrganizationRetype,
    OrganizationSplit,
)
from tenant_apps.organizations.api.views.contacts import ContactReveal
from tenant_apps.organizations.api.views.honours import Honours, HonourStrike
from tenant_apps.organizations.api.views.tree import (
    OrganizationDetail,
    OrganizationHistory,
    Organizations,
    OrganizationSubtree,
    PastOrganizations,
    WorkplaceDetail,
    Workplaces,
)

__all__ = [
    "ActPaper",
    "ActUndo",
    "ContactReveal",
    "HonourStrike",
    "Honours",
    "OrganizationDetail",
    "OrganizationDissolve",
    "OrganizationHistory",
    "OrganizationMerge",
    "OrganizationMove",
    "OrganizationRetype",
    "OrganizationSplit",
    "OrganizationSubtree",
    "Organizations",
    "PastOrganizations",
    "WorkplaceDetail",
    "Workplaces",
]
