"""What a unit tells the platform: counts and fen, in the transaction of the change."""

from __future__ import annotations

import datetime as dt
from typing import Final, Protocol
from uuid import UUID

from shared_apps.usage.models import Outbox

STATE: Final = "state"
NUMBERS: Final[dict[str, frozenset[str]]] = {
    "organizations": frozenset({"delta"}),
    "members": frozenset({"delta"}),
    "activations": frozenset({"delta"}),
    "imports": frozenset({"delta"}),
    "sign_ins": frozenset({"delta"}),
    "bills": frozenset({"month", "count", "due_fen"}),
    "payments": frozenset({"month", "count", "paid_fen"}),
    STATE: frozenset({"standards_confirmed", "administrators", "second_factors"}),
}
"""The numbers that a report of each kind may carry; anything else is a mistake in the code.

A kind or number added here must be folded (``rollups``) and described to the units
(``selectors.outside``); tests hold all three together.
"""


class Reporting(Protocol):
    """The unit in force: ``kernel.unit.unit_context`` yields it."""

    id: UUID
    schema_name: str
    is_synthetic: bool


def emit(*, unit: Reporting, kind: str, now: dt.datetime, **numbers: int) -> None:
    """Leaves a report; call it in the unit's context, inside the transaction of the change.

    ``delta``, ``count``, ``due_fen`` and ``paid_fen`` are *changes* and may be negative: ten
    members admitted are ``kind="members", delta=10``, an undo of them ``delta=-10``.
    ``month`` (YYYYMM) is the month of the bills, for ``bills`` and ``payments`` alike, so that
    due and paid can be compared.  Numbers of ``state`` are not changes but the value that now
    holds (``standards_confirmed=469``).  Raises TypeError for a kind or number not in NUMBERS.
    A unit that a probe opened reports nothing.
    """
    if unknown := set(numbers) - NUMBERS.get(kind, frozenset()):
        raise TypeError(f"usage has no {kind} report with {', '.join(sorted(unknown))}")
    if kind not in NUMBERS:
        raise TypeError(f"usage has no report of kind {kind}")
    if unit.is_synthetic:
        return
    Outbox.objects.create(
        unit_id=unit.id, unit_role=unit.schema_name, kind=kind, numbers=numbers, at=now
    )
