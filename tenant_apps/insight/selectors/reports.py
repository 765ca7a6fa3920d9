"""The filled tables of a sub-tree of a snapshot.  Frozen, so counted once and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from kernel import cache
from kernel.actor import Actor
from tenant_apps.insight.models import Snapshot
from tenant_apps.insight.selectors import checks
from tenant_apps.insight.selectors.checks import Check
from tenant_apps.insight.selectors.counting import Ground
from tenant_apps.insight.selectors.sheets import Cell, Sheet, fill
from tenant_apps.insight.selectors.snapshots import Spot, spot_of
from tenant_apps.insight.selectors.tables import all_tables, table

_KEPT_SECONDS: Final = 3600
_FORM: Final = 2
"""Rises when the declarations of the tables change, so that nothing counted before is shown."""


def sheet(snapshot: Snapshot, ground: Ground, number: int) -> Sheet:
    """One table.  Raises UnknownTable."""
    wanted = table(number)
    return _remembered(snapshot, ground, f"table:{number}", (wanted,))[number]


def sheets(snapshot: Snapshot, ground: Ground) -> dict[int, Sheet]:
    """All fifteen."""
    return _remembered(snapshot, ground, "all", all_tables())


def checks_of(snapshot: Snapshot, ground: Ground) -> list[Check]:
    """The audit of all tables."""
    return checks.all_checks(sheets(snapshot, ground))


def uneven(snapshot: Snapshot) -> int:
    """How many checks of the whole unit do not come out even."""
    spot = whole_unit(snapshot)
    return sum(1 for check in checks_of(snapshot, spot.ground) if check.mark == "late")


def whole_unit(snapshot: Snapshot) -> Spot:
    """The root of the unit, whoever asks."""
    return spot_of(Actor.system("statistics"), snapshot, None)


def _remembered(
    snapshot: Snapshot, ground: Ground, what: str, wanted: tuple[Any, ...]
) -> dict[int, Sheet]:
    key = f"statistics:{_FORM}:{ground.now}:{ground.path}:{_of(ground.before)}:{what}"
    plain = cache.get(key)
    if plain is None:
        filled = fill(wanted, ground)
        cache.put(key, {number: _packed(one) for number, one in filled.items()},
                  seconds=_KEPT_SECONDS)  # fmt: skip
        return filled
    return {number: _unpacked(number, one) for number, one in plain.items()}


def _of(before: UUID | None) -> str:
    return str(before) if before else "-"


def _packed(sheet: Sheet) -> dict[str, Any]:
    """Without the declaration, which the code knows."""
    cells = {
        row: {column: (cell.value, cell.opens) for column, cell in columns.items()}
        for row, columns in sheet.cells.items()
    }
    return {"cells": cells, "derived": sheet.derived}


def _unpacked(number: int, plain: Mapping[str, Any]) -> Sheet:
    cells = {
        row: {column: Cell(*cell) for column, cell in columns.items()}
        for row, columns in plain["cells"].items()
    }
    return Sheet(table(number), cells, derived=tuple(plain["derived"]))
