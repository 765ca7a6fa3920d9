"""Pages of the tree."""

from tenant_apps.organizations.views.acts import (
    DissolveOrganization,
    MergeOrganization,
    MoveChoices,
    MoveOrganization,
    UndoAct,
)
from tenant_apps.organizations.views.browsing import (
    OrganizationList,
    OrganizationPage,
    Organizations,
    TreeLevel,
)
from tenant_apps.organizations.views.honours import Honours, StrikeHonour
from tenant_apps.organizations.views.papers import ApprovalDocument, RevealContact
from tenant_apps.organizations.views.past import Drawing, HistoryGraph, LevelOnDay, TreeOnDay
from tenant_apps.organizations.views.reshaping import RetypeOrganization, SplitOrganization
from tenant_apps.organizations.views.sheets import (
    CreateOrganization,
    RemoveWorkplace,
    ReviseOrganization,
    Workplaces,
)

__all__ = [
    "ApprovalDocument",
    "CreateOrganization",
    "DissolveOrganization",
    "Drawing",
    "HistoryGraph",
    "Honours",
    "LevelOnDay",
    "MergeOrganization",
    "MoveChoices",
    "MoveOrganization",
    "OrganizationList",
    "OrganizationPage",
    "Organizations",
    "RemoveWorkplace",
    "RetypeOrganization",
    "RevealContact",
    "ReviseOrganization",
    "SplitOrganization",
    "StrikeHonour",
    "TreeLevel",
    "TreeOnDay",
    "UndoAct",
    "Workplaces",
]
