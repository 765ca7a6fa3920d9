"""What a probe found: how many cells it tried, and which of them leaked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.isolation.scanner import Scanner

REFUSALS = frozenset({403, 404, 405})


class Enough(Exception):
    """A hasty battery has seen its first leak."""


@dataclass
class Findings:
    """Cells by kind, leaks in words.

    ``where`` narrows the probes of pages to addresses that contain it; ``is_hasty`` ends a probe
    at its first leak.  Both are for the mutation run, which asks for one red cell only.
    ``is_wide`` tries everybody everywhere with keys of every table, as the bench does; otherwise
    ``sampling`` says which of the cells that one code path serves are tried.
    """

    where: str = ""
    is_hasty: bool = False
    is_wide: bool = False
    cells: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)

    def cell(self, kind: str, is_tight: bool, *what: object) -> None:
        """One cell of the battery; a leak unless it is tight."""
        self.cells[kind] += 1
        if not is_tight:
            self.leaks.append(" · ".join(str(part) for part in (kind, *what)))
            if self.is_hasty:
                raise Enough

    def refused(self, kind: str, answer: Any, scanner: Scanner, *what: object) -> None:
        """A cell that must be refused and must not show anything of the other unit."""
        seen = scanner.find(answer.text, asked=" ".join(map(str, what)))
        # A page that is only ever posted to sends a reader on to the row's own page, unread.
        is_sent_on = answer.status == 302 and answer.response.request["REQUEST_METHOD"] == "GET"
        is_tight = (answer.status in REFUSALS or is_sent_on) and not seen
        self.cell(kind, is_tight, *what, answer.status, seen)

    def silent(self, kind: str, answer: Any, scanner: Scanner, *what: object) -> None:
        """A cell that may answer anything but an error of ours, and nothing of the other unit."""
        seen = scanner.find(answer.text, asked=" ".join(map(str, what)))
        self.cell(kind, answer.status < 500 and not seen, *what, answer.status, seen)

    def opened(self, kind: str, answer: Any, *what: object) -> None:
        """The allowed twin of a denial: the same request about one's own."""
        self.cell(kind, answer.status < 400, *what, answer.status)
