"""Units added up: over everything, by province, by prefecture, by branch of the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import add, attrgetter
from typing import Any, Final

from django.db import connection

from shared_apps.usage.models import PlaceKind
from shared_apps.usage.selectors.days import Span
from shared_apps.usage.selectors.freshness import as_of_last_drain
from shared_apps.usage.selectors.suppression import (
    SUPPRESSED_BELOW,
    Tally,
    money_over_everything,
)
from tenants import regions
from tenants.models import SERVING, UnitState


class By(StrEnum):
    """How units are put together."""

    PROVINCE = "province"
    CITY = "city"
    BRANCH = "branch"


LABELS: Final[Mapping[By, str]] = {By.PROVINCE: "省份", By.CITY: "地市", By.BRANCH: "经办行"}
_ACT_KEYS: Final[Mapping[By, tuple[str, str]]] = {
    By.PROVINCE: (PlaceKind.CITY, "left(place, 2) || '0000'"),
    By.CITY: (PlaceKind.CITY, "place"),
    By.BRANCH: (PlaceKind.BRANCH, "place"),
}


UNPLACED: Final[Mapping[By, str]] = {
    By.PROVINCE: "地区待定", By.CITY: "地区待定", By.BRANCH: "未填经办行"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Acts:
    """What was done in the days asked for; acts, not people."""

    imports: int = 0
    bills: int = 0
    payments: int = 0
    activated: int = 0
    sign_ins: int = 0

    @property
    def all(self) -> int:
        """Bills are made by the hundred in one act, so they are counted apart."""
        return self.imports + self.payments + self.activated + self.sign_ins


@dataclass(frozen=True, slots=True)
class Together:
    """Units added up.  Money in fen, of the months asked for; ``few_…`` is of units with so few
    members that neither may be shown alone (``suppression``).
    """

    units: int = 0
    serving: int = 0
    opened: int = 0
    organizations: int = 0
    members: Tally = field(default_factory=Tally)
    activated: Tally = field(default_factory=Tally)
    due_fen: int = 0
    paid_fen: int = 0
    few_due_fen: int = 0
    few_paid_fen: int = 0
    ever_paid_fen: int = 0
    few_ever_paid_fen: int = 0
    storage_bytes: int = 0

    def __add__(self, other: Together) -> Together:
        """Both sets of units together; what is hidden stays hidden by the same rules."""
        return Together(*map(add, _FIGURES(self), _FIGURES(other)))

    @property
    def all_due_fen(self) -> int:
        return self._all(self.due_fen, self.few_due_fen)

    @property
    def all_paid_fen(self) -> int:
        return self._all(self.paid_fen, self.few_paid_fen)

    @property
    def all_ever_paid_fen(self) -> int:
        return self._all(self.ever_paid_fen, self.few_ever_paid_fen)

    def _all(self, shown_fen: int, hidden_fen: int) -> int:
        return money_over_everything(
            shown_fen=shown_fen, hidden_fen=hidden_fen, hidden_units=self.members.hidden_units
        )


_FIGURES: Final = attrgetter(*(field.name for field in fields(Together)))


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a table: ``key`` is the digits of a region or the name of a branch."""

    key: str
    together: Together
    acts: Acts = field(default_factory=Acts)


_FEW: Final = f"coalesce(t.%s, 0) BETWEEN 1 AND {SUPPRESSED_BELOW - 1}"
_ADDED: Final = f"""
SELECT {{key}}, {_FEW % "members"}, {_FEW % "activated"},
    count(*), count(*) FILTER (WHERE u.state = ANY(%(serving)s)),
    count(*) FILTER (WHERE u.opened_at >= %(opened_from)s AND u.opened_at < %(opened_until)s),
    coalesce(sum(t.organizations), 0)::bigint, coalesce(sum(t.members), 0)::bigint,
    coalesce(sum(t.activated), 0)::bigint, coalesce(sum(m.due_fen), 0)::bigint,
    coalesce(sum(m.paid_fen), 0)::bigint, coalesce(sum(t.paid_fen), 0)::bigint,
    coalesce(sum(t.storage_bytes), 0)::bigint
FROM tenants_unit u
LEFT JOIN usage_unittotal t ON t.unit_id = u.id
LEFT JOIN {{months}}
WHERE u.state <> ALL(%(gone)s) AND NOT u.is_synthetic
GROUP BY 1, 2, 3
"""
_OF_A_MONTH: Final = "usage_unitmonth m ON m.unit_id = u.id AND m.month = %(to_month)s"
_OF_MONTHS: Final = """(
    SELECT unit_id, sum(due_fen) AS due_fen, sum(paid_fen) AS paid_fen FROM usage_unitmonth
    WHERE month BETWEEN %(from_month)s AND %(to_month)s GROUP BY unit_id
) m ON m.unit_id = u.id"""
_ACTS: Final = """
SELECT {key}, sum(imports)::bigint, sum(bills)::bigint, sum(payments)::bigint,
    sum(activated)::bigint, sum(sign_ins)::bigint
FROM usage_placeday WHERE kind = %(kind)s AND day BETWEEN %(first)s AND %(last)s GROUP BY 1
"""


