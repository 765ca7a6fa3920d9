"""What a change of the tree would do, told before it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tenant_apps.access import selectors as access
from tenant_apps.organizations.models import Kind, Organization, ancestor_paths
from tenant_apps.organizations.selectors import rules
from tenant_apps.organizations.selectors.aftermath import words_of
from tenant_apps.organizations.selectors.open_matters import Matter, matters_of
from tenant_apps.organizations.selectors.residents import (
    Effect,
    Headcount,
    effects,
    headcounts,
    people,
)
from tenant_apps.organizations.selectors.rules import OrganizationWarning


@dataclass(frozen=True, slots=True)
class Preview:
    """How many organisations and members are touched, whose rights change, what is unusual,
    what is under way in the organisations that would end and which posts end with them.
    """

    organizations: int
    members: int
    effects: list[Effect] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)
    gaining: list[str] = field(default_factory=list)
    losing: list[str] = field(default_factory=list)
    warnings: list[OrganizationWarning] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)

    @property
    def holding(self) -> list[Matter]:
        """What has to be finished first."""
        return [matter for matter in self.matters if not matter.carries]


def of_move(organization: Organization, parent: Organization | None = None) -> Preview:
    """What goes along with a sub-tree, and who sees it before and after."""
    before = [path for path in ancestor_paths(organization.path) if path != organization.path]
    after = ancestor_paths(parent.path) if parent else before
    return Preview(
        organizations=_organizations(organization),
        members=_count(organization).within,
        effects=effects(organization.path),
        following=access.holders_below(organization.path),
        losing=access.holders_at(sorted(set(before) - set(after))),
        gaining=access.holders_at(sorted(set(after) - set(before))),
    )


def of_merger(source: Organization, target: Organization | None) -> Preview:
    """What goes over into ``target``; roles held in exactly the one that ends are withdrawn."""
    moved, there = _count(source), _count(target) if target else Headcount()
    together = Headcount(
        moved.direct + there.direct, moved.within + there.within, moved.full + there.full
    )
    warnings = rules.warnings_of_size(target.kind, together) if target else []
    if source.workplaces.exists():
        text = "原组织的所在单位不随同转移，请在合并后核对现组织的所在单位。"
        warnings = [*warnings, OrganizationWarning("workplaces_stay", text, "")]
    return Preview(
        organizations=_organizations(source),
        members=moved.within,
        effects=effects(source.path),
        ending=access.holders_at([source.path]),
        following=_below_only(source),
        warnings=warnings,
        matters=matters_of([source.pk]),
        closing=words_of(source),
    )


def of_split(
    source: Organization, kind: str, members: Sequence[UUID], children: Sequence[Organization]
) -> Preview:
    """Both sides after the split."""
    there = [person for person in people(source.pk) if person.id in set(members)]
    full = sum(person.is_full for person in there)
    was = _count(source)
    new = Headcount(direct=len(there), within=len(there), full=full)
    old = Headcount(was.direct - len(there), was.within - len(there), was.full - full)
    below = headcounts([child.path for child in children])
    counts = {"新组织": (kind, new), source.short_name or source.name: (source.kind, old)}
    warnings = [
        OrganizationWarning(found.code, f"{name}：{found.text}", found.source)
        for name, (its_kind, count) in counts.items()
        for found in rules.warnings_of_size(its_kind, count)
    ]
    return Preview(
        organizations=1 + sum(_organizations(child) for child in children),
        members=len(there) + sum(count.within for count in below.values()),
        following=[name for child in children for name in access.holders_below(child.path)],
        warnings=warnings,
    )


def of_retyping(organization: Organization, kind: str) -> Preview:
    """Who changes places, and whether there are as many members as usual (rulebook 1.2)."""
    count = _count(organization)
    goes_up = rules.holds_members(kind) and not rules.holds_members(organization.kind)
    children = Organization.objects.filter(parent=organization).exclude(kind=Kind.GROUP)
    ending = dict(children.values_list("pk", "path")) if goes_up else {}
    changes_places = rules.holds_members(kind) != rules.holds_members(organization.kind)
    together = Headcount(count.within, count.within, rules.FEWEST_FULL_MEMBERS)
    return Preview(
        organizations=1 + len(ending),
        members=count.within if changes_places else 0,
        ending=access.holders_at(list(ending.values())),
        matters=matters_of(list(ending)),
        warnings=[
            *rules.warnings_of_rank(kind, count.within),
            *(rules.warnings_of_size(kind, together) if goes_up else []),
        ],
    )


def _below_only(organization: Organization) -> list[str]:
    """Roles in the sub-tree but not in the organisation itself: they go where the children go."""
    at = set(access.holders_at([organization.path]))
    return [name for name in access.holders_below(organization.path) if name not in at]


def _count(organization: Organization) -> Headcount:
    return headcounts([organization.path])[organization.path]


def _organizations(organization: Organization) -> int:
    within = Organization.objects.filter(path__startswith=organization.path, ended_on=None)
    return within.count()
