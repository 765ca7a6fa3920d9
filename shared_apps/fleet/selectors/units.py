"""Reading the units for operators: the directory and the lines, never a unit's schema."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import BaseExpression, OrderBy
from django.db.models.functions import Abs, Cast, Coalesce, Collate, Left

from kernel import cache
from kernel.actor import Actor
from kernel.permissions import require
from shared_apps.fleet.models import Pin, SchemaState, Standing, Trouble
from shared_apps.fleet.selectors.own import owner
from shared_apps.usage.selectors.suppression import SUPPRESSED_BELOW
from tenants import selectors as directory
from tenants.cells import registry
from tenants.cells.distant import DistantStanding, DistantUnit
from tenants.models import Unit, UnitProfile, UnitState

ANY: Final = "any"
MOST_BRANCHES: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; blanks mean everything.

    ``region`` is the beginning of a region code (a province or a prefecture), ``trouble`` one
    kind or ANY, ``pinned`` is "1" or blank.  ``sort`` is a key of SORTS, ``-`` in front for
    descending.
    """

    q: str = ""
    state: str = ""
    trouble: str = ""
    region: str = ""
    branch: str = ""
    profile: str = ""
    schema: str = ""
    cell: str = ""
    pinned: str = ""
    sort: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Wanted:
        """From the address; what is not a possible value counts as not given."""
        known = {field.name: given.get(field.name, "").strip() for field in fields(cls)}
        sort = known["sort"]
        return cls(
            q=known["q"][:60],
            state=_one_of(known["state"], UnitState.values),
            trouble=_one_of(known["trouble"], [ANY, *Trouble.values]),
            region=_region(known["region"], given.get("province")),
            branch=known["branch"][:80],
            profile=_one_of(known["profile"], UnitProfile.values),
            schema=_one_of(known["schema"], SchemaState.values),
            cell=known["cell"] if re.fullmatch(r"[a-z0-9]{2,20}", known["cell"]) else "",
            pinned=_one_of(known["pinned"], ["1"]),
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )

    @property
    def query(self) -> str:
        """The address of exactly this, always spelled the same way."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def province(self) -> str:
        """The first two digits of the region asked for."""
        return self.region[:2]

    @property
    def is_narrowed(self) -> bool:
        return replace(self, sort="") != Wanted()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many units there are, and how many have each trouble."""

    units: int
    troubled: int
    pinned: int
    by_trouble: Mapping[str, int]


DEFAULT_SORT: Final = "-trouble"
_SPELLED: Final = Collate(F("standing__pinyin"), "C")
"""Small letters and digits only: compared as bytes, many times faster than as words."""
_BY_NAME: Final = _SPELLED.asc(nulls_last=True)
_FEW: Final = Value(0)


def _shown(field: str) -> BaseExpression:
    """A count of people as it is shown: those too small to show sort alike."""
    return Case(When(**{f"{field}__gte": SUPPRESSED_BELOW}, then=F(field)), default=_FEW)


_DIFFERENCE: Final = Case(
    When(
        Q(standing__members__lt=SUPPRESSED_BELOW, standing__members__gt=0)
        & ~Q(standing__difference_fen=0),
        then=Value(1),
    ),
    default=Abs(F("standing__difference_fen")),
    output_field=BigIntegerField(),
)
"""How much is wrong; where the amount is not shown, only that something is."""
SORTS: Final[Mapping[str, Any]] = {
    "trouble": Coalesce(F("standing__score"), 0),
    "name": _SPELLED,
    "state": Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(UnitState.values))
    ),
    "cell": F("cell"),
    "region": F("region_code"),
    "branch": F("bank_branch"),
    "organizations": F("standing__organizations"),
    "members": _shown("standing__members"),
    "activated": _shown("standing__activated"),
    "active": F("standing__active_at"),
    "schema": F("standing__steps_behind"),
    "storage": F("standing__storage_bytes"),
    "errors": F("standing__errors_day"),
    "errors_week": F("standing__errors_week"),
    "difference": _DIFFERENCE,
    "backup": F("standing__backed_up_at"),
    "works": F("standing__late_works"),
    "opened": F("opened_at"),
}


class Found:
    """Ids of units in the order asked for: counted, cut and gone through without the rows."""

    ordered: Final = True

    def __init__(self, query: QuerySet[Any, Any], *, takes_one: bool) -> None:
        self._query, self._takes_one = query, takes_one

    def count(self) -> int:
        return self._query.count()

    def __getitem__(self, part: slice) -> list[UUID]:
        return [row if self._takes_one else row[0] for row in self._query[part]]


