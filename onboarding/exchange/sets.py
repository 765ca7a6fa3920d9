"""The field sets of rulebook 8.2 and 8.3, as versioned data.

A mapping never changes once it was used: the header row a client builds on stays readable, and a
changed set is a new version beside the old one (rulebook 8.4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kernel.errors import NotFound
from shared_apps.rules.selectors import codes

_FOLDER: Final = Path(__file__).parent / "sets"
_CODED: Final = "code:"
CODE_SUFFIX: Final = "代码"
KEY, SET, FULL = "key", "set", "full"
"""What a field is needed for: to know the row at all; to complete the set; of full members."""


class UnknownSet(NotFound):
    code = "exchange_set_unknown"
    sentence = "没有名为「{name}」的交换集，请从列表中选择。"


@dataclass(frozen=True, slots=True)
class Field:
    """One field.  ``item`` is its number in the set's source, 0 for what we add to it;
    ``fills`` the column of the member's file that an import may write.
    """

    heading: str
    key: str
    kind: str
    item: int = 0
    need: str = ""
    most: int = 0
    fills: str = ""
    also: tuple[str, ...] = ()

    @property
    def table(self) -> codes.CodeTable | None:
        """The code table of a coded field; ``code:one/other`` takes what either of two has."""
        if not self.kind.startswith(_CODED):
            return None
        name, _, other = self.kind.removeprefix(_CODED).partition("/")
        return codes.either(name, other) if other else codes.table(name)

    @property
    def headings(self) -> tuple[str, ...]:
        """The columns it has in a file: code and label where it is coded."""
        if self.kind.startswith(_CODED):
            return (f"{self.heading}{CODE_SUFFIX}", self.heading)
        return (self.heading,)


@dataclass(frozen=True, slots=True)
class ExchangeSet:
    """One set.  ``subject`` is member, organization, applicant or master."""

    name: str
    title: str
    subject: str
    source: str
    version: str
    fields: tuple[Field, ...]

    @property
    def headings(self) -> list[str]:
        return [heading for field in self.fields for heading in field.headings]

    @property
    def items(self) -> int:
        """How many fields the set's source counts."""
        return sum(1 for field in self.fields if field.item)

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)


def version() -> str:
    """The newest mapping that ships with the product."""
    names = (folder.name for folder in _FOLDER.iterdir() if folder.is_dir())
    return max(names, key=lambda name: tuple(map(int, name.split("."))))


def named(name: str, *, mapping: str = "") -> ExchangeSet:
    """A set of the newest mapping, or of ``mapping``; raises UnknownSet."""
    return _named(name, mapping or version())


def for_subject(*subjects: str) -> tuple[ExchangeSet, ...]:
    """The sets about members, organisations, applicants, or of master data."""
    found = (named(file.stem) for file in sorted((_FOLDER / version()).glob("*.json")))
    return tuple(one for one in found if one.subject in subjects)


@lru_cache(maxsize=64)
def _named(name: str, mapping: str) -> ExchangeSet:
    known = {folder.name: folder for folder in _FOLDER.iterdir() if folder.is_dir()}
    files = {file.stem: file for file in known[mapping].glob("*.json")} if mapping in known else {}
    if name not in files:
        raise UnknownSet(name=name)
    raw = json.loads(files[name].read_text(encoding="utf-8"))
    return ExchangeSet(
        name=raw["name"],
        title=raw["title"],
        subject=raw["subject"],
        source=raw["source"],
        version=mapping,
        fields=tuple(_field(one) for one in raw["fields"]),
    )


def _field(raw: dict[str, Any]) -> Field:
    return Field(
        heading=raw["heading"],
        key=raw["key"],
        kind=raw["kind"],
        item=raw.get("item", 0),
        need=raw.get("need", ""),
        most=raw.get("most", 0),
        fills=raw.get("fills", ""),
        also=tuple(raw.get("also", ())),
    )
