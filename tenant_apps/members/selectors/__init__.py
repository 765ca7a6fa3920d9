"""Reading members."""

from tenant_apps.members.models import INCOMPLETE

from .columns import Cell, ColumnProvider, columns_for, register_column
from .counting import Residents, Tab, standings_of, tab_filter, tabs_of
from .files import (
    Contact,
    ExportNotFound,
    MemberNotFound,
    contacts_for,
    export_for,
    member_for,
    members_for,
    officers_of,
    own_file,
)
from .filters import Filters
from .history import HistoryEntry, history_of, looks_at
from .listing import Column, Listing, columns_of, shown_columns
from .lists import SORTS, members_visible_to, names_of, places_of, sorted_by
from .sections import (
    OwnLink,
    SectionProvider,
    own_links_for,
    register_own_links,
    register_section,
    sections_for,
)
from .words import search

__all__ = [
    "INCOMPLETE",
    "SORTS",
    "Cell",
    "Column",
    "ColumnProvider",
    "Contact",
    "ExportNotFound",
    "Filters",
    "HistoryEntry",
    "Listing",
    "MemberNotFound",
    "OwnLink",
    "Residents",
    "SectionProvider",
    "Tab",
    "columns_for",
    "columns_of",
    "contacts_for",
    "export_for",
    "history_of",
    "looks_at",
    "member_for",
    "members_for",
    "members_visible_to",
    "names_of",
    "officers_of",
    "own_file",
    "own_links_for",
    "places_of",
    "register_column",
    "register_own_links",
    "register_section",
    "search",
    "sections_for",
    "shown_columns",
    "sorted_by",
    "standings_of",
    "tab_filter",
    "tabs_of",
]
