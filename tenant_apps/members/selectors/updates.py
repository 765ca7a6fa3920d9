"""Updates and exchange files: gates, lists, and a proposal in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.members.models import Export, Update, UpdateRow
from tenant_apps.members.selectors import fields
from tenant_apps.organizations.selectors import organizations_by_id

UpdateKind = Update.Kind
UpdateState = Update.State
RowKind = UpdateRow.Kind
RowOutcome = UpdateRow.Outcome
OrderState = Export.State
Words = Mapping[str, tuple[str, Callable[[Any], str]]]
"""Field -> its label, and how a value is said."""
_TABS = ("CHANGE", "MOVE", "NEW", "SUGGESTED", "MISSING")


class UpdateNotFound(NotFound):
    code = "update_not_found"
    sentence = "没有找到这份文件，可能已被清理或不在您的管理范围内。"


class SetOrderNotFound(NotFound):
    code = "set_order_not_found"
    sentence = "没有找到这次导出，可能已被清理或不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a proposal: label, what the file holds, what it would hold."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal as people read it."""

    row: UpdateRow
    org: str
    lines: tuple[Line, ...]


def updates_visible_to(actor: Actor, *, to: StrEnum) -> QuerySet[Update]:
    """Files handed in, the newest first: one's own, and those that lie within one's reach."""
    require(actor, to)
    rows = Update.objects.order_by("-requested_at", "-id")
    reach = actor.scopes("unit_admin")
    if "" in reach:
        return rows
    return rows.filter(requested_by=actor.person_id)


def update_for(actor: Actor, update_id: UUID, *, to: StrEnum) -> Update:
    """Loads and authorises; raises UpdateNotFound outside the actor's reach."""
    found = updates_visible_to(actor, to=to).filter(pk=update_id).first()
    if found is None:
        raise UpdateNotFound
    return found


def orders_visible_to(actor: Actor, *, to: StrEnum) -> QuerySet[Export]:
    """Orders of exchange files: one's own, and for administrators of the whole unit all of them."""
    require(actor, to)
    rows = Export.objects.filter(order__has_key="set").order_by("-requested_at", "-id")
    if "" in actor.scopes("unit_admin"):
        return rows
    return rows.filter(requested_by=actor.person_id)


def order_for(actor: Actor, export_id: UUID, *, to: StrEnum) -> Export:
    """Loads and authorises; raises SetOrderNotFound outside the actor's reach."""
    found = orders_visible_to(actor, to=to).filter(pk=export_id).first()
    if found is None:
        raise SetOrderNotFound
    return found


def rows_of(update: Update, *, kind: str = "", decision: str = "") -> QuerySet[UpdateRow]:
    """The proposals of an update in the order of the file."""
    rows = UpdateRow.objects.filter(update_of=update)
    if kind:
        rows = rows.filter(kind=kind)
    if decision:
        rows = rows.filter(decision=decision)
    return rows.order_by("kind", "id")


def tallies_of(update: Update) -> dict[str, int]:
    """How many proposals of each kind, decision and outcome, in one statement."""
    found: dict[str, int] = dict.fromkeys(_TABS, 0)
    rows = UpdateRow.objects.filter(update_of=update).order_by()
    for kind, decision, outcome, count in rows.values_list("kind", "decision", "outcome").annotate(
        Count("pk")
    ):
        for key in (kind, decision if kind != "MISSING" else "", outcome):
            if key:
                found[key] = found.get(key, 0) + count
    return found


def shown(rows: Sequence[UpdateRow], *, words: Words | None = None) -> list[Shown]:
    """Proposals with the names of their organisations and their fields in words; ``words`` are
    those of a file that is not about members.
    """
    ids = {row.org_id for row in rows if row.org_id}
    ids |= {UUID(one) for row in rows if "org" in row.fields for one in row.fields["org"]}
    orgs = organizations_by_id(list(ids))
    names = {str(pk): org.short_name or org.name for pk, org in orgs.items()}
    return [
        Shown(
            row,
            names.get(str(row.org_id), ""),
            tuple(_lines(row, names) if words is None else _worded(row, words)),
        )
        for row in rows
    ]


def _worded(row: UpdateRow, words: Words) -> list[Line]:
    """The fields in the order of the set."""
    return [
        Line(label, *(say(value) for value in row.fields[key]))
        for key, (label, say) in words.items()
        if key in row.fields
    ]


def _lines(row: UpdateRow, names: dict[str, str]) -> list[Line]:
    lines = []
    for key, pair in row.fields.items():
        old, new = pair
        if key == "org":
            lines.append(Line("所在党支部", names.get(old, ""), names.get(new, "")))
        elif key == "dues":
            lines.append(Line("党费标准", old, new))
        elif key in fields.BY_KEY:
            field = fields.BY_KEY[key]
            is_sealed = field.kind is fields.Kind.SEALED
            words = [
                str(value or "") if is_sealed else field.shown(fields.read(field, value))
                for value in (old, new)
            ]
            lines.append(Line(field.label, *words))
    return lines


def order_row(export_id: UUID) -> Export:
    """The order for the job that writes it."""
    return Export.objects.get(pk=export_id)
