"""What a list of members can be narrowed down to, and how an address says it.

The names are those of the address: whoever links to the list writes them (charts, work lists,
the API), ``/members/?<name>=<value>&…``.

=============  ==================================================================================
q              name, pinyin, initials, identity number or phone, or the last four of either
org            id of an organisation; its sub-tree, with ``sub_shown=1`` and no ``sub`` only itself
category       ``FULL`` or ``PROBATIONARY``
gender         ``M``, ``F``, ``none``
ethnicity      ``minority``, ``none``, or a code of the table, ``02``
education      ``college`` (大专及以上), ``none``, or a code or a group of the table: ``14``, ``20``
occupation     a code of the table, or ``none``
stratum        a code of the table, or ``any`` (新社会阶层)
front_line     a code of the table, or ``any`` (在一线)
age            years from and to by the year of birth (rulebook 7.3): ``31-35``, ``61-``, ``-30``
joined_from    first day of joining
joined_to      last day of joining
party_age      whole years of Party age from and to: ``0-9``, ``50-``
state          ``away``, ``lost``, ``abroad``, ``amends``
phone          ``yes``, ``no``
posts          ``any``, or part of a post
mark           ``taiwanese``, ``migrant``
tab            ``all``, ``full``, ``probationary``, ``incomplete``, or that of an added column
=============  ==================================================================================
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Q, QuerySet

from kernel.clock import months_later
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import INCOMPLETE, Category, Entry, EntryKind
from tenant_apps.members.selectors.words import initial_span, search

NONE: Final = "none"
ANY: Final = "any"
MINORITY: Final = "minority"
COLLEGE: Final = "college"
STATES: Final[Mapping[str, str]] = {
    "away": "流动", "lost": "失联", "abroad": "出国出境", "amends": "限期改正",
}  # fmt: skip
MARKS: Final[Mapping[str, str]] = {"taiwanese": "台湾籍", "migrant": "农民工"}
_GRADUATED: Final = ("11", "14", "17", "21", "28", "31")
"""大专及以上 (rulebook 7.4)."""
_HAN: Final = "汉族"
_SPAN: Final = re.compile(r"(\d{0,3})-(\d{0,3})")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; everything empty means everybody.

    ``added`` holds the filters of registered columns: provider key -> choice.
    """

    q: str = ""
    category: str = ""
    gender: str = ""
    ethnicity: str = ""
    education: str = ""
    occupation: str = ""
    stratum: str = ""
    front_line: str = ""
    age: str = ""
    joined_from: dt.date | None = None
    joined_to: dt.date | None = None
    party_age: str = ""
    state: str = ""
    has_phone: bool | None = None
    incomplete: bool = False
    posts: str = ""
    mark: str = ""
    added: Mapping[str, str] = field(default_factory=dict)


