"""The tree as pages draw it: the levels that are open, with head counts, in two statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from kernel.actor import Actor
from tenant_apps.organizations.models import LABEL_WIDTH, Organization, ancestor_paths, mark_of
from tenant_apps.organizations.selectors.gates import organizations_visible_to, roots_visible_to
from tenant_apps.organizations.selectors.residents import Headcount, headcounts
from tenant_apps.organizations.selectors.warnings import flags


@dataclass(slots=True)
class TreeNode:
    """One organisation in the drawn tree; ``children`` only where the level is open."""

    id: UUID
    path: str
    name: str
    full_name: str
    kind: str
    has_children: bool
    count: Headcount
    is_selected: bool = False
    children: list[TreeNode] = field(default_factory=list)

    @property
    def mark(self) -> str:
        return mark_of(self.kind)

    @property
    def is_open(self) -> bool:
        return bool(self.children)

    @property
    def is_flagged(self) -> bool:
        return flags(self.kind, self.count)


def tree_visible_to(actor: Actor, *, selected: str = "", below: str = "") -> list[TreeNode]:
    """The tree with every level open down to ``selected`` (a path) and one below it.

    With ``below`` (a path), only the organisations directly below that one: what the page asks
    for when a closed level is opened.
    """
    rows = list(
        organizations_visible_to(actor)
        .filter(_levels(actor, selected, below))
        .annotate(has_children=Exists(Organization.objects.filter(parent_id=OuterRef("pk"))))
        .values_list("id", "path", "short_name", "name", "kind", "has_children")
    )
    counts = headcounts([path for _, path, *_ in rows])
    return _nest(
        [
            TreeNode(
                id=pk, path=path, name=short or name, full_name=name, kind=kind,
                has_children=more, count=counts[path], is_selected=path == selected,
            )
            for pk, path, short, name, kind, more in rows
        ]
    )  # fmt: skip


def _levels(actor: Actor, selected: str, below: str) -> Q:
    if below:
        return Q(parent__path=below)
    roots = roots_visible_to(actor)
    wanted = Q(pk__in=roots.values("pk")) | Q(parent_id__in=roots.values("pk"))
    if selected:
        wanted |= Q(parent__path__in=ancestor_paths(selected))
    return wanted


def _nest(nodes: list[TreeNode]) -> list[TreeNode]:
    by_path = {node.path: node for node in nodes}
    outermost: list[TreeNode] = []
    for node in nodes:  # in tree order, so a parent is always met before its children
        parent = by_path.get(node.path[:-LABEL_WIDTH])
        (parent.children if parent else outermost).append(node)
    return outermost
