"""Rewriting paths: sub-trees get new places, and everything that lies there follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from tenant_apps.access.services import grants
from tenant_apps.organizations.models import LABEL_WIDTH, MAX_DEPTH, Organization
from tenant_apps.organizations.selectors import OrganizationNotFound
from tenant_apps.organizations.services import placement
from tenant_apps.organizations.services.labels import TreeTooDeep, lock_tree, places_below
from tenant_apps.organizations.services.refusals import refusal_of


class Hanging(NamedTuple):
    """An organisation on its way below ``parent``, under ``name``."""

    organization: Organization
    parent: Organization
    name: str


def locked(*organizations: Organization) -> list[Organization]:
    """The same rows as they are now, while nobody else writes the tree.

    Raises OrganizationNotFound when one has ended in between.
    """
    lock_tree()
    found = Organization.objects.filter(ended_on=None).in_bulk([org.pk for org in organizations])
    if len(found) != len({org.pk for org in organizations}):
        raise OrganizationNotFound
    return [found[org.pk] for org in organizations]


def rehang(hangings: Sequence[Hanging]) -> int:
    """Hangs sub-trees elsewhere; returns how many rows of other tables followed.

    One statement rewrites the paths of all sub-trees, one each table that has a place in them.
    Raises NameTaken, TreeTooDeep.  Under ``lock_tree``.
    """
    if not hangings:
        return 0
    places = {one.parent.path: places_below(one.parent.path) for one in hangings}
    new_paths = [places[h.parent.path].next_below(h.parent.path, name=h.name) for h in hangings]
    _refuse_depth(hangings)
    moved = _rewrite(hangings, new_paths)
    for hanging, path in zip(hangings, new_paths, strict=True):
        grants.follow(old=hanging.organization.path, new=path)
    return placement.follow(moved)


def _rewrite(hangings: Sequence[Hanging], new_paths: Sequence[str]) -> list[UUID]:
    columns = (
        [one.organization.pk for one in hangings],
        [one.parent.pk for one in hangings],
        [one.name for one in hangings],
        [one.organization.path for one in hangings],
        list(new_paths),
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_REWRITE, columns)
            return [row[0] for row in cursor.fetchall()]
    except IntegrityError as clash:
        raise refusal_of(clash, hangings[0].name) from clash


def _refuse_depth(hangings: Sequence[Hanging]) -> None:
    """Raises TreeTooDeep when the deepest below one would come to lie too deep."""
    with connection.cursor() as cursor:
        cursor.execute(_DEEPEST, [[one.organization.path for one in hangings]])
        deepest: dict[str, int] = dict(cursor.fetchall())
    for organization, parent, name in hangings:
        if parent.depth + 1 + deepest[organization.path] - organization.depth > MAX_DEPTH:
            raise TreeTooDeep(limit=MAX_DEPTH, name=name)


_TABLE: Final = Organization._meta.db_table
_WITHIN: Final = "o.path ~>=~ m.old AND o.path ~<~ (m.old || '~')"
"""As a prefix, and found in the index though the prefix is a column: no label has a ``~``."""
_REWRITE: Final = f"""
UPDATE {_TABLE} AS o SET
    path = m.new || substr(o.path, length(m.old) + 1),
    depth = o.depth + (length(m.new) - length(m.old)) / {LABEL_WIDTH},
    parent_id = CASE WHEN o.id = m.id THEN m.parent ELSE o.parent_id END,
    name = CASE WHEN o.id = m.id THEN m.name ELSE o.name END
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[])
    AS m (id, parent, name, old, new)
WHERE {_WITHIN}
RETURNING o.id
"""
_DEEPEST: Final = f"""
SELECT m.old, (SELECT max(o.depth) FROM {_TABLE} o WHERE {_WITHIN})
FROM unnest(%s::text[]) AS m (old)
"""
