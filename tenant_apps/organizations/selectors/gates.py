"""Gates and lists: whatever is outside the actor's sub-trees does not exist for the actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import BooleanField, Func, Q, QuerySet, Value

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.organizations.models import (
    HOLDS_FORMAL_RELATION,
    INITIALS,
    Kind,
    Organization,
    Turn,
    TurnKind,
    ancestor_paths,
)
from tenant_apps.organizations.permissions import OFFICE, OrganizationPermission
from tenant_apps.organizations.selectors.rules import BELOW, parents_of


class OrganizationNotFound(NotFound):
    code = "organization_not_found"
    sentence = "没有找到这个党组织，可能已被移动或不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class KnownOrganization:
    """What a roster is matched against."""

    id: UUID
    path: str
    name: str
    short_name: str
    code: str
    kind: str
    parent_id: UUID | None


def scopes_of(actor: Actor) -> tuple[str, ...]:
    """The sub-trees in which the actor works at the desk; a job works in the whole unit."""
    return ("",) if actor.kind == "job" else actor.scopes(*OFFICE)


def within(paths: Iterable[str], *, field: str = "path") -> Q:
    """A filter for rows in one of the sub-trees ``paths``; no path, no row."""
    wanted = Q(pk__in=())
    for path in paths:
        if not path:
            return Q()
        wanted |= Q(**{f"{field}__startswith": path})
    return wanted


def organizations_visible_to(actor: Actor) -> QuerySet[Organization]:
    """The organisations of today in the actor's sub-trees, in tree order."""
    visible: QuerySet[Organization] = ever_visible_to(actor).filter(ended_on=None)
    return visible


def ever_visible_to(actor: Actor) -> QuerySet[Organization]:
    """With those that have ended, where they were last: for history."""
    visible: QuerySet[Organization] = Organization.objects.filter(within(scopes_of(actor)))
    return visible.order_by("path")


def organization_for(actor: Actor, org_id: UUID, *, to: StrEnum) -> Organization:
    """Loads and authorises.  Raises OrganizationNotFound outside the actor's sub-trees and
    Forbidden where it is seen but may not be done.
    """
    found = organizations_visible_to(actor).filter(pk=org_id).first()
    if found is None:
        raise OrganizationNotFound
    if actor.kind != "job":
        require(actor, to, found)
    return found


def past_organization_for(actor: Actor, org_id: UUID, *, to: StrEnum) -> Organization:
    """As ``organization_for``, and one that has ended as well."""
    found = ever_visible_to(actor).filter(pk=org_id).first()
    if found is None:
        raise OrganizationNotFound
    if actor.kind != "job":
        require(actor, to, found)
    return found


def superior_for(actor: Actor, organization: Organization, *, to: StrEnum) -> None:
    """Whether the actor decides about an organisation: that is its superior's (rulebook 1.2).

    Raises OrganizationNotFound where the superior is outside the actor's sub-trees, Forbidden
    where the actor sees it only.  The unit's highest organisation decides about itself.
    """
    organization_for(actor, organization.parent_id or organization.pk, to=to)


def roots_visible_to(actor: Actor) -> QuerySet[Organization]:
    """The outermost organisations that the actor sees: the unit's root, or the sub-trees."""
    outermost = [path for path in scopes_of(actor) if path]
    if "" in scopes_of(actor):
        return organizations_visible_to(actor).filter(depth=1)
    return organizations_visible_to(actor).filter(path__in=outermost)


def children_visible_to(actor: Actor, parent_id: UUID | None) -> QuerySet[Organization]:
    """The organisations directly below one; below nothing, the outermost ones.

    Raises OrganizationNotFound for one that the actor does not see.
    """
    if parent_id is None:
        return roots_visible_to(actor)
    visible = organizations_visible_to(actor)
    if not visible.filter(pk=parent_id).exists():
        raise OrganizationNotFound
    return visible.filter(parent_id=parent_id)


def ancestors_of(actor: Actor, organization: Organization) -> list[Organization]:
    """From the outermost that the actor sees down to the organisation itself."""
    return list(organizations_visible_to(actor).filter(path__in=ancestor_paths(organization.path)))


