"""``understand``: from an opened workbook to everything that is known about it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kernel.sheets.reading import Book

from . import notices as remarks
from . import orgrows, orgsheet, supplements
from .fields import Field, of_member
from .members import MemberReader
from .notices import Tally
from .organisations import BRANCHES, kind_of, name_key, path_separator
from .orgsheet import OrgRow
from .placing import Placer, Words, style_of
from .roles import SheetGuess, choose_roles, place_of_sheet
from .rows import MemberSheet, Walk, org_levels, sparse_levels
from .tree import Tree
from .understanding import (
    AcceptedRows,
    Corrections,
    KnownOrg,
    MemberRow,
    Notice,
    Rejection,
    Role,
    SheetReading,
    SkippedRow,
    Understanding,
)
from .values import identity_key

_NO_CORRECTIONS = Corrections()
_RANK_ABOVE = 30
_UNCOUNTED = re.compile(r"[(（]\d+人?[)）]$")


@dataclass(slots=True)
class _Work:
    """Everything gathered on the way."""

    tree: Tree
    today: dt.date
    corrections: Corrections
    listed: bool = False
    rejections: list[Rejection] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    accepted: list[MemberRow] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    more: supplements.More = field(default_factory=dict)
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)
    repeated: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Counted:
    """The first pass over one member sheet."""

    source: MemberSheet
    words: Counter[Words]
    first_rows: dict[Words, int]
    people: list[tuple[int, Words]]

    @property
    def rows(self) -> int:
        return len(self.people)


def understand(
    book: Book,
    unit_name: str,
    today: dt.date,
    corrections: Corrections = _NO_CORRECTIONS,
    known_orgs: Sequence[KnownOrg] = (),
) -> Understanding:
    """What a unit's workbook says: sheets, columns, organisations, members, refusals.

    ``known_orgs`` are the organisations the unit has already (a corrected remainder handed in
    again); members then find their place among them.  Nothing is stored and nothing raised.
    """
    guesses = choose_roles(book, corrections.sheets)
    work = _Work(Tree(unit_name, known_orgs), today, corrections, listed=bool(known_orgs))
    counts = _read_organisations(guesses, work)
    sources, further = supplements.set_apart(_member_sheets(guesses))
    sources = sources if work.listed else _under_their_sheets(sources)
    work.more = supplements.gathered(further)
    for source in further:
        message = "这张表只补充了名册里人员的信息，已按身份证号码并入。"
        work.notices.append(Notice("sheet_merged", message, source.name))
    counted = [_count(source, work) for source in sources]
    work.numbers.clear()
    placers = [_placer(one, work) for one in counted]
    for one, placer in zip(counted, placers, strict=True):
        _read_members(one, placer, work)
        counts[one.source.name] = one.rows
    _closing_remarks(guesses, work)
    order = {sheet.name: place for place, sheet in enumerate(book.sheets)}
    return Understanding(
        unit_name,
        tuple(_reading(guess, counts) for guess in guesses),
        work.tree.in_order(),
        AcceptedRows(work.accepted),
        tuple(sorted(work.rejections, key=lambda one: (order.get(one.sheet, 0), one.row))),
        tuple(work.skipped),
        tuple(work.notices),
    )


def _read_organisations(guesses: list[SheetGuess], work: _Work) -> Counter[str]:
    counts: Counter[str] = Counter()
    rows: list[OrgRow] = []
    for guess in guesses:
        if guess.role == Role.ORGANISATIONS:
            found = orgrows.read(guess, work.skipped, work.notices)
            counts[guess.sheet.name] = len(found)
            rows.extend(found)
    if rows:
        work.listed = True
        rejections, notices = orgsheet.build(work.tree, rows, work.corrections.org_parents)
        work.rejections += rejections
        work.notices += notices
    return counts


def _member_sheets(guesses: list[SheetGuess]) -> list[MemberSheet]:
    members = [guess for guess in guesses if guess.role == Role.MEMBERS]
    sources = []
    for index, guess in enumerate(guesses):
        if guess.role != Role.MEMBERS:
            continue
        place = place_of_sheet(guess, alone=len(members) == 1)
        levels = org_levels(guess.mapped)
        source = MemberSheet(index, guess.sheet, guess.header, guess.mapped, place, levels=levels)
        merged = {merge.left for merge in guess.sheet.merges if merge.bottom > merge.top}
        sparse = [one for one in levels if guess.filled.get(one, 1.0) < 0.5 and one not in merged]
        if sparse:
            source = replace(source, filled_down=sparse_levels(source, sparse))
        sources.append(source)
    return sources


def _under_their_sheets(sources: list[MemberSheet]) -> list[MemberSheet]:
    """Sheets named after general branches, each with a column of branches: the sheet is the
    level above.  Every sheet must be named so, and no cell repeat the name.
    """
    if len(sources) < 2 or not all(map(_stands_above, sources)):
        return sources
    return [replace(one, above=(_UNCOUNTED.sub("", one.name),)) for one in sources]


def _stands_above(source: MemberSheet) -> bool:
    kind = kind_of(source.name)
    if kind is None or kind in BRANCHES or len(source.levels) != 1:
        return False
    if source.mapped.index(Field.MEMBER_ORG_CODE) is not None:
        return False
    names = {name_key(words[1]) for _, _, words in Walk(source)}
    own = name_key(_UNCOUNTED.sub("", source.name))
    whole = (own in name or path_separator([name]) for name in names)
    return bool(names) and not any(whole)


def _count(source: MemberSheet, work: _Work) -> _Counted:
    """First pass: which organisations and identity numbers there are, and who is nobody."""
    words: Counter[Words] = Counter()
    first: dict[Words, int] = {}
    same: dict[Words, Words] = {}
    people: list[tuple[int, Words]] = []
    at = source.mapped.index(Field.IDENTITY)

    def skip(number: int, reason: str) -> None:
        work.skipped.append(SkippedRow(source.name, number, reason))

    for number, cells, org in Walk(source, skip):
        said = same.setdefault(org, org)
        people.append((number, said))
        words[said] += 1
        first.setdefault(said, number)
        if at is not None:
            _remember(identity_key(cells[at]), (source.name, number), work)
    if source.filled_down:
        message = "党组织只写在每组第一行，已按上面一行补齐，请核对。"
        work.notices.append(Notice("org_filled_down", message, source.name))
    return _Counted(source, words, first, people)


def _remember(key: str, place: tuple[str, int], work: _Work) -> None:
    """Notes where an identity number stands; the second time it is a repeated one."""
    if not key:
        return
    first = work.numbers.setdefault(key, place)
    if first != place:
        work.repeated.setdefault(key, [first]).append(place)


def _placer(counted: _Counted, work: _Work) -> Placer:
    source = counted.source
    above = [_RANK_ABOVE for _ in source.above]
    ranks = (*above, *(_rank(source, index) for index in source.levels)) or (0,)
    style = style_of(counted.words, ranks)
    placer = Placer(
        work.tree,
        style,
        listed=work.listed,
        moved=work.corrections.org_parents,
        sheet=source.name,
    )
    placer.grow(counted.words, counted.first_rows)
    if (
        not source.levels
        and not source.place
        and source.mapped.index(Field.MEMBER_ORG_CODE) is None
    ):
        message = "没有党组织列，也没有写明是哪个支部；请更正列的对应关系或补上党组织。"
        work.notices.append(Notice("org_column_missing", message, source.name))
    return placer


def _rank(source: MemberSheet, index: int) -> int:
    headings = source.header.headings
    found = of_member(headings[index]) if index < len(headings) else None
    return found.rank if found else 0


def _read_members(counted: _Counted, placer: Placer, work: _Work) -> None:
    source = counted.source
    reader = MemberReader(
        source, today=work.today, repeated=work.repeated, tally=work.tally, more=work.more
    )
    rows = source.sheet.rows()
    for wanted, words in counted.people:
        number, cells = next(row for row in rows if row[0] == wanted)
        placed = placer.place(words)
        said = "" if placed.key else words[0] or "/".join(placer.path(words))
        found = reader.read(number, cells, placed.key, said)
        if isinstance(found, Rejection):
            work.rejections.append(found)
            continue
        work.accepted.append(found)
        if placed.remark:
            work.tally.add(placed.remark, source.name, number)


def _closing_remarks(guesses: list[SheetGuess], work: _Work) -> None:
    for guess in guesses:
        if guess.role != Role.IGNORED:
            work.notices += guess.mapped.notices
    work.notices += work.tally.notices()
    work.notices += remarks.of_sizes(work.tree.nodes.values(), work.accepted)
    if not any(guess.role == Role.MEMBERS for guess in guesses):
        message = "没有找到党员名册：需要有姓名和身份证号码两列。可以在上面更正工作表和列。"
        work.notices.insert(0, Notice("members_not_found", message))


def _reading(guess: SheetGuess, counts: Counter[str]) -> SheetReading:
    return SheetReading(
        guess.sheet.name,
        guess.role,
        guess.reason,
        guess.header.rows,
        guess.mapped.columns,
        counts[guess.sheet.name],
    )
