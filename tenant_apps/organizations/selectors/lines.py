"""Many organisations at once, as lines: a whole sub-tree, the way up from one, a search.

However large the unit is, each is one statement that asks for the organisation by its id, checks
the actor's sub-trees and reads along an index; rows are told as they come, not made into models.
A leaf takes less time to read than its statement to plan, so that the statements are prepared.
"""

from __future__ import annotations

from itertools import starmap
from typing import Any, Final, NamedTuple
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.organizations.models import LABEL_WIDTH, Organization
from tenant_apps.organizations.selectors import gates
from tenants.backends.unit.prepared import prepared_cursor


class Line(NamedTuple):
    """One organisation; ``depth`` is 1 for the unit's highest."""

    id: UUID
    parent_id: UUID | None
    name: str
    short_name: str
    kind: str
    depth: int


def subtree_of(actor: Actor, org_id: UUID) -> list[Line]:
    """An organisation and everything below it, in tree order.

    Raises OrganizationNotFound outside the actor's sub-trees.
    """
    return _told(_SUBTREE, actor, org_id)


def way_to(actor: Actor, org_id: UUID) -> list[Line]:
    """From the outermost that the actor sees down to the organisation itself.

    Raises OrganizationNotFound outside the actor's sub-trees.
    """
    return _told(_WAY, actor, org_id)


def _told(statement: str, actor: Actor, org_id: UUID) -> list[Line]:
    scopes = gates.scopes_of(actor)
    is_whole = "" in scopes
    limits = {"from": "" if is_whole else _FROM, "at": "" if is_whole else _AT}
    values: dict[str, Any] = {"id": org_id, "scopes": [f"{scope}%" for scope in scopes]}
    with prepared_cursor() as cursor:
        cursor.execute(statement.format(**limits), values)
        found = list(starmap(Line, cursor.fetchall()))
    if not found:
        raise gates.OrganizationNotFound
    return found


_ORGS: Final = Organization._meta.db_table
_COLUMNS: Final = "f.id, f.parent_id, f.name, f.short_name, f.kind, f.depth"
_FROM: Final = "AND o.path LIKE ANY (%(scopes)s)"
_AT: Final = "AND f.path LIKE ANY (%(scopes)s)"
"""What an actor with a part of the unit sees; who sees all of it is not asked row by row."""
# A prefix that is a column is a span of the index by path; no label has a ``~``.
_SUBTREE: Final = f"""
SELECT {_COLUMNS}
FROM {_ORGS} o JOIN {_ORGS} f ON f.path ~>=~ o.path AND f.path ~<~ (o.path || '~')
WHERE o.id = %(id)s AND o.ended_on IS NULL {{from}} AND f.ended_on IS NULL
ORDER BY f.path USING ~<~
"""
_WAY: Final = f"""
SELECT {_COLUMNS}
FROM {_ORGS} f
WHERE f.path = ANY (ARRAY(
    SELECT left(o.path, width)
    FROM {_ORGS} o, generate_series({LABEL_WIDTH}, length(o.path), {LABEL_WIDTH}) AS width
    WHERE o.id = %(id)s AND o.ended_on IS NULL {{from}}
  )) AND f.ended_on IS NULL {{at}}
ORDER BY f.depth
"""
