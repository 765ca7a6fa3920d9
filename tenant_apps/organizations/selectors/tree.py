"""The tree as pages draw it: the levels that are open, with head counts, in two statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from kernel.actor import Actor
from tenant_apps.organizations.models import (
    LABEL_WIDTH,
    Kind,
    Organization,
    mark_of,
)
from tenant_apps.organizations.selectors import gates
from tenant_apps.organizations.selectors.residents import Headcount, headcounts
from tenant_apps.organizations.selectors.warnings import flags

MOST_FOUND = 50
"""How many organisations a search in the tree shows."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a node of the tree leads to, and where its closed level is fetched from.

    ``{id}`` stands for the organisation: ``/members/?org={id}``.
    """

    node: str
    children: str


@dataclass(slots=True)
class TreeNode:
    """One organisation in the drawn tree; ``children`` only where the level is open.

    The names are those that the tree component of the design system reads.
    """

    id: UUID
    path: str
    label: str
    full_name: str
    type: str
    has_children: bool
    headcount: Headcount
    links: Links
    secretary: str = ""
    term_ends_on: dt.date | None = None
    is_selected: bool = False
    children: list[TreeNode] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return mark_of(self.type)

    @property
    def type_label(self) -> str:
        return Kind(self.type).label

    @property
    def count(self) -> int | None:
        """Nobody's relation is in a Party group, so that it has no count of its own."""
        return None if self.type == Kind.GROUP else self.headcount.within

    @property
    def flag(self) -> str:
        return flags(self.type, self.headcount)

    @property
    def is_expanded(self) -> bool:
        return bool(self.children)

    @property
    def url(self) -> str:
        return self.links.node.replace("{id}", str(self.id))

    @property
    def children_url(self) -> str:
        return self.links.children.replace("{id}", str(self.id))


def tree_visible_to(actor: Actor, *, links: Links, selected: UUID | None = None) -> list[TreeNode]:
    """The tree with every level open down to ``selected`` and one below it.

    Raises OrganizationNotFound when the actor does not see ``selected``.
    """
    outermost = gates.roots_visible_to(actor).values("pk")
    wanted = Q(pk__in=outermost) | Q(parent_id__in=outermost)
    if selected is not None:
        at_or_below = Organization.objects.filter(
            pk=selected, path__startswith=OuterRef("parent__path")
        )
        wanted |= Q(Exists(at_or_below))
    nodes = _nodes(actor, wanted, links, selected)
    if selected is not None and not any(node.is_selected for node in nodes):
        raise gates.OrganizationNotFound
    return _nested(nodes)


def selected_in(nodes: Iterable[TreeNode]) -> TreeNode | None:
    """The selected node of a tree."""
    for node in nodes:
        found = node if node.is_selected else selected_in(node.children)
        if found:
            return found
    return None


def level_visible_to(actor: Actor, *, links: Links, below: UUID) -> list[TreeNode]:
    """The organisations directly below one: what a page asks for when a level is opened."""
    return _nodes(actor, Q(parent_id=below), links, None)


def found_in_tree(
    actor: Actor, *, links: Links, text: str, selected: UUID | None = None
) -> list[TreeNode]:
    """Organisations found by name or initials, side by side."""
    ids = list(gates.search(actor, text).values_list("pk", flat=True)[:MOST_FOUND])
    nodes = _nodes(actor, Q(pk__in=ids), links, selected)
    for node in nodes:
        node.has_children = False
    return nodes


def _nodes(actor: Actor, wanted: Q, links: Links, selected: UUID | None) -> list[TreeNode]:
    rows = list(
        gates.organizations_visible_to(actor)
        .filter(wanted)
        .annotate(has_children=Exists(Organization.objects.filter(parent_id=OuterRef("pk"))))
        .values_list(
            "id",
            "path",
            "short_name",
            "name",
            "kind",
            "has_children",
            "appointed_secretary",
            "term_ends_on",
        )
    )
    counts = headcounts([row[1] for row in rows])
    return [
        TreeNode(
            id=pk,
            path=path,
            label=short or name,
            full_name=name,
            type=kind,
            has_children=has_children,
            headcount=counts[path],
            links=links,
            secretary=secretary,
            term_ends_on=ends,
            is_selected=pk == selected,
        )
        for pk, path, short, name, kind, has_children, secretary, ends in rows
    ]


def _nested(nodes: Iterable[TreeNode]) -> list[TreeNode]:
    by_path: dict[str, TreeNode] = {}
    outermost: list[TreeNode] = []
    for node in nodes:  # in tree order, so a parent is always met before its children
        by_path[node.path] = node
        parent = by_path.get(node.path[:-LABEL_WIDTH])
        (parent.children if parent else outermost).append(node)
    return outermost
