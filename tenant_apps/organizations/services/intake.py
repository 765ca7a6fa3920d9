"""Taking a whole tree in from a roster, and taking it out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from kernel import pinyin
from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.models import uuid7
from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import LABEL_WIDTH, Organization
from tenant_apps.organizations.selectors import known_organizations, residents
from tenant_apps.organizations.services.labels import Places, lock_tree


class BrokenTree(Invalid):
    code = "organization_tree_broken"
    sentence = "「{name}」的上级组织不存在，或组织之间互为上下级。"


class SecondRoot(Conflict):
    code = "organization_second_root"
    sentence = "一个单位只能有一个最高党组织，「{name}」需要指明上级组织。"


class OrganizationsInUse(Conflict):
    code = "organizations_in_use"
    sentence = "这批党组织仍有党费或收据记录，不能撤销。"


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organisation as a roster gives it.  ``key`` is the roster's own name for it, and
    ``parent_key`` that of another one in the same call; None only for the unit's root.
    """

    key: str
    name: str
    short_name: str
    kind: str
    parent_key: str | None
    code: str = ""
    founded_on: dt.date | None = None
    term_ends_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Planted:
    """Where a roster's organisation stands now; ``is_new`` if this call made it."""

    id: UUID
    path: str
    is_new: bool


@transaction.atomic
def plant_tree(
    *, nodes: Sequence[NewOrganization], import_id: UUID, actor: Actor, now: dt.datetime
) -> dict[str, Planted]:
    """Makes the organisations that are not there yet and says where each one stands.

    An organisation is the same as an existing one when the code agrees, or else the name below
    the same parent; what exists stays as it is.  Doing it again makes nothing.  Raises BrokenTree
    (missing parent, cycle), SecondRoot, and TreeTooDeep.  Any order of ``nodes``.
    """
    lock_tree()
    planting = _Planting(import_id)
    for node in _parents_first(nodes):
        planting.place(node)
    planting.store(now)
    if planting.fresh:
        record(
            "organizations.planted",
            actor=actor, now=now, subject_type="import", subject_id=import_id,
            count=len(planting.fresh),
        )  # fmt: skip
        outbox.emit(unit=current_unit(), kind="organizations", now=now, delta=len(planting.fresh))
    return planting.planted


@transaction.atomic
def uproot(*, import_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """Removes the organisations that an import made, except those still needed.

    One stays when somebody or something belongs to it or to a part of its sub-tree that stays.
    Members and bills of the import must be withdrawn before.  Raises OrganizationsInUse when
    older records still point to one that would go.
    """
    lock_tree()
    made = Organization.objects.filter(import_id=import_id, ended_on=None)
    kept = residents.occupied(list(made.values_list("path", flat=True)))
    kept |= set(
        Organization.objects.filter(parent__import_id=import_id)
        .filter(~Q(import_id=import_id) | Q(import_id=None))
        .values_list("path", flat=True)
    )
    going = [
        pk
        for pk, path in made.values_list("id", "path")
        if not any(stays.startswith(path) for stays in kept)
    ]
    _delete(going)
    record(
        "organizations.uprooted",
        actor=actor, now=now, subject_type="import", subject_id=import_id, count=len(going),
    )  # fmt: skip
    if going:
        outbox.emit(unit=current_unit(), kind="organizations", now=now, delta=-len(going))
    return len(going)


def _delete(going: list[UUID]) -> None:
    table = Organization._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [going])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as held:
        raise OrganizationsInUse from held


def _parents_first(nodes: Sequence[NewOrganization]) -> list[NewOrganization]:
    """``nodes`` so that every parent comes before its children; raises BrokenTree."""
    below: dict[str | None, list[NewOrganization]] = {}
    for node in nodes:
        below.setdefault(node.parent_key, []).append(node)
    ordered = list(below.get(None, ()))
    for node in ordered:  # grows while it is walked: level by level
        ordered.extend(below.get(node.key, ()))
    if len(ordered) != len(nodes):
        reached = {node.key for node in ordered}
        lost = next((node for node in nodes if node.key not in reached), nodes[0])
        raise BrokenTree(name=lost.name)
    return ordered


class _Planting:
    """One call of ``plant_tree``: what is known, what is placed, what is to be inserted."""

    def __init__(self, import_id: UUID) -> None:
        known = known_organizations()
        self._import_id = import_id
        self._by_code = {org.code: (org.id, org.path) for org in known if org.code}
        self._by_name = {(org.parent_id, org.name): (org.id, org.path) for org in known}
        self._places = Places(Organization.objects.values_list("path", flat=True))
        self._has_root = bool(known)
        self.planted: dict[str, Planted] = {}
        self.fresh: list[tuple[UUID, UUID | None, str, NewOrganization]] = []

    def place(self, node: NewOrganization) -> None:
        parent = self.planted[node.parent_key] if node.parent_key is not None else None
        parent_id = parent.id if parent else None
        found = (node.code and self._by_code.get(node.code)) or self._by_name.get(
            (parent_id, node.name)
        )
        if found:
            self.planted[node.key] = Planted(*found, is_new=False)
            return
        if parent is None and self._has_root:
            raise SecondRoot(name=node.name)
        self._has_root = True
        path = self._places.next_below(parent.path if parent else "", name=node.name)
        pk = uuid7()
        self.fresh.append((pk, parent_id, path, node))
        self._by_name[parent_id, node.name] = (pk, path)
        if node.code:
            self._by_code[node.code] = (pk, path)
        self.planted[node.key] = Planted(pk, path, is_new=True)

    def store(self, now: dt.datetime) -> None:
        """One statement for the whole tree: foreign keys are checked at its end."""
        rows = [
            (
                pk, parent_id, path, len(path) // LABEL_WIDTH, node.name, node.short_name,
                pinyin.initials(node.short_name or node.name), node.kind, node.code,
                node.founded_on, node.term_ends_on,
            )
            for pk, parent_id, path, node in self.fresh
        ]  # fmt: skip
        if not rows:
            return
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(_INSERT, [self._import_id, now, *columns])


_INSERT = f"""
INSERT INTO {Organization._meta.db_table}
    (id, parent_id, path, depth, name, short_name, name_initials, kind, code,
     founded_on, term_ends_on, import_id, created_at)
SELECT made.*, %s::uuid, %s::timestamptz
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::date[], %s::date[]) AS made
"""
