"""Rows of the apps above that lie at a place in the tree: they follow it when it changes.

Organisations know none of these tables (the apps are stacked).  An app says once, in its
``AppConfig.ready``, that the rows of a model have a place, and from then on every move, merger
and split takes them along with one statement per table:

    placement.register(Case)                                          # follows when a branch moves
    placement.register(Case, goes_over=Q(closed_on=None), member="member_id")  # and into another

``org`` and ``path`` name the columns; a table with two places is registered twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection
from django.db.models import Model, Q, QuerySet

from kernel.errors import Conflict
from tenant_apps.organizations.models import Organization

Taken: TypeAlias = dict[str, list[list[str | None]]]
"""What went over, by table and column: the row's id and the group it was in."""


class MovedOnSince(Conflict):
    code = "organization_moved_on"
    sentence = "之后又有变动，这次调整已不能整体撤销。请按需要另行办理。"


@dataclass(frozen=True, slots=True)
class Placement:
    """One table's place.  ``goes_over`` says which rows go into another organisation when theirs
    is merged into it (None: they stay where they were), ``member`` whose they are (without it
    they stay when only some members go), ``group`` the Party group within the branch.
    """

    model: type[Model]
    org: str
    path: str
    goes_over: Q | None
    member: str
    group: str

    @property
    def key(self) -> str:
        return f"{self.model._meta.label_lower}.{self.org}"

    @property
    def is_of_members(self) -> bool:
        """Whether the rows are the members themselves."""
        return self.member == "pk"

    def follow_sql(self) -> str:
        """``%s`` takes the organisations that moved; columns are called as their fields."""
        return f"""
            UPDATE {self.model._meta.db_table} AS held SET {self.path} = o.path
            FROM {Organization._meta.db_table} AS o
            WHERE o.id = ANY(%s) AND held.{self.org} = o.id
              AND held.{self.path} IS DISTINCT FROM o.path
        """

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.all()


_registered: list[Placement] = []


def register(
    model: type[Model],
    *,
    org: str = "org_id",
    path: str = "org_path",
    goes_over: Q | None = None,
    member: str = "",
    group: str = "",
) -> None:
    """Says that rows of ``model`` have a place; called once each, in ``AppConfig.ready``."""
    _registered.append(Placement(model, org, path, goes_over, member, group))


def follow(moved: Sequence[UUID]) -> int:
    """Gives the rows of these organisations the paths that they have now; returns how many.

    One statement per table, whatever the number of organisations.
    """
    followers = 0
    with connection.cursor() as cursor:
        for one in _registered:
            cursor.execute(one.follow_sql(), [list(moved)])
            followers += cursor.rowcount
    return followers


def staying(organization: Organization) -> int:
    """How many members would have to go somewhere if the organisation ended."""
    return sum(
        one.rows().filter(one.goes_over, **{one.org: organization.pk}).count()
        for one in _registered
        if one.is_of_members and one.goes_over is not None
    )


def hand_over(
    *,
    source: Organization,
    target: Organization,
    members: Sequence[UUID] | None = None,
    groups: Sequence[UUID] = (),
) -> Taken:
    """Puts what belongs to ``source`` into ``target``: everything, or what is of ``members``.

    Whose Party group is not among ``groups`` (those that go along) is in none afterwards.
    Returns what went over, for ``take_back``.
    """
    taken: Taken = {}
    for one in _registered:
        if one.goes_over is None or (members is not None and not one.member):
            continue
        rows = one.rows().filter(one.goes_over, **{one.org: source.pk})
        if members is not None:
            rows = rows.filter(**{f"{one.member}__in": list(members)})
        columns = ("pk", one.group) if one.group else ("pk",)
        found = list(rows.select_for_update(of=("self",)).values_list(*columns))
        if not found:
            continue
        taken[one.key] = [[str(row[0]), *(str(g) if g else None for g in row[1:])] for row in found]
        going = one.rows().filter(pk__in=[row[0] for row in found])
        if one.group:
            going.exclude(**{f"{one.group}__in": list(groups)}).update(**{one.group: None})
        going.update(**{one.org: target.pk, one.path: target.path})
    return taken


def take_back(*, taken: Mapping[str, Any], source: Organization, target: Organization) -> None:
    """Undoes ``hand_over``.  Raises MovedOnSince when a row is no longer in ``target``."""
    for one in _registered:
        listed = taken.get(one.key, ())
        going = one.rows().filter(pk__in=[row[0] for row in listed], **{one.org: target.pk})
        if going.update(**{one.org: source.pk, one.path: source.path}) != len(listed):
            raise MovedOnSince
        for group in {row[1] for row in listed if len(row) > 1 and row[1]}:
            held = [row[0] for row in listed if row[1] == group]
            one.rows().filter(pk__in=held).update(**{one.group: group})


def leave_group(group: UUID) -> dict[str, list[str]]:
    """Whoever was in a Party group that ends is in none; returns who, for ``rejoin``."""
    left: dict[str, list[str]] = {}
    for one in _registered:
        rows = one.rows().filter(**{one.group: group}) if one.group else one.rows().none()
        ids = list(rows.values_list("pk", flat=True))
        if ids:
            left[one.key] = [str(pk) for pk in ids]
            one.rows().filter(pk__in=ids).update(**{one.group: None})
    return left


def rejoin(*, left: Mapping[str, Any], group: UUID) -> None:
    """Undoes ``leave_group``.  Raises MovedOnSince when somebody is in another group by now."""
    for one in _registered:
        listed = left.get(one.key, ())
        rows = one.rows().filter(pk__in=listed)
        if listed and rows.filter(**{one.group: None}).update(**{one.group: group}) != len(listed):
            raise MovedOnSince


def members_in(taken: Mapping[str, Any]) -> list[UUID]:
    """The members among what went over."""
    keys = {one.key for one in _registered if one.is_of_members}
    return [UUID(row[0]) for key in sorted(keys) for row in taken.get(key, ())]