def listed(actor: Actor, wanted: Wanted) -> Found:
    """The units wanted, in all cells; the actor's pins come first."""
    pins = Pin.objects.filter(person_id=owner(actor), unit_id=OuterRef("pk"))
    own = directory.all_units().annotate(cell=_own_cell(), is_pinned=Exists(pins))
    order = [F("is_pinned").desc(), *_order(wanted.sort or DEFAULT_SORT), _BY_NAME, F("pk").asc()]
    if not registry.others():
        return Found(_narrowed(own, wanted).order_by(*order).values_list("pk", flat=True),
                     takes_one=True)  # fmt: skip
    distant = DistantUnit.objects.annotate(is_pinned=Value(False, output_field=BooleanField()))
    keys = [one.expression for one in order]
    both = _keyed(own, wanted, keys).union(_keyed(distant, wanted, keys), all=True)
    return Found(both.order_by(*(_by_key(place, one) for place, one in enumerate(order))),
                 takes_one=False)  # fmt: skip


def _own_cell() -> Cast:
    """The name of this cell as a column that can be sorted by."""
    return Cast(Value(settings.CELL), CharField())


def _keyed(units: QuerySet[Any], wanted: Wanted, keys: list[Any]) -> QuerySet[Any, Any]:
    """Ids with what they are sorted by, so that two tables can be sorted as one."""
    named = {f"key{place}": key for place, key in enumerate(keys)}
    rows: QuerySet[Any, Any] = _narrowed(units, wanted).order_by().annotate(**named)
    return rows.values_list("pk", *named)


def _by_key(place: int, one: OrderBy) -> OrderBy:
    return OrderBy(F(f"key{place}"), one.descending, one.nulls_first, one.nulls_last)


def rows_of(actor: Actor, unit_ids: Sequence[UUID]) -> list[Any]:
    """These units with their lines, ``cell`` and ``is_pinned``, in the order given.

    A page is found by its ids and read by them: what is sorted carries nothing else.
    """
    pins = Pin.objects.filter(person_id=owner(actor), unit_id=OuterRef("pk"))
    found = directory.all_units().filter(pk__in=unit_ids).annotate(
        cell=_own_cell(), is_pinned=Exists(pins)
    )  # fmt: skip
    rows: dict[UUID, Any] = {unit.pk: unit for unit in found.select_related("standing")}
    if len(rows) < len(unit_ids):
        distant = DistantUnit.objects.filter(pk__in=unit_ids).select_related("standing")
        for unit in distant.annotate(is_pinned=Value(False, output_field=BooleanField())):
            rows[unit.pk] = unit
    return [rows[unit_id] for unit_id in unit_ids if unit_id in rows]


def all_rows(actor: Actor, found: Found, *, at_once: int = 2000) -> Iterator[Any]:
    """Every unit found, read by the thousand."""
    ids = found[:]
    for begin in range(0, len(ids), at_once):
        yield from rows_of(actor, ids[begin : begin + at_once])


def counts(actor: Actor, *, as_of: dt.datetime | None) -> Counts:
    """Of all units that are not closed; the troubles as the refresh of ``as_of`` left them."""
    found = _troubles(as_of)
    if registry.others():
        distant = DistantStanding.objects.aggregate(units=Count("pk"), **_EACH_TROUBLE)
        found = {name: found.get(name, 0) + count for name, count in distant.items()}
    totals = directory.all_units().aggregate(
        units=Count("pk", filter=~Q(state=UnitState.CLOSED)),
        pinned=Count("pk", filter=Q(pk__in=pinned_by(actor).values("unit_id"))),
    )
    by_trouble = {trouble.value: found[trouble] for trouble in Trouble}
    units = totals["units"] + found.get("units", 0)
    return Counts(units, found["troubled"], totals["pinned"], by_trouble)


_EACH_TROUBLE: Final[Mapping[str, Any]] = {
    **{kind.value: Count("pk", filter=Q(troubles__contains=[kind])) for kind in Trouble},
    "troubled": Count("pk", filter=Q(score__gt=0)),
}


def _troubles(as_of: dt.datetime | None) -> dict[str, int]:
    """How many units have each trouble, and how many have any; added up once per refresh."""
    key = f"fleet:troubles:{as_of.timestamp()}" if as_of else ""
    found: dict[str, int] | None = cache.get(key) if key else None
    if found is None:
        found = Standing.objects.aggregate(**_EACH_TROUBLE)
        if key:
            cache.put(key, found, seconds=300)
    return found


