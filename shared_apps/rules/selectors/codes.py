"""Code tables of the national standards and of the platform (rulebook 7.4).

Tables are files of a dictionary with a version; a published dictionary never changes, a correction
is a new one, so that a file names the dictionary it was written under (rulebook 8.4).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from kernel.errors import NotFound
from tenants import regions

_FOLDER: Final = Path(__file__).parents[1] / "codes"
_REGION: Final = "region"


class UnknownTable(NotFound):
    code = "code_table_unknown"
    sentence = "没有名为「{name}」的代码表，请从代码表的列表中选择。"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code.  ``extra`` holds what the table says besides: group, letters, aliases, and
    ``standard``, the name in the standard where the office uses a shorter one.
    """

    code: str
    label: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def standard(self) -> str:
        """The name as the standard has it."""
        return str(self.extra.get("standard", self.label))

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other words that people write for the same."""
        return tuple(self.extra.get("aliases", ()))

    @property
    def group(self) -> str:
        return str(self.extra.get("group", ""))


@dataclass(frozen=True)
class CodeTable:
    """One table.  ``groups`` are headings of the standard that nobody is coded with."""

    name: str
    title: str
    standard: str
    source: str
    note: str
    version: str
    entries: tuple[CodeEntry, ...]
    groups: tuple[CodeEntry, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label, in the order of the table."""
        return tuple(entry.label for entry in self.entries)

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """``(code, label)`` pairs for a form."""
        return tuple((entry.code, entry.label) for entry in self.entries)

    def entry(self, code: str) -> CodeEntry | None:
        return self._by_code.get(code)

    def label_of(self, code: str) -> str:
        """The label of a code; empty for a code that the table does not have."""
        found = self._by_code.get(code)
        return found.label if found else ""

    def code_of(self, label: str) -> str:
        """The code of a label, of its name in the standard or of an alias; else empty."""
        return self._by_word.get(label) or self._by_word.get(_plain(label), "")

    def read(self, text: str) -> str:
        """The code that a cell means, be it written as code, label or alias; else empty."""
        bare = text.strip()
        return bare if bare in self._by_code else self.code_of(bare)

    @cached_property
    def _by_code(self) -> dict[str, CodeEntry]:
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def _by_word(self) -> dict[str, str]:
        words: dict[str, str] = {}
        for entry in self.entries:
            for word in (entry.label, entry.standard, *entry.aliases):
                words.setdefault(_plain(word), entry.code)
        return words


def table(name: str, *, version: str = "") -> CodeTable:
    """A table of the newest dictionary, or of ``version``; raises UnknownTable."""
    return _table(name, version or dictionary_version())


@lru_cache(maxsize=16)
def either(name: str, other: str) -> CodeTable:
    """Two tables read as one, for a cell that may hold a code or a word of either; a word that
    both know means the first.  Their codes must differ.
    """
    first, second = table(name), table(other)
    return replace(
        first,
        entries=(*first.entries, *second.entries),
        groups=(*first.groups, *second.groups),
    )


def tables() -> tuple[CodeTable, ...]:
    """Every table of the newest dictionary, regions last."""
    return tuple(table(name) for name in (*_dictionary(dictionary_version())["tables"], _REGION))


def find(words: str) -> tuple[CodeTable, ...]:
    """The tables with only those entries whose code, label or alias contains ``words``."""
    wanted = _plain(words)
    found = (
        CodeTable(
            one.name, one.title, one.standard, one.source, one.note, one.version,
            tuple(entry for entry in one.entries if _says(entry, wanted)),
        )
        for one in tables()
    )  # fmt: skip
    return tuple(one for one in found if one.entries)


@lru_cache(maxsize=1)
def dictionary_version() -> str:
    """The newest dictionary that ships with the product."""
    versions = (folder.name for folder in _FOLDER.iterdir() if folder.is_dir())
    return max(versions, key=lambda name: tuple(map(int, name.split("."))))


@lru_cache(maxsize=8)
def _dictionary(version: str) -> dict[str, Any]:
    file = _FOLDER / version / "dictionary.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=128)
def _table(name: str, version: str) -> CodeTable:
    if name == _REGION:
        return _regions(version)
    if not (_FOLDER / version).is_dir() or name not in _dictionary(version)["tables"]:
        raise UnknownTable(name=name)
    raw = json.loads((_FOLDER / version / f"{name}.json").read_text(encoding="utf-8"))
    return CodeTable(
        name=name,
        title=raw["title"],
        standard=raw["standard"],
        source=raw["source"],
        note=raw["note"],
        version=version,
        entries=tuple(_entry(one) for one in raw["entries"]),
        groups=tuple(_entry(one) for one in raw["groups"]),
    )


def _regions(version: str) -> CodeTable:
    """GB/T 2260 as the directory of units has it: provinces and prefectures."""
    entries = [
        CodeEntry(code, name, {"group": province.code})
        for province in regions.provinces()
        for code, name in (
            (province.code, province.name),
            *((code, f"{province.name}{city}") for code, city in province.cities),
        )
    ]
    return CodeTable(
        name=_REGION,
        title="行政区划（省、地级）",
        standard="GB/T 2260",
        source="国家标准代码表",
        note="县级代码由六位数字构成，前四位须在本表内。",
        version=version,
        entries=tuple(entries),
        groups=tuple(CodeEntry(one.code, one.name) for one in regions.provinces()),
    )


def _entry(raw: dict[str, Any]) -> CodeEntry:
    rest = {key: value for key, value in raw.items() if key not in ("code", "label")}
    return CodeEntry(raw["code"], raw["label"], rest)


def _says(entry: CodeEntry, wanted: str) -> bool:
    words = (
        entry.code,
        entry.label,
        entry.standard,
        *entry.aliases,
        entry.extra.get("letters", ""),
    )
    return any(wanted in _plain(word) for word in words)


def _plain(text: str) -> str:
    """In comparable form: half-width, without blanks, small letters."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()