def span(text: str) -> tuple[int | None, int | None] | None:
    """The years of ``31-35``, ``61-`` or ``-30``; None for anything else."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = (int(part) if part else None for part in found.groups())
    if first is not None and last is not None and first > last:
        return None
    return first, last


def education_labels(value: str) -> list[str]:
    """What the files hold for a code, a group or ``college``."""
    table = codes.table("education")
    wanted = _GRADUATED if value == COLLEGE else (value,)
    return [one.label for one in table.entries if one.code in wanted or one.group in wanted]


def matching(filters: Filters, *, today: dt.date | None) -> Q:
    """The condition on ``Member``.  ``today`` is needed where ages are asked for."""
    wanted = search(filters.q)
    for part in (
        _person(filters),
        _work(filters),
        _party(filters),
        _ages(filters, today) if today else Q(),
    ):
        wanted &= part
    return wanted


def _person(filters: Filters) -> Q:
    wanted = Q()
    if filters.gender:
        wanted &= Q(gender="" if filters.gender == NONE else filters.gender)
    if filters.ethnicity == MINORITY:
        wanted &= ~Q(ethnicity__in=[_HAN, ""])
    elif filters.ethnicity == NONE:
        wanted &= Q(ethnicity="")
    elif filters.ethnicity:
        label = codes.table("ethnicity").label_of(filters.ethnicity)
        wanted &= Q(ethnicity=label)
        if label != _HAN:  # says to the planner that the small index holds them all
            wanted &= ~Q(ethnicity__in=[_HAN, ""])
    if filters.education:
        labels = [""] if filters.education == NONE else education_labels(filters.education)
        wanted &= Q(education__in=labels)
    if filters.has_phone is not None:
        wanted &= Q(phone_index__isnull=not filters.has_phone)
    if filters.incomplete:
        wanted &= INCOMPLETE
    return wanted


def _work(filters: Filters) -> Q:
    wanted = Q()
    if filters.occupation:
        wanted &= Q(occupation="" if filters.occupation == NONE else filters.occupation)
    for name in ("stratum", "front_line"):
        value = getattr(filters, name)
        if value and value != "NONE":
            wanted &= ~Q(**{f"{name}__in": ["", "NONE"]})
        if value and value != ANY:
            wanted &= Q(**{name: value})
    if filters.mark == "taiwanese":
        wanted &= Q(is_taiwanese=True)
    elif filters.mark == "migrant":
        wanted &= Q(is_migrant_worker=True)
    return wanted


def _party(filters: Filters) -> Q:
    wanted = Q()
    if filters.category:
        wanted &= Q(category=filters.category)
    if filters.joined_from:
        wanted &= Q(joined_on__gte=filters.joined_from)
    if filters.joined_to:
        wanted &= Q(joined_on__lte=filters.joined_to)
    if filters.posts:
        wanted &= ~Q(posts="")
        if filters.posts != ANY:
            wanted &= Q(posts__contains=filters.posts)
    if filters.state == "amends":
        wanted &= Q(pk__in=in_amends().values("member_id"))
    elif filters.state in STATES:
        wanted &= Q(**{f"{filters.state}_since__isnull": False})
    return wanted


def in_amends() -> QuerySet[Entry]:
    """The open rows of 限期改正."""
    return Entry.objects.filter(kind=EntryKind.AMENDS, ended_on=None, struck_at=None)


def _ages(filters: Filters, today: dt.date) -> Q:
    """Age by the year of birth, as the statistics count it; Party age by the day."""
    wanted = _born(filters, today)
    if years := span(filters.party_age):
        least, most = years
        wanted &= Q(category=Category.FULL)
        if least is not None:
            last = months_later(today, -12 * least)
            known = _joined(filters, today)
            wanted &= Q(full_on__lte=last) & (known | Q(joined_on__isnull=True))
        if most is not None:
            wanted &= Q(full_on__gt=months_later(today, -12 * (most + 1)))
    return wanted


def _born(filters: Filters, today: dt.date) -> Q:
    wanted = Q()
    if years := span(filters.age):
        youngest, oldest = years
        if youngest is not None:
            wanted &= Q(birth_on__lte=dt.date(today.year - youngest, 12, 31))
        if oldest is not None:
            wanted &= Q(birth_on__gte=dt.date(today.year - oldest, 1, 1))
    return wanted


def _joined(filters: Filters, today: dt.date) -> Q:
    """Who has been a full member for so long joined no later: the day of joining has the index."""
    least, _ = span(filters.party_age) or (None, None)
    return Q() if least is None else Q(joined_on__lte=months_later(today, -12 * least))


def asked_of(column: str, filters: Filters, *, today: dt.date) -> Q:
    """What is asked of a column by which a list is sorted, of those in whom it is not empty."""
    if column == "name_pinyin":
        return initial_span(filters.q)
    if column == "birth_on":
        return _born(filters, today)
    wanted = Q()
    if column == "joined_on":
        wanted = _joined(filters, today)
        if filters.joined_from:
            wanted &= Q(joined_on__gte=filters.joined_from)
        if filters.joined_to:
            wanted &= Q(joined_on__lte=filters.joined_to)
    return wanted


def takes_unknown(column: str, filters: Filters) -> bool:
    """Whether those too pass of whom it is not known: of Party age nobody asks when they joined."""
    has_others = filters.joined_from or filters.joined_to
    return column == "joined_on" and not has_others and span(filters.party_age) is not None


def words_of(filters: Filters) -> list[tuple[str, str]]:
    """The filters in force in words: (name in the address, what it says)."""
    found = [(name, getattr(filters, name)) for name in (*_WORDS, *_CODED)]
    return [(name, _said(name, value)) for name, value in found if value]


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "category": dict(Category.choices),
    "gender": {"M": "男", "F": "女", NONE: "未登记性别"},
    "state": STATES,
    "mark": MARKS,
    "posts": {ANY: "担任党内职务"},
    "age": {},
    "party_age": {},
}
_CODED: Final[Mapping[str, Mapping[str, str]]] = {
    "ethnicity": {MINORITY: "少数民族", NONE: "未登记民族"},
    "education": {COLLEGE: "大专及以上学历", NONE: "未登记学历"},
    "occupation": {NONE: "未登记职业"},
    "stratum": {ANY: "新社会阶层"},
    "front_line": {ANY: "在一线"},
}


def _said(name: str, value: str) -> str:
    if name in _CODED:
        return _CODED[name].get(value) or _label(name, value)
    if name in ("age", "party_age"):
        return (
            f"年龄 {years_in_words(value, '岁')}"
            if name == "age"
            else f"党龄 {years_in_words(value, '年')}"
        )
    return _WORDS[name].get(value) or f"党内职务含 {value}"


def _label(name: str, value: str) -> str:
    table = codes.table(name)
    return next((one.label for one in (*table.groups, *table.entries) if one.code == value), value)


def years_in_words(text: str, unit: str) -> str:
    """A span as the office says it: 31–35 岁, 61 岁以上."""
    first, last = span(text) or (None, None)
    if last is None:
        return f"{first} {unit}以上"
    return f"{last} {unit}以下" if first is None else f"{first}–{last} {unit}"