def organizations_by_id(ids: Sequence[UUID]) -> dict[UUID, Organization]:
    """Organisations of the unit whatever the scope: for names beside rows already authorised."""
    return {found.id: found for found in Organization.objects.filter(pk__in=ids)}


def known_organizations() -> list[KnownOrganization]:
    """Every organisation of the unit, in tree order."""
    rows = (
        Organization.objects.filter(ended_on=None)
        .order_by("path")
        .values_list("id", "path", "name", "short_name", "code", "kind", "parent_id")
    )
    return [KnownOrganization(*row) for row in rows]


def groups_of(branch_id: UUID) -> list[Organization]:
    """The Party groups of a branch whose page the actor was let into, in tree order."""
    found = Organization.objects.filter(parent_id=branch_id, kind=Kind.GROUP, ended_on=None)
    return list(found.order_by("path"))


def that_hold_members(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """Those to which a member's formal relation can be moved (rulebook 1.1)."""
    return organizations.filter(kind__in=HOLDS_FORMAL_RELATION)


def that_can_be_parents(actor: Actor, organization: Organization) -> QuerySet[Organization]:
    """Below which the organisation could hang: not below itself, nor where it is already."""
    found = organizations_visible_to(actor).filter(kind__in=parents_of(organization.kind))
    found = found.exclude(path__startswith=organization.path)
    return found.exclude(pk=organization.parent_id) if organization.parent_id else found


def that_can_absorb(actor: Actor, organization: Organization) -> QuerySet[Organization]:
    """Into which the organisation could be merged: what can have its members and its children."""
    found = organizations_visible_to(actor).exclude(path__startswith=organization.path)
    children = organizations_visible_to(actor).filter(parent=organization)
    below = set(children.values_list("kind", flat=True))
    kinds = [kind for kind, fitting in BELOW.items() if below <= set(fitting)]
    if organization.can_hold_members:
        kinds = [kind for kind in kinds if kind in HOLDS_FORMAL_RELATION]
    elif organization.kind == Kind.GROUP:
        kinds = []
    return found.filter(kind__in=kinds)


def authorise_undoing(actor: Actor, act_id: UUID) -> None:
    """Whether the actor may still change every organisation that an act concerned.

    Raises OrganizationNotFound, Forbidden.
    """
    turns = list(Turn.objects.filter(act=act_id).values_list("org_id", "kind"))
    is_move = [kind for _, kind in turns] == [TurnKind.MOVED]
    to = OrganizationPermission.MOVE if is_move else OrganizationPermission.RESTRUCTURE
    for org_id in {org_id for org_id, _ in turns}:
        past_organization_for(actor, org_id, to=to)


def search(actor: Actor, text: str) -> QuerySet[Organization]:
    """By name, short name, code or pinyin initials; nothing for nothing.

    What is typed in letters and digits is looked for in codes and initials only: both have an
    index, and the letters of a name are among its initials.
    """
    text = text.strip()
    if not text:
        return organizations_visible_to(actor).none()
    if not (text.isascii() and text.isalnum()):
        wanted = Q(name__contains=text) | Q(short_name__contains=text) | Q(code=text)
        return organizations_visible_to(actor).filter(wanted)
    beginning = Func(
        INITIALS, Value(f"{text.lower()}:*"), template="(%(expressions)s::tsquery)",
        arg_joiner=" @@ ", output_field=BooleanField(),
    )  # fmt: skip
    coded = Q(code__in={text, text.upper(), text.lower()}) | Q(national_code=text)
    known = list(Organization.objects.filter(coded).values_list("pk", flat=True))
    # Said twice: the part of the text is told at once where rows are read along the tree, and the
    # two together keep the planner from reading them so where few have it.  Beside an OR the
    # slow one of the two would be worked out for each row, so codes are looked up before.
    found = Q(name_initials__contains=text.lower()) & Q(beginning)
    return organizations_visible_to(actor).filter(found | Q(pk__in=known) if known else found)
