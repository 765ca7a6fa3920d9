"""Units added up: over everything, by province, by prefecture, by branch of the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from kernel.clock import Month
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
_KEYS: Final[Mapping[By, str]] = {
    By.PROVINCE: "left(u.region_code, 2) || '0000'",
    By.CITY: "left(u.region_code, 4) || '00'",
    By.BRANCH: "u.bank_branch",
}
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
        return Together(
            **{part.name: getattr(self, part.name) + getattr(other, part.name)
               for part in fields(self)}
        )  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a table: ``key`` is the digits of a region or the name of a branch."""

    key: str
    together: Together
    acts: Acts = field(default_factory=Acts)


def _tally(name: str) -> str:
    few = f"coalesce(t.{name}, 0) BETWEEN 1 AND {SUPPRESSED_BELOW - 1}"
    return (
        f"coalesce(sum(t.{name}) FILTER (WHERE NOT ({few})), 0)::bigint,"
        f" count(*) FILTER (WHERE {few}), coalesce(sum(t.{name}) FILTER (WHERE {few}), 0)::bigint"
    )


def _money(column: str) -> str:
    few = f"coalesce(t.members, 0) BETWEEN 1 AND {SUPPRESSED_BELOW - 1}"
    return (
        f"coalesce(sum({column}) FILTER (WHERE NOT ({few})), 0)::bigint,"
        f" coalesce(sum({column}) FILTER (WHERE {few}), 0)::bigint"
    )


_ADDED: Final = f"""
SELECT %s, count(*), count(*) FILTER (WHERE u.state = ANY(%%(serving)s)),
    count(*) FILTER (WHERE u.opened_at >= %%(opened_from)s AND u.opened_at < %%(opened_until)s),
    coalesce(sum(t.organizations), 0)::bigint, {_tally("members")}, {_tally("activated")},
    {_money("m.due_fen")}, {_money("m.paid_fen")}, {_money("t.paid_fen")},
    coalesce(sum(t.storage_bytes), 0)::bigint
FROM tenants_unit u
LEFT JOIN usage_unittotal t ON t.unit_id = u.id
LEFT JOIN (
    SELECT unit_id, sum(due_fen) AS due_fen, sum(paid_fen) AS paid_fen FROM usage_unitmonth
    WHERE month BETWEEN %%(from_month)s AND %%(to_month)s GROUP BY unit_id
) m ON m.unit_id = u.id
WHERE u.state <> ALL(%%(gone)s) AND NOT u.is_synthetic
"""
_ACTS: Final = """
SELECT {key}, sum(imports)::bigint, sum(bills)::bigint, sum(payments)::bigint,
    sum(activated)::bigint, sum(sign_ins)::bigint
FROM usage_placeday WHERE kind = %(kind)s AND day BETWEEN %(first)s AND %(last)s GROUP BY 1
"""


def everything(span: Span) -> Together:
    """All units that are not closed, dues of the months of ``span``; as of the last drain."""
    found: Together = as_of_last_drain(f"everything:{span.key}:{span.last}", lambda: _all(span))
    return found


def _all(span: Span) -> Together:
    ((_, *values),) = _rows(_ADDED % "''", span)
    return _together(values)


def acts_everywhere(span: Span) -> Acts:
    """What was done anywhere in the days of ``span``."""
    rows = _rows(_ACTS.format(key="''"), span, kind=PlaceKind.EVERYWHERE)
    return Acts(*rows[0][1:]) if rows else Acts()


def places(by: By, span: Span) -> list[Place]:
    """The units of each place together, the most units first; as of the last drain."""
    name = f"places:{by}:{span.key}:{span.last}"
    found: list[Place] = as_of_last_drain(name, lambda: _places(by, span))
    return found


def _places(by: By, span: Span) -> list[Place]:
    kind, key = _ACT_KEYS[by]
    acts = {row[0]: Acts(*row[1:]) for row in _rows(_ACTS.format(key=key), span, kind=kind)}
    rows = _rows(_ADDED % _KEYS[by] + " GROUP BY 1", span)
    found = [Place(key, _together(values), acts.get(key, Acts())) for key, *values in rows]
    return sorted(found, key=lambda place: (-place.together.units, place.key))


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
                "from_month": Month.of(span.first).value if span.is_months else span.month.value,
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


def _together(values: list[Any]) -> Together:
    units, serving, opened, organizations, *rest = values
    (shown_m, few_m, hidden_m, shown_a, few_a, hidden_a, *money, storage) = rest
    due, few_due, paid, few_paid, ever, few_ever = money
    return Together(
        units=units,
        serving=serving,
        opened=opened,
        organizations=organizations,
        members=Tally(shown_m, few_m, hidden_m),
        activated=Tally(shown_a, few_a, hidden_a),
        due_fen=due,
        paid_fen=paid,
        few_due_fen=few_due,
        few_paid_fen=few_paid,
        ever_paid_fen=ever,
        few_ever_paid_fen=few_ever,
        storage_bytes=storage,
    )
