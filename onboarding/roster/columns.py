"""Which column holds which field: by its heading, checked and if need be corrected by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from kernel.sheets.reading import Cell

from . import fields
from .fields import LABELS, ORG_LEVELS, Field
from .profile import EXPECTS, FITS, Profile
from .understanding import Column, Notice
from .values import day

_BY_CONTENT: dict[str, Field] = {
    "id": Field.IDENTITY,
    "phone": Field.PHONE,
    "gender": Field.GENDER,
    "ethnicity": Field.ETHNICITY,
    "name": Field.NAME,
}
_CLEARLY = 0.8
_PRIVATE = ("id", "phone")


@dataclass(frozen=True, slots=True)
class Mapped:
    """The columns of a sheet with what they were taken for, and what is worth saying about it."""

    columns: tuple[Column, ...]
    notices: tuple[Notice, ...]

    def index(self, field: Field) -> int | None:
        """The 0-based column of a field, or None."""
        return next((one.index for one in self.columns if one.field == field), None)


def map_members(
    sheet: str,
    headings: tuple[str, ...],
    profiles: list[Profile],
    sample: list[list[Cell]],
    fixed: Mapping[Field, int | None],
) -> Mapped:
    """Columns of a member sheet."""
    said = [fields.of_member(heading) for heading in headings]
    claims = _unswapped(said, profiles)
    scores: list[tuple[float, Field, int]] = []
    for index, profile in enumerate(profiles):
        claim = claims[index] if index < len(claims) else None
        if claim and claim.field and claim.field != Field.ORG:
            field = _meant(claim.field, profile)
            scores.append((_score(field, claim.confidence, profile), field, index))
        elif profile.kind in _BY_CONTENT and (claim is None or claim.field is not None):
            scores.append((0.45 * profile.of(profile.kind), _BY_CONTENT[profile.kind], index))
        if claim and claim.field and profile.kind in _BY_CONTENT:
            found = _BY_CONTENT[profile.kind]
            if found != claim.field:
                scores.append((0.4 * profile.of(profile.kind), found, index))
    taken = _assign(scores, fixed)
    _swap_dates(taken, profiles, sample, fixed)
    _add_organisations(taken, claims, profiles, fixed)
    confidence = {(field, index): score for score, field, index in scores}
    columns = _columns(headings, profiles, taken, confidence)
    return Mapped(columns, _notices(sheet, headings, profiles, said, taken))


def map_organisations(
    headings: tuple[str, ...], profiles: list[Profile], fixed: Mapping[Field, int | None]
) -> Mapped:
    """Columns of an organisation sheet."""
    claims = [fields.of_organisation(heading) for heading in headings]
    scores = [
        (
            claim.confidence * (1.0 if profiles[index].filled else 0.3) - index / 1000,
            claim.field,
            index,
        )
        for index, claim in enumerate(claims)
        if claim and claim.field and index < len(profiles)
    ]
    taken = _assign(scores, fixed)
    _name_or_levels(taken)
    confidence = {(field, index): score for score, field, index in scores}
    return Mapped(_columns(headings, profiles, taken, confidence), ())


def _name_or_levels(taken: dict[Field, int]) -> None:
    """党委, 党总支 and 党支部 side by side are the levels of the tree; one of them alone, or
    beside a column of parents, is the name.
    """
    levels = [level for level in ORG_LEVELS if level in taken]
    has_parent = Field.PARENT_NAME in taken or Field.PARENT_CODE in taken
    if Field.ORG_NAME not in taken and levels and (len(levels) == 1 or has_parent):
        taken[Field.ORG_NAME] = taken[levels[-1]]
    if Field.ORG_NAME in taken:
        for level in levels:
            del taken[level]


def _unswapped(
    claims: list[fields.Heading | None], profiles: list[Profile]
) -> list[fields.Heading | None]:
    """Two headings that stand over each other's cells change places, the plainest pair first."""
    typed = [
        index
        for index, claim in enumerate(claims[: len(profiles)])
        if claim and (claim.field in FITS or claim.counts_rows) and profiles[index].filled
    ]
    gains = []
    for first, second in combinations(typed, 2):
        gain = _fit(claims[first], profiles[second]) + _fit(claims[second], profiles[first])
        gain -= _fit(claims[first], profiles[first]) + _fit(claims[second], profiles[second])
        if gain > _CLEARLY:
            gains.append((gain, first, second))
    found = list(claims)
    moved: set[int] = set()
    for _, first, second in sorted(gains, reverse=True):
        if first not in moved and second not in moved:
            found[first], found[second] = claims[second], claims[first]
            moved |= {first, second}
    return found


def _fit(claim: fields.Heading | None, profile: Profile) -> float:
    if claim is None or claim.field is None:
        return profile.of("sequence")
    if claim.field in (Field.PERSON_CATEGORY, Field.DUES_CATEGORY):
        return max(profile.of("person"), profile.of("dues"))
    return profile.of(FITS[claim.field])


def _meant(field: Field, profile: Profile) -> Field:
    """类别, 身份 and 类型 name either category; the cells tell which."""
    if field in (Field.PERSON_CATEGORY, Field.DUES_CATEGORY) and profile.filled:
        person, dues = profile.of("person"), profile.of("dues")
        if person > 0.5 and person > dues:
            return Field.PERSON_CATEGORY
        if dues > 0.5 and dues > person:
            return Field.DUES_CATEGORY
    return field


