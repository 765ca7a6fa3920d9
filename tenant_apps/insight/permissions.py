"""Yearly statistics and charts (rulebook 7).  Who may do what.

Totals that were not published are internal (rulebook 12.2), so the treasurer has no part in them.
A snapshot is the whole unit's: its ``org_path`` is the empty scope, so who takes, submits or files
one administers all of it, and not only a sub-tree.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kernel.permissions import Policy, role


class InsightPermission(StrEnum):
    """See each one."""

    BROWSE = "insight:browse"
    """See the statistics tables and charts of one's sub-trees."""

    PEOPLE = "insight:people"
    """Open a figure: see who is counted in it, with numbers masked."""

    EXPORT = "insight:export"
    """Take tables away as a workbook, or the list behind a figure, masked."""

    TAKE = "insight:take"
    """Freeze the unit's figures at the cut of a year."""

    SUBMIT = "insight:submit"
    """Put one's name to a snapshot as who filled it in."""

    FILE = "insight:file"
    """File a snapshot as who answers for it, or return it; never the one who filled it in."""


READERS: Final = ("unit_admin", "secretary")
"""The roles that see statistics."""


POLICY: Policy = {
    InsightPermission.BROWSE: ((role(*READERS),),),
    InsightPermission.PEOPLE: ((role(*READERS),),),
    InsightPermission.EXPORT: ((role(*READERS),),),
    InsightPermission.TAKE: ((role("unit_admin"),),),
    InsightPermission.SUBMIT: ((role("unit_admin"),),),
    InsightPermission.FILE: ((role("unit_admin"),),),
}
