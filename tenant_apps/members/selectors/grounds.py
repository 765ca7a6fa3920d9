"""Why somebody left the Party, as a code: table 11 of rulebook 7.2 counts by it.

The grounds are those of rulebook 2.5.  A way of leaving that has only one needs no telling.
"""

from __future__ import annotations

from typing import Final

from shared_apps.rules.selectors import codes
from shared_apps.rules.selectors.codes import CodeEntry
from tenant_apps.members.models import ChangeKind, Member, Standing

STILL_LOST: Final = "STILL_LOST"
"""Two years after suspension and still not to be found."""


def grounds_of(kind: str) -> tuple[CodeEntry, ...]:
    """The grounds on which somebody can leave in this way; none for what is not 出党."""
    entries = codes.table("leaving_ground").entries
    return tuple(one for one in entries if kind in one.extra["kinds"])


def sole_grounds() -> dict[str, str]:
    """The code of each way of leaving that has one ground only."""
    found = {str(kind): grounds_of(kind) for kind in ChangeKind}
    return {kind: grounds[0].code for kind, grounds in found.items() if len(grounds) == 1}


def to_be_told(kind: str, standing: str) -> tuple[CodeEntry, ...]:
    """The grounds among which people choose; none where the way itself, or the suspension that
    it ends, says why.
    """
    if kind in sole_grounds() or standing == Standing.SUSPENDED:
        return ()
    return tuple(one for one in grounds_of(kind) if one.code != STILL_LOST)


def known(kind: str, standing: str) -> str:
    """The ground that needs no telling; else empty."""
    if kind == ChangeKind.REMOVED and standing == Standing.SUSPENDED:
        return STILL_LOST
    return sole_grounds().get(kind, "")


def choices_for(member: Member, kinds: list[str]) -> list[tuple[str, str]]:
    """What a form offers for these ways of leaving, each ground once."""
    offered = {one.code: one.label for kind in kinds for one in to_be_told(kind, member.standing)}
    return list(offered.items())


def label_of(code: str) -> str:
    return codes.table("leaving_ground").label_of(code)
