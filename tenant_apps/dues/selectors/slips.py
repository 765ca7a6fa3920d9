"""Pay slips: the lines from which a base was built, and what became of each (rulebook 4.2).

Wages are sensitive: the lines are kept as JSON under the unit's cipher and opened only for whoever
sees the standard.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from kernel.crypto import unit_cipher
from shared_apps.rules.selectors import BaseLine, DuesPack, Treatment

_COLUMN: Final = "dues.items"
WITH_SLIP: Final = frozenset({"WAGE", "ANNUAL"})
"""Categories whose base is built from a pay slip; the others have one figure."""
WORDS: Final = {
    Treatment.INCLUDE: "计入基数",
    Treatment.DEDUCT: "从基数中扣除",
    Treatment.IGNORE: "不计入基数",
}


def sealed(items: Sequence[tuple[str, int]]) -> bytes | None:
    """The lines as they are kept; None without any."""
    if not items:
        return None
    return unit_cipher().seal(json.dumps([*items]), column=_COLUMN)


def lines_of(blob: bytes | memoryview | None, pack: DuesPack) -> tuple[BaseLine, ...]:
    """What each kept line did to the base under ``pack``, in the order of the slip."""
    if blob is None:
        return ()
    items = json.loads(unit_cipher().open(bytes(blob), column=_COLUMN))
    return pack.wage_base([(code, fen) for code, fen in items]).lines


def grouped(lines: Iterable[BaseLine]) -> list[tuple[str, list[BaseLine]]]:
    """Lines by treatment, those that count first; treatments without a line are left out."""
    found = [*lines]
    groups = [
        (word, [line for line in found if line.item.treatment is treatment])
        for treatment, word in WORDS.items()
    ]
    return [(word, rows) for word, rows in groups if rows]