def regions_present() -> list[tuple[str, int]]:
    """The first four digits of the regions in which there are units, with how many; as of the
    last minute.
    """
    found: list[tuple[str, int]] | None = cache.get("fleet:regions")
    if found is None:
        city = Left("region_code", 4)
        counted: Counter[str] = Counter()
        for units in (directory.all_units(), DistantUnit.objects.all()):
            rows = units.order_by().values_list(city).annotate(n=Count("pk"))
            counted.update(dict(rows))
        found = sorted(counted.items())
        cache.put("fleet:regions", found, seconds=60)
    return found


def branches_present() -> list[str]:
    """The branches of the bank with the most units, by name; as of the last minute."""
    found: list[str] | None = cache.get("fleet:branches")
    if found is None:
        counted: Counter[str] = Counter()
        for units in (directory.all_units(), DistantUnit.objects.all()):
            signed = units.exclude(bank_branch="").order_by().values_list("bank_branch")
            counted.update(dict(signed.annotate(n=Count("pk"))))
        found = sorted(name for name, _ in counted.most_common(MOST_BRANCHES))
        cache.put("fleet:branches", found, seconds=60)
    return found


def pinned_by(actor: Actor) -> QuerySet[Pin]:
    """The actor's own pins."""
    return Pin.objects.filter(person_id=owner(actor))


def unit_for(actor: Actor, unit_id: UUID, *, to: str) -> Unit:
    """The unit with its line, if the actor may do ``to``; raises Forbidden or UnknownUnit."""
    require(actor, to)
    unit = directory.all_units().select_related("standing").filter(pk=unit_id).first()
    if unit is None:
        raise directory.UnknownUnit
    return unit


Figures = Standing | DistantStanding


def standing_of(unit: Unit | DistantUnit) -> Figures | None:
    """The unit's line; None before the first refresh and after the unit was closed."""
    standing: Figures | None = getattr(unit, "standing", None)
    return standing


def _narrowed(units: QuerySet[Any], wanted: Wanted) -> QuerySet[Any]:
    if wanted.cell:
        units = units.filter(cell=wanted.cell)
    if wanted.pinned:
        units = units.filter(is_pinned=True)
    if wanted.state:
        units = units.filter(state=wanted.state)
    elif not wanted.q:
        units = units.exclude(state=UnitState.CLOSED)
    if wanted.trouble == ANY:
        units = units.filter(standing__score__gt=0)
    elif wanted.trouble:
        units = units.filter(standing__troubles__contains=[wanted.trouble])
    exact = {"profile": wanted.profile, "standing__schema_state": wanted.schema}
    units = units.filter(**{name: value for name, value in exact.items() if value})
    if wanted.region:
        units = units.filter(region_code__startswith=wanted.region)
    if wanted.branch:
        units = units.filter(bank_branch__icontains=wanted.branch)
    return units.filter(_mentions(wanted.q)) if wanted.q else units


def _mentions(text: str) -> Q:
    """Name, pinyin of it (whole or initials), credit code, host, or the unit's id."""
    word = text.replace(" ", "").lower()
    found = (
        Q(name__icontains=text)
        | Q(credit_code__startswith=text.upper())
        | Q(label__startswith=word)
    )
    if word.isascii() and word.isalpha():
        found |= Q(standing__initials__contains=word) | Q(standing__pinyin__contains=word)
    try:
        found |= Q(pk=UUID(word))
    except ValueError:
        return found
    return found


def _order(sort: str) -> list[OrderBy]:
    """The order asked for; units of the same score stand by how bad the worst of it is."""
    key = SORTS[sort.removeprefix("-")]
    is_down = sort.startswith("-")
    # Nothing known is the least of all: it stands first going up and last going down.
    first = key.desc(nulls_last=True) if is_down else key.asc(nulls_first=True)
    if sort.removeprefix("-") != "trouble":
        return [first]
    worst: Iterable[Any] = (F("standing__errors_day"), _DIFFERENCE)
    return [first, *(one.desc(nulls_last=True) for one in worst)]


def _region(region: str, province: str | None) -> str:
    """Two or four digits; a province that was chosen anew takes the place of a city elsewhere."""
    if province is not None and not (province and region.startswith(province)):
        region = province
    return region if region.isdigit() and len(region) in {2, 4} else ""


def _one_of(value: str, allowed: Iterable[str]) -> str:
    return value if value in allowed else ""
