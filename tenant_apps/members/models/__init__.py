"""The members of a unit (rulebook 2 and 8.2): the file, its extended sets, what began and ended."""

from tenant_apps.members.models.change import (
    DECREASES,
    INCREASES,
    LEAVES_THE_PARTY,
    Change,
    ChangeKind,
)
from tenant_apps.members.models.correction import Correction
from tenant_apps.members.models.entry import Entry, EntryKind
from tenant_apps.members.models.export import Export
from tenant_apps.members.models.member import (
    INCOMPLETE,
    WORDS,
    Category,
    Conversion,
    JoinedKind,
    Member,
    Standing,
    party_age,
    whole_months,
    whole_years,
)
from tenant_apps.members.models.proposal import Proposal
from tenant_apps.members.models.saved_list import SavedList
from tenant_apps.members.models.update import Update, UpdateRow

__all__ = [
    "DECREASES",
    "INCOMPLETE",
    "INCREASES",
    "LEAVES_THE_PARTY",
    "WORDS",
    "Category",
    "Change",
    "ChangeKind",
    "Conversion",
    "Correction",
    "Entry",
    "EntryKind",
    "Export",
    "JoinedKind",
    "Member",
    "Proposal",
    "SavedList",
    "Standing",
    "Update",
    "UpdateRow",
    "party_age",
    "whole_months",
    "whole_years",
]