def _score(field: Field, confidence: float, profile: Profile) -> float:
    if not profile.filled:
        return confidence * 0.15
    expected = EXPECTS.get(field)
    if expected is None:
        return confidence * 0.7
    if field == Field.BIRTH:  # of two columns of birthdays, the one that the identity numbers know
        confidence *= 0.8 + 0.2 * profile.births
    share = profile.of(expected)
    if share < 0.3 and profile.kind and profile.kind != expected:
        return confidence * 0.05
    return confidence * (0.5 + 0.5 * share)


def _assign(
    scores: list[tuple[float, Field, int]], fixed: Mapping[Field, int | None]
) -> dict[Field, int]:
    taken = {field: index for field, index in fixed.items() if index is not None}
    used = set(taken.values())
    for score, field, index in sorted(scores, key=lambda one: (-one[0], one[2])):
        if score < 0.1 or field in taken or field in fixed or index in used:
            continue
        taken[field] = index
        used.add(index)
    return taken


def _swap_dates(
    taken: dict[Field, int],
    profiles: list[Profile],
    sample: list[list[Cell]],
    fixed: Mapping[Field, int | None],
) -> None:
    """Two date columns look alike: birthdays are told by the identity number, and nobody
    becomes a full member before being admitted.
    """
    birth = taken.get(Field.BIRTH)
    for field in (Field.JOINED, Field.FULL):
        other = taken.get(field)
        if birth is None or other is None or field in fixed or Field.BIRTH in fixed:
            continue
        if profiles[birth].births < 0.2 and profiles[other].births > 0.8:
            taken[Field.BIRTH], taken[field] = other, birth
            birth = other
    joined, full = taken.get(Field.JOINED), taken.get(Field.FULL)
    if joined is None or full is None or Field.JOINED in fixed or Field.FULL in fixed:
        return
    pairs = [(day(row[joined]), day(row[full])) for row in sample]
    both = [(a.on, b.on) for a, b in pairs if a and b]
    if len(both) >= 3 and sum(a > b for a, b in both) > 0.8 * len(both):
        taken[Field.JOINED], taken[Field.FULL] = full, joined


def _add_organisations(
    taken: dict[Field, int],
    claims: list[fields.Heading | None],
    profiles: list[Profile],
    fixed: Mapping[Field, int | None],
) -> None:
    """One column of codes, names or paths, or several that go down the tree."""
    if any(level in fixed for level in ORG_LEVELS):
        return
    used = set(taken.values())
    levels = [
        (claim.rank, index)
        for index, claim in enumerate(claims)
        if claim
        and claim.field == Field.ORG
        and index not in used
        and index < len(profiles)
        and profiles[index].filled
        and profiles[index].kind in ("", "org", "name", "education")
    ]
    if not levels:
        levels = [
            (0, index)
            for index, profile in enumerate(profiles)
            if profile.kind == "org" and (index not in used or taken.get(Field.WORK_POST) == index)
        ]
    if taken.get(Field.WORK_POST) in [index for _, index in levels]:
        del taken[Field.WORK_POST]
    for level, (_, index) in zip(ORG_LEVELS, sorted(_once(levels)), strict=False):
        taken[level] = index


def _once(levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A heading that comes twice is one level, not two."""
    seen: dict[int, tuple[int, int]] = {}
    for rank, index in levels:
        seen.setdefault(rank or index, (rank, index))
    return list(seen.values())


def _columns(
    headings: tuple[str, ...],
    profiles: list[Profile],
    taken: dict[Field, int],
    confidence: dict[tuple[Field, int], float],
) -> tuple[Column, ...]:
    by_index = {index: field for field, index in taken.items()}
    return tuple(
        Column(
            index,
            headings[index] if index < len(headings) else "",
            by_index.get(index),
            round(min(1.0, confidence.get((by_index[index], index), 0.9)), 2)
            if index in by_index
            else 0.0,
            _masked(profile) if profile.kind in _PRIVATE else profile.samples,
        )
        for index, profile in enumerate(profiles)
        if profile.filled or (index < len(headings) and headings[index])
    )


def _masked(profile: Profile) -> tuple[str, ...]:
    """Samples of a private column: enough to recognise the column, too little for the person."""
    return tuple(f"{one[:3]}{'*' * (len(one) - 5)}{one[-2:]}" for one in profile.samples)


def _notices(
    sheet: str,
    headings: tuple[str, ...],
    profiles: list[Profile],
    claims: list[fields.Heading | None],
    taken: dict[Field, int],
) -> tuple[Notice, ...]:
    notices = []
    for field, index in taken.items():
        claim = claims[index] if index < len(claims) else None
        if claim and claim.field and claim.field != field and field in FITS:
            if {claim.field, field} <= {Field.PERSON_CATEGORY, Field.DUES_CATEGORY}:
                continue
            notices.append(
                Notice(
                    "columns_swapped",
                    f"「{headings[index]}」列的内容是{LABELS[field]}，已按内容读取，请核对。",
                    sheet,
                )
            )
    seen: dict[str, int] = {}
    for index, heading in enumerate(headings):
        bare = fields.plain_heading(heading)
        if bare in seen and index < len(profiles) and profiles[index].filled:
            notices.append(
                Notice(
                    "column_duplicated",
                    f"「{heading}」列出现了两次，只读取其中一列，请核对。",
                    sheet,
                )
            )
        seen.setdefault(bare, index)
    return tuple(notices)
