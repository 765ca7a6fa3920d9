"""Whether a letter is genuine and still good: what whoever holds the paper may ask."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kernel.masks import masked
from tenant_apps.transfers.models import TRAVELLING, Handover, Side, State


class Worth(StrEnum):
    """What a letter is worth today."""

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    VOID = "void"


USED = (State.RECEIVER_ACCEPTED, State.PLACED, State.RECEIPT_RETURNED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Checked:
    """A letter as the check page shows it: less than the paper says."""

    letter: str
    name_masked: str
    issued_on: dt.date | None
    valid_until: dt.date | None
    worth: Worth


def letter(code: str, *, today: dt.date) -> Checked | None:
    """The letter with that code in the unit in force; None where there is none."""
    code = "".join(code.split()).upper()
    found = Handover.objects.filter(code=code, side=Side.OUT).first() if code else None
    if found is None:
        return None
    return Checked(
        found.letter,
        masked_name(found.name),
        found.issued_on,
        found.valid_until,
        worth_of(found, today=today),
    )


def worth_of(handover: Handover, *, today: dt.date) -> Worth:
    """What the letter of a transfer is worth."""
    if handover.state in USED:
        return Worth.USED
    if handover.state == State.EXPIRED:
        return Worth.EXPIRED
    if handover.state not in TRAVELLING or handover.valid_until is None:
        return Worth.VOID
    return Worth.VALID if today <= handover.valid_until else Worth.EXPIRED


def masked_name(name: str) -> str:
    """The surname and as many stars as there are further characters."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else masked(name)