def everything(span: Span, *, by: By = By.CITY) -> Together:
    """All units that are not closed, dues of the months of ``span``; as of the last drain.

    Whoever shows ``places`` as well says by which: both come from the same sums.
    """
    return sum(_sums(by, span).values(), Together())


def acts_everywhere(span: Span) -> Acts:
    """What was done anywhere in the days of ``span``."""
    rows = _rows(_ACTS.format(key="''"), span, kind=PlaceKind.EVERYWHERE)
    return Acts(*rows[0][1:]) if rows else Acts()


def places(by: By, span: Span) -> list[Place]:
    """The units of each place together, the most units first; as of the last drain."""
    kind, key = _ACT_KEYS[by]
    acts = {row[0]: Acts(*row[1:]) for row in _rows(_ACTS.format(key=key), span, kind=kind)}
    return [
        Place(key, together, acts.get(key, Acts())) for key, together in sums_by_place(by, span)
    ]


def sums_by_place(by: By, span: Span) -> list[tuple[str, Together]]:
    """``places`` for whoever does not show what was done there."""
    found: dict[str, Together] = {}
    for place, together in _sums(by, span).items():
        key = _key(place, by)
        found[key] = found[key] + together if key in found else together
    return sorted(found.items(), key=lambda item: (-item[1].units, item[0]))


def _key(place: str, by: By) -> str:
    """Six digits of the region, of the four that the sums are made by; a branch's own name."""
    if by is By.BRANCH:
        return place
    return f"{place[:2]}0000" if by is By.PROVINCE else f"{place}00"


def _sums(by: By, span: Span) -> dict[str, Together]:
    """By name of the branch, or by the first four digits of the region; one statement."""
    is_branch = by is By.BRANCH
    name = f"sums:{'branch' if is_branch else 'city'}:{span.key}:{span.last}"
    key = "u.bank_branch" if is_branch else "left(u.region_code, 4)"
    found: dict[str, Together] = as_of_last_drain(name, lambda: _added(key, span))
    return found


def _added(key: str, span: Span) -> dict[str, Together]:
    months = _OF_A_MONTH if span.first_month == span.month else _OF_MONTHS
    found: dict[str, Together] = {}
    for place, *values in _rows(_ADDED.format(key=key, months=months), span):
        together = _alike(values)
        found[place] = found[place] + together if place in found else together
    return found


def by_asked_for(given: Mapping[str, str]) -> By:
    """``by=branch`` of an address; prefectures otherwise."""
    asked = given.get("by", "")
    return By(asked) if asked in set(By) else By.CITY


def named(place: Place, by: By) -> str:
    """江苏省徐州市, 彭城支行; places that nobody named say so."""
    if by is By.BRANCH:
        return place.key or UNPLACED[by]
    known = regions.label(place.key)
    return UNPLACED[by] if known in {"待定", place.key} else known


def _rows(statement: str, span: Span, **more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "serving": [state.value for state in SERVING],
                "gone": [UnitState.CLOSED.value],
                "from_month": span.first_month.value,
                "to_month": span.month.value,
                "opened_from": span.begins_at,
                "opened_until": span.ends_at,
                "first": span.first,
                "last": span.last,
                **more,
            },
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _alike(values: list[Any]) -> Together:
    """Units whose people may all be shown, or none of them."""
    has_few, has_few_active, units, serving, opened, organizations, *rest = values
    members, activated, due, paid, ever_paid, storage = rest
    return Together(
        units=units,
        serving=serving,
        opened=opened,
        organizations=organizations,
        members=Tally(0, units, members) if has_few else Tally(members),
        activated=Tally(0, units, activated) if has_few_active else Tally(activated),
        due_fen=0 if has_few else due,
        paid_fen=0 if has_few else paid,
        few_due_fen=due if has_few else 0,
        few_paid_fen=paid if has_few else 0,
        ever_paid_fen=0 if has_few else ever_paid,
        few_ever_paid_fen=ever_paid if has_few else 0,
        storage_bytes=storage,
    )
