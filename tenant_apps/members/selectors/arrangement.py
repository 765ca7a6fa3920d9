"""Which columns of the list a person wants to see, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from kernel.actor import Actor
from tenant_apps.members.models import SavedList
from tenant_apps.members.selectors.listing import Column

UNNAMED = ""
"""The saved list without a name holds the arrangement: it holds for every list of the person."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Keys of all columns in the order wanted (``order``), and those not shown (``hidden``)."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()

    @classmethod
    def read(cls, address: str) -> Arrangement:
        """From a saved address: ``order=org.category&hidden=phone``."""
        kept = parse_qs(address)
        order, hidden = (kept.get(name, [""])[0].split(".") for name in ("order", "hidden"))
        return cls(tuple(filter(None, order)), frozenset(filter(None, hidden)))

    def of(self, columns: Sequence[Column]) -> list[Column]:
        """The columns in this order.  One that came later stands last, hidden or not as it is."""
        known = {key: place for place, key in enumerate(self.order)}
        arranged = [
            replace(one, is_hidden=one.key in self.hidden, is_roomy=False)
            if one.key in known
            else one
            for one in columns
        ]
        return sorted(arranged, key=lambda one: known.get(one.key, len(known)))


def kept_by(actor: Actor) -> tuple[list[SavedList], Arrangement]:
    """The person's saved lists by name, and the arrangement of columns; in one statement."""
    if actor.person_id is None:
        return [], Arrangement()
    rows = list(SavedList.objects.filter(person_id=actor.person_id).order_by("name"))
    own = next((one.address for one in rows if one.name == UNNAMED), "")
    return [one for one in rows if one.name != UNNAMED], Arrangement.read(own)
