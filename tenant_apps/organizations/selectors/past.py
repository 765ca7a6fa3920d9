"""The tree as it was on a day: today's, with everything decided later taken back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kernel.actor import Actor
from tenant_apps.organizations.models import Kind, Organization, Turn, TurnKind, mark_of
from tenant_apps.organizations.selectors import gates


@dataclass(frozen=True, slots=True)
class PastOrganization:
    """An organisation as it was; ``has_ended`` if it is there no more today."""

    id: UUID
    name: str
    short_name: str
    kind: str
    parent_id: UUID | None
    has_children: bool
    has_ended: bool

    @property
    def label(self) -> str:
        return self.short_name or self.name

    @property
    def mark(self) -> str:
        return mark_of(self.kind)

    @property
    def kind_label(self) -> str:
        return Kind(self.kind).label


def level_on(actor: Actor, day: dt.date, *, below: UUID | None) -> list[PastOrganization]:
    """The organisations that were directly below one at the end of ``day``, by name.

    Below nothing: the outermost of those that the actor sees today.  Visible is what lies, or lay
    last, in the actor's sub-trees.
    """
    roots = gates.roots_visible_to(actor).values_list("pk", flat=True) if below is None else ()
    values = {
        "day": day,
        "below": str(below) if below else None,
        "ids": list(roots),
        "paths": list(gates.scopes_of(actor)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEVEL, values)
        return [PastOrganization(*row) for row in cursor.fetchall()]


def effective_turns() -> QuerySet[Turn]:
    """The turns that hold: without acts called off, and without the calling off."""
    undone = Turn.objects.filter(undoes__isnull=False).values("undoes")
    turns: QuerySet[Turn] = Turn.objects.filter(undoes=None).exclude(act__in=undone)
    return turns


def turns_between(actor: Actor, since: dt.date, until: dt.date, *, most: int) -> list[Turn]:
    """What was decided in a span of days within the actor's sub-trees, newest first."""
    turns = effective_turns().filter(happened_on__gt=since, happened_on__lte=until)
    seen = gates.ever_visible_to(actor).values("pk")
    told = turns.filter(org_id__in=seen).exclude(kind__in=[TurnKind.GAINED, TurnKind.PARTED])
    return list(told.order_by("-happened_on", "-id")[:most])


_ORGS: Final = Organization._meta.db_table
_TURNS: Final = Turn._meta.db_table
_WAS: Final = f"""
    later AS (
        SELECT DISTINCT ON (t.org_id) t.org_id, t.before
        FROM {_TURNS} t
        WHERE t.happened_on > %(day)s AND t.undoes IS NULL
          AND NOT EXISTS (SELECT 1 FROM {_TURNS} u WHERE u.undoes = t.act)
        ORDER BY t.org_id, t.happened_on, t.id
    )
"""
_LEVEL: Final = f"""
WITH {_WAS},
place AS (
    SELECT o.id, o.name, o.short_name, o.kind, o.parent_id, o.path, o.ended_on
    FROM {_ORGS} o
    WHERE (o.parent_id = %(below)s::uuid OR o.id = ANY(%(ids)s))
      AND (o.founded_on IS NULL OR o.founded_on <= %(day)s)
      AND NOT EXISTS (SELECT 1 FROM later l WHERE l.org_id = o.id)
    UNION ALL
    SELECT o.id, l.before ->> 'name', l.before ->> 'short_name', l.before ->> 'kind',
           (l.before ->> 'parent')::uuid, o.path, o.ended_on
    FROM later l JOIN {_ORGS} o ON o.id = l.org_id
    WHERE l.before IS NOT NULL
      AND (l.before ->> 'parent' = %(below)s OR o.id = ANY(%(ids)s))
)
SELECT p.id, p.name, p.short_name, p.kind, p.parent_id,
    EXISTS (SELECT 1 FROM {_ORGS} c WHERE c.parent_id = p.id
              AND (c.founded_on IS NULL OR c.founded_on <= %(day)s)
              AND NOT EXISTS (SELECT 1 FROM later l WHERE l.org_id = c.id))
    OR EXISTS (SELECT 1 FROM later l WHERE l.before ->> 'parent' = p.id::text),
    p.ended_on IS NOT NULL
FROM place p
WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) s WHERE p.path LIKE s || '%%')
ORDER BY p.path
"""
