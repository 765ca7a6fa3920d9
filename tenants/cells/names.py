"""Names that only one cell may have: labels of units and their credit codes.

The control cell's table decides between cells; between the units of one cell its own unique
constraints do.  So taking a name that the cell has already is no error, and a request whose
answer got lost is simply made again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from kernel.errors import Conflict
from kernel.models import uuid7
from tenants.cells import courier, directory, letters
from tenants.cells.faces import is_control
from tenants.cells.models import NameKind, TakenName

UNUSED: Final = dt.timedelta(hours=1)
"""A name that was taken this long ago and belongs to no unit of its cell is given up."""


LONGEST: Final = 40


class NameElsewhere(Conflict):
    """Another cell has the name; ``kind`` and ``cell`` say which."""

    code = "name_in_another_cell"
    sentence = "该名称已由分区「{cell}」登记，请到该分区的控制台办理。"


def claim(*, label: str, credit_code: str, now: dt.datetime) -> None:
    """Takes both names for this cell, before anything is written.

    In the control cell within the transaction in progress; elsewhere the control cell is asked.
    Raises NameElsewhere, and ControlSilent when it is not known whether it has said yes: then
    nothing was made here, and the same request again finds out.
    """
    if is_control():
        take(cell=settings.CELL, label=label, credit_code=credit_code, now=now)
        return
    said = courier.ask("names", {"label": label, "credit_code": credit_code}, now=now)
    if not said["taken"]:
        raise NameElsewhere(kind=said["kind"], cell=said["cell"])
    directory.pull.after_commit()


def take(*, cell: str, label: str, credit_code: str, now: dt.datetime) -> None:
    """Writes both names down for the cell, both or neither.  Raises NameElsewhere."""
    with transaction.atomic():
        for kind, value in ((NameKind.LABEL, label), (NameKind.CREDIT_CODE, credit_code)):
            held, _ = TakenName.objects.get_or_create(
                kind=kind, value=value, defaults={"cell": cell, "taken_at": now}
            )
            if held.cell != cell:
                raise NameElsewhere(kind=kind.value, cell=held.cell)


def checked(value: object) -> str:
    """A name that another cell asks for; raises LetterMalformed."""
    if not isinstance(value, str) or not 2 <= len(value) <= LONGEST or value != value.strip():
        raise letters.LetterMalformed
    return value


def settle(
    *, cell: str, labels: Collection[str], codes: Collection[str], as_of: dt.datetime
) -> list[str]:
    """Makes the table agree with what a cell says it has: all its units' names as of then.

    What it does not have any more is free; what it has and nobody holds becomes its own.
    Returns the names that it claims and another cell has: somebody has to look.
    """
    own = TakenName.objects.filter(cell=cell, taken_at__lt=as_of - UNUSED)
    with transaction.atomic():
        for kind, values in ((NameKind.LABEL, labels), (NameKind.CREDIT_CODE, codes)):
            own.filter(kind=kind).exclude(value__in=list(values)).delete()
            _add(kind, cell, list(values), as_of)
    return _conflicts(cell, labels, codes)


def hand_over(*, label: str, credit_code: str, to: str, now: dt.datetime) -> None:
    """Gives both names to another cell, where the unit is about to be made anew from its export.

    From here on the edge sends the host there.
    """
    with transaction.atomic():
        for kind, value in ((NameKind.LABEL, label), (NameKind.CREDIT_CODE, credit_code)):
            TakenName.objects.update_or_create(
                kind=kind, value=value, defaults={"cell": to, "taken_at": now}
            )


def _add(kind: NameKind, cell: str, values: list[str], now: dt.datetime) -> None:
    known = set(TakenName.objects.filter(kind=kind, cell=cell).values_list("value", flat=True))
    new = [
        TakenName(pk=uuid7(), kind=kind, value=value, cell=cell, taken_at=now)
        for value in values
        if value not in known
    ]
    TakenName.objects.bulk_create(new, batch_size=2000, ignore_conflicts=True)


def _conflicts(cell: str, labels: Collection[str], codes: Collection[str]) -> list[str]:
    found: list[Any] = []
    with connection.cursor() as cursor:
        for kind, values in ((NameKind.LABEL, labels), (NameKind.CREDIT_CODE, codes)):
            cursor.execute(
                "SELECT value FROM tenants_takenname"
                " WHERE kind = %s AND cell <> %s AND value = ANY(%s) ORDER BY value",
                [kind, cell, list(values)],
            )
            found += [value for (value,) in cursor.fetchall()]
    return found
