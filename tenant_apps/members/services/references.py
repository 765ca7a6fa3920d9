"""Rows of this and other apps that are of a member: they go along when two files become one.

Members know none of the tables above them (the apps are stacked).  An app says once, in its
``AppConfig.ready``, that the rows of a model are of a member::

    references.register(Bill, "党费账单", unique_with=("month",))

and from then on a merger takes them along with one statement per table.  Of what the kept file
has already (a bill of the same month) the other file's row stays where it is.

Rows that name members inside JSON (who stood in a ballot) are told of by::

    references.register_named(Ballot, "选举计票", columns=("candidates", "elected"))

A row that names both files stays as it is: which of the two was meant is told there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import (
    Exists,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Replace


@dataclass(frozen=True, slots=True)
class Reference:
    """One table: what its rows are called, the column of the member, what is there once only."""

    model: type[Model]
    label: str
    column: str
    unique_with: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.model._meta.label_lower}.{self.column}"

    def rows(self, member_id: UUID) -> QuerySet[Any]:
        return self.model._default_manager.filter(**{self.column: member_id})

    def going(self, gone: UUID, kept: UUID) -> QuerySet[Any]:
        """What of one file can go into the other."""
        rows = self.rows(gone)
        if not self.unique_with:
            return rows
        same = {name: OuterRef(name) for name in self.unique_with}
        return rows.filter(~Exists(self.rows(kept).filter(**same)))

    def give(self, ids: Sequence[UUID], *, was: UUID, to: UUID) -> None:
        """These rows, where they still are of the one file, are of the other."""
        self.rows(was).filter(pk__in=ids).update(**{self.column: to})


@dataclass(frozen=True, slots=True)
class Naming:
    """One table whose rows name members in columns of JSON, by key; verbs as of ``Reference``."""

    model: type[Model]
    label: str
    columns: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.model._meta.label_lower}.{'+'.join(self.columns)}"

    def rows(self, member_id: UUID) -> QuerySet[Any]:
        named = Q(pk__in=())
        texts = {f"{name}_text": Cast(name, TextField()) for name in self.columns}
        for name in texts:
            named |= Q(**{f"{name}__contains": str(member_id)})
        found: QuerySet[Any] = self.model._default_manager.alias(**texts).filter(named)
        return found

    def going(self, gone: UUID, kept: UUID) -> QuerySet[Any]:
        return self.rows(gone).exclude(pk__in=self.rows(kept).values("pk"))

    def give(self, ids: Sequence[UUID], *, was: UUID, to: UUID) -> None:
        old, new = Value(str(was)), Value(str(to))
        written = {
            name: Cast(Replace(Cast(name, TextField()), old, new), JSONField())
            for name in self.columns
        }
        self.model._default_manager.filter(pk__in=ids).update(**written)


@dataclass(frozen=True, slots=True)
class Carried:
    """How many rows of one kind go along, and how many stay because they are there already."""

    label: str
    going: int
    staying: int


_registered: list[Reference | Naming] = []


def register(
    model: type[Model], label: str, *, column: str = "member_id", unique_with: Sequence[str] = ()
) -> None:
    """Says that rows of ``model`` are of a member; called once each, in ``AppConfig.ready``."""
    _registered.append(Reference(model, label, column, tuple(unique_with)))


def register_named(model: type[Model], label: str, *, columns: Sequence[str]) -> None:
    """Says that rows of ``model`` name members in these columns of JSON; called once each."""
    _registered.append(Naming(model, label, tuple(columns)))


def preview(*, gone: UUID, kept: UUID) -> list[Carried]:
    """What a merger would take along, table by table; those without rows are left out."""
    found = []
    for one in _registered:
        everything, going = one.rows(gone).count(), one.going(gone, kept).count()
        if everything:
            found.append(Carried(one.label, going, everything - going))
    return found


def hand_over(*, gone: UUID, kept: UUID) -> dict[str, list[str]]:
    """Puts the rows of one file into the other; returns which went, for ``take_back``."""
    moved: dict[str, list[str]] = {}
    for one in _registered:
        ids = list(
            one.going(gone, kept).select_for_update(of=("self",)).values_list("pk", flat=True)
        )
        if ids:
            one.give(ids, was=gone, to=kept)
            moved[one.key] = [str(pk) for pk in ids]
    return moved


def take_back(*, moved: Mapping[str, Sequence[str]], gone: UUID, kept: UUID) -> None:
    """Undoes ``hand_over`` for the rows that are still where it put them."""
    for one in _registered:
        one.give([UUID(pk) for pk in moved.get(one.key, ())], was=kept, to=gone)
