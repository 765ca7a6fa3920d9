"""Columns that mean something only inside one unit, and how they travel.

A backup keeps them as they are.  A full export is for the unit to take elsewhere, so a sealed
column ``phone_sealed`` becomes ``phone`` in the clear (one that is only called ``sealed`` becomes
``secrets``), its blind index ``phone_index`` is left out (the next platform makes its own), and the
key of a stored file (``FILE_KEYS``) loses the unit's prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.crypto import Cipher, unit_cipher
from kernel.unit import Purpose, unit_context
from tenants.archive import records
from tenants.archive.tables import Table

OPEN: Final = "open"
"""Personal columns readable: for the unit to take elsewhere."""
STORED: Final = "stored"
"""Rows as they are stored: for bringing the unit back on this platform."""
_SEALED: Final = "_sealed"
_INDEX: Final = "_index"
_ALL_SEALED: Final = "sealed"
_SECRETS: Final = "secrets"
FILE_KEYS: Final = ("file_key", "photo_key")
"""Columns that name a file of the unit."""
Field = Callable[[records.Record], str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """One of the two forms, for the rows of one unit."""

    name: str
    unit_id: UUID
    cipher: Cipher

    @classmethod
    def of(cls, name: str, unit_id: UUID) -> Form:
        """Raises KeyDestroyed for a unit that was closed."""
        with unit_context(unit_id, for_=Purpose.READING):
            return cls(name, unit_id, unit_cipher())

    def columns(self, table: Table) -> tuple[str, ...]:
        """The columns of a table's CSV."""
        return self._translation(table).opened if self.name == OPEN else table.names

    def outward(self, table: Table, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """From what is stored to what the archive says."""
        translation = self._translation(table)
        is_said_otherwise = self.name == OPEN and translation.is_needed
        return translation.open(blocks) if is_said_otherwise else iter(blocks)

    def inward(self, table: Table, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """From what the archive says to what is stored in this unit."""
        translation = self._translation(table)
        is_said_otherwise = self.name == OPEN and translation.is_needed
        return translation.seal(blocks) if is_said_otherwise else iter(blocks)

    def _translation(self, table: Table) -> Translation:
        return Translation(table.app, table.names, self.cipher, self.unit_id)


@dataclass(frozen=True, slots=True)
class Translation:
    """How one table is said in the open form; ``app`` is the first word of its cipher columns."""

    app: str
    stored: tuple[str, ...]
    cipher: Cipher
    unit_id: UUID

    @property
    def is_needed(self) -> bool:
        return any(_is_sealed(name) or name in FILE_KEYS for name in self.stored)

    @property
    def opened(self) -> tuple[str, ...]:
        """The columns of the open form, in order."""
        sealed = {_word(name) for name in self.stored if _is_sealed(name)}
        return tuple(
            _word(name) if _is_sealed(name) else name
            for name in self.stored
            if not (name.endswith(_INDEX) and name.removesuffix(_INDEX) in sealed)
        )

    def open(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Stored CSV to open CSV, heading included."""
        return self._translate(blocks, self.opened, {n: self._reading(n) for n in self.opened})

    def seal(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Open CSV to stored CSV, sealed and indexed under this unit's keys."""
        return self._translate(blocks, self.stored, {n: self._writing(n) for n in self.stored})

    def _translate(
        self, blocks: Iterable[bytes], heading: Sequence[str], fields: dict[str, Field]
    ) -> Iterator[bytes]:
        rows = records.parse(blocks)
        next(rows)
        yield records.render(list(heading))
        for row in rows:
            yield records.render([field(row) for field in fields.values()])

    def _reading(self, name: str) -> Field:
        if name not in self.stored:
            at, column = self.stored.index(stored_as(name, self.stored)), f"{self.app}.{name}"
            return lambda row: self._unsealed(row[at], column)
        at = self.stored.index(name)
        if name in FILE_KEYS:
            return lambda row: self._short(row[at])
        return lambda row: row[at]

    def _writing(self, name: str) -> Field:
        word = _word(name)
        if _is_sealed(name):
            at, column = self.opened.index(word), f"{self.app}.{word}"
            return lambda row: self._sealed(row[at], column)
        if name not in self.opened:
            word = name.removesuffix(_INDEX)
            at = self.opened.index(word)
            return lambda row: self._indexed(row[at], word)
        at = self.opened.index(name)
        if name in FILE_KEYS:
            return lambda row: self._long(row[at])
        return lambda row: row[at]

    def _unsealed(self, value: str | None, column: str) -> str | None:
        return value and self.cipher.open(bytes.fromhex(value.removeprefix("\\x")), column=column)

    def _sealed(self, value: str | None, column: str) -> str | None:
        return None if value is None else "\\x" + self.cipher.seal(value, column=column).hex()

    def _indexed(self, value: str | None, purpose: str) -> str | None:
        return None if value is None else "\\x" + self.cipher.index(value, purpose=purpose).hex()

    def _short(self, value: str | None) -> str | None:
        return value and value.removeprefix(f"units/{self.unit_id}/")

    def _long(self, value: str | None) -> str | None:
        return value and f"units/{self.unit_id}/{value}"


def stored_as(word: str, names: Iterable[str]) -> str:
    """The sealed column that the open form calls ``word``."""
    return next(name for name in names if _is_sealed(name) and _word(name) == word)


def _is_sealed(name: str) -> bool:
    return name == _ALL_SEALED or name.endswith(_SEALED)


def _word(name: str) -> str:
    """What a column is called in the open form."""
    return _SECRETS if name == _ALL_SEALED else name.removesuffix(_SEALED)
