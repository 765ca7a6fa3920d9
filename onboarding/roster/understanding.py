"""What was understood of a roster: plain values, ready to be shown, corrected and stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from .fields import Field
from .organisations import OrgKind


class Role(StrEnum):
    """What a sheet is for."""

    ORGANISATIONS = "organisations"
    MEMBERS = "members"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Column:
    """A column (0-based ``index``) and the field it was taken for; None when not taken."""

    index: int
    heading: str
    field: Field | None
    confidence: float
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetReading:
    """How one sheet was read.  ``header_rows`` are 1-based."""

    name: str
    role: Role
    reason: str
    header_rows: tuple[int, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: int = 0

    def column(self, wanted: Field) -> Column | None:
        """The column that holds a field, if any."""
        return next((column for column in self.columns if column.field == wanted), None)


@dataclass(frozen=True, slots=True)
class OrgNode:
    """An organisation.  ``existing``: already in the unit; ``implied``: named by no row."""

    key: str
    name: str
    kind: OrgKind
    parent_key: str | None
    code: str = ""
    founded_on: dt.date | None = None
    term_ends_on: dt.date | None = None
    sheet: str = ""
    row: int = 0
    existing: bool = False
    implied: bool = False


@dataclass(frozen=True, slots=True)
class KnownOrg:
    """An organisation that the unit already has (``key`` is the caller's own id)."""

    key: str
    name: str
    kind: str
    parent_key: str | None
    code: str = ""


class MemberRow(NamedTuple):
    """An accepted member.  Money in fen; dates exact to ``joined_precision`` (3 day, 2 month)."""

    sheet: int
    row: int
    org_key: str
    name: str
    identity_number: str
    gender: str
    birth_on: dt.date
    ethnicity: str
    education: str
    person_category: str
    joined_on: dt.date | None
    full_on: dt.date | None
    phone: str
    posts: str
    dues_category: str
    dues_base_fen: int | None
    party_group: str
    native_place: str
    work_post: str
    remarks: str
    joined_precision: int


MEMBER_FIELDS: tuple[str, ...] = tuple(MemberRow.__annotations__)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that cannot be taken, by the first rule it breaks; ``also`` lists the others."""

    sheet: str
    row: int
    column: str
    rule: str
    value: str
    message: str
    remedy: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is nobody: blank, a total, a footer, a repeated heading."""

    sheet: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at that refuses nothing; ``count`` rows, the first of them in ``rows``."""

    code: str
    message: str
    sheet: str = ""
    rows: tuple[int, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class AcceptedRows:
    """The members to store, in the order of the roster."""

    rows: list[MemberRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[MemberRow]:
        return iter(self.rows)

    def chunks(self, size: int, *, start: int = 0) -> Iterator[tuple[int, list[MemberRow]]]:
        """``(offset, rows)`` from ``start`` on, so that an interrupted worker can go on."""
        for offset in range(start, len(self.rows), size):
            yield offset, self.rows[offset : offset + size]


@dataclass(frozen=True, slots=True)
class SheetCorrection:
    """What a person says about a sheet; whatever is None is found out again.

    ``columns`` maps a field to its 0-based column, or to None for "this roster has none".
    """

    role: Role | None = None
    header_rows: tuple[int, ...] | None = None
    columns: Mapping[Field, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections by hand.  ``org_parents`` puts an organisation (its key, or its name as the
    roster has it) under another one's key.
    """

    sheets: Mapping[str, SheetCorrection] = field(default_factory=dict)
    org_parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything understood of one workbook."""

    unit_name: str
    sheets: tuple[SheetReading, ...]
    organisations: tuple[OrgNode, ...]
    accepted: AcceptedRows
    rejections: tuple[Rejection, ...]
    skipped: tuple[SkippedRow, ...]
    notices: tuple[Notice, ...]

    @property
    def new_organisations(self) -> tuple[OrgNode, ...]:
        """The organisations that the unit does not have yet, parents first."""
        return tuple(node for node in self.organisations if not node.existing)
