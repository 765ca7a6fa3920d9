"""Changing the tree by hand: add an organisation, correct its sheet, hang it somewhere else."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kernel import pinyin
from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.access.services import grants
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import (
    CAN_HAVE_CHILDREN,
    LABEL_WIDTH,
    MAX_DEPTH,
    Kind,
    Organization,
)
from tenant_apps.organizations.selectors import headcounts
from tenant_apps.organizations.services import placement
from tenant_apps.organizations.services.labels import Places, TreeTooDeep, lock_tree

UNDO_WITHIN: Final = dt.timedelta(minutes=10)


class NameTaken(Conflict):
    code = "organization_name_taken"
    sentence = "同一上级下已有名为「{name}」的党组织，请换一个名称。"


class CodeTaken(Conflict):
    code = "organization_code_taken"
    sentence = "组织编码 {code} 已被其他党组织使用，请核对后填写。"


class OwnDescendant(Conflict):
    code = "organization_own_descendant"
    sentence = "不能把「{name}」移到它自己或它的下级组织之下。"


class RootStays(Conflict):
    code = "organization_root_stays"
    sentence = "「{name}」是本单位的最高党组织，不能移动到其他组织之下。"


class AlreadyThere(Conflict):
    code = "organization_already_there"
    sentence = "「{name}」已经在「{parent}」之下，无需移动。"


class KindDoesNotFit(Invalid):
    code = "organization_kind_does_not_fit"
    sentence = "「{parent}」是{parent_kind}，其下不能设{kind}。{advice}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an organisation's sheet holds (rulebook 8.3)."""

    name: str
    short_name: str
    kind: str
    code: str = ""
    founded_on: dt.date | None = None
    term_ends_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What a move takes along."""

    organizations: int
    members: int


@transaction.atomic
def create(*, parent: Organization, sheet: Sheet, actor: Actor, now: dt.datetime) -> Organization:
    """Adds an organisation as the last one below ``parent``.

    Raises KindDoesNotFit (rulebook 1.1: below a branch there are only groups), NameTaken,
    CodeTaken, TreeTooDeep and TooManySiblings.
    """
    _refuse_kind(sheet.kind, parent)
    lock_tree()
    parent = Organization.objects.get(pk=parent.pk)
    path = _next_place(parent, sheet.name)
    organization = Organization(
        parent=parent, path=path, depth=len(path) // LABEL_WIDTH, created_at=now, **_columns(sheet)
    )
    _save(organization)
    record(
        "organization.created",
        actor=actor, now=now, subject_type="organization", subject_id=organization.id,
        name=sheet.name, kind=sheet.kind, parent=parent.name, path=path,
    )  # fmt: skip
    outbox.emit(unit=current_unit(), kind="organizations", now=now, delta=1)
    return organization


@transaction.atomic
def revise(
    *, organization: Organization, sheet: Sheet, actor: Actor, now: dt.datetime
) -> Organization:
    """Changes name, type, code or dates; the record keeps old and new values.

    Nothing changed, nothing recorded.  Raises KindDoesNotFit, NameTaken and CodeTaken.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if sheet.kind != organization.kind:
        _refuse_kind(sheet.kind, organization.parent)
        _refuse_childless_kind(sheet.kind, organization)
    changes = {
        field: [_plain(getattr(organization, field)), _plain(value)]
        for field, value in asdict(sheet).items()
        if getattr(organization, field) != value
    }
    if not changes:
        return organization
    for field, value in _columns(sheet).items():
        setattr(organization, field, value)
    _save(organization)
    record(
        "organization.revised",
        actor=actor, now=now, subject_type="organization", subject_id=organization.id,
        changes=changes,
    )  # fmt: skip
    return organization


def preview_move(*, organization: Organization) -> MovePreview:
    """How many organisations (itself included) and members a move would take along."""
    return MovePreview(
        organizations=Organization.objects.filter(path__startswith=organization.path).count(),
        members=headcounts([organization.path])[organization.path].within,
    )


@transaction.atomic
def move(
    *, organization: Organization, parent: Organization, actor: Actor, now: dt.datetime
) -> UUID:
    """Hangs a sub-tree below ``parent``; returns the id of the parent it came from.

    One statement rewrites the paths of the whole sub-tree; whatever hangs on it (members, bills,
    the scopes of grants) follows in the same transaction.  Moving it back to the returned parent
    undoes it.
    Raises RootStays, OwnDescendant, AlreadyThere, KindDoesNotFit, NameTaken, TreeTooDeep.
    """
    lock_tree()
    organization = Organization.objects.get(pk=organization.pk)
    parent = Organization.objects.get(pk=parent.pk)
    _refuse_move(organization, parent)
    old_parent_id, old_path = organization.parent_id, organization.path
    if old_parent_id is None:
        raise RootStays(name=organization.name)
    new_path = _next_place(parent, organization.name)
    _refuse_depth(organization, new_path)
    _rehang(organization, parent, new_path)
    followers = placement.follow(old=old_path, new=new_path)
    grants.follow(old=old_path, new=new_path)
    record(
        "organization.moved",
        actor=actor, now=now, subject_type="organization", subject_id=organization.id,
        old_parent=str(old_parent_id), new_parent=str(parent.id), new_parent_name=parent.name,
        old_path=old_path, new_path=new_path, followers=followers,
    )  # fmt: skip
    return old_parent_id


def _refuse_move(organization: Organization, parent: Organization) -> None:
    if organization.parent_id is None:
        raise RootStays(name=organization.name)
    if parent.path.startswith(organization.path):
        raise OwnDescendant(name=organization.name)
    if organization.parent_id == parent.pk:
        raise AlreadyThere(name=organization.name, parent=parent.name)
    _refuse_kind(organization.kind, parent)


def _refuse_kind(kind: str, parent: Organization | None) -> None:
    """Groups hang below branches, everything else below committees and general branches."""
    if parent is None or parent.kind in CAN_HAVE_CHILDREN:
        return
    if kind == Kind.GROUP and parent.mark == "branch":
        return
    advice = "党支部之下只能设党小组。" if parent.mark == "branch" else "请选择党委或党总支。"
    raise KindDoesNotFit(
        parent=parent.short_name or parent.name,
        parent_kind=Kind(parent.kind).label,
        kind=Kind(kind).label,
        advice=advice,
    )


def _refuse_childless_kind(kind: str, organization: Organization) -> None:
    if kind in CAN_HAVE_CHILDREN:
        return
    child = Organization.objects.filter(parent=organization).exclude(kind=Kind.GROUP).first()
    if child is not None:
        raise KindDoesNotFit(
            parent=organization.short_name or organization.name,
            parent_kind=Kind(kind).label,
            kind=Kind(child.kind).label,
            advice=f"请先把「{child.short_name or child.name}」等下级组织移走。",
        )


def _refuse_depth(organization: Organization, new_path: str) -> None:
    deepest = max(
        Organization.objects.filter(path__startswith=organization.path).values_list(
            "depth", flat=True
        )
    )
    if len(new_path) // LABEL_WIDTH + deepest - organization.depth > MAX_DEPTH:
        raise TreeTooDeep(limit=MAX_DEPTH, name=organization.name)


def _next_place(parent: Organization, name: str) -> str:
    taken = Organization.objects.filter(parent=parent).values_list("path", flat=True)
    return Places(taken).next_below(parent.path, name=name)


def _rehang(organization: Organization, parent: Organization, new_path: str) -> None:
    table = Organization._meta.db_table
    statement = f"""
        UPDATE {table} SET
            path = %(new)s || substr(path, length(%(old)s) + 1),
            depth = depth + (length(%(new)s) - length(%(old)s)) / {LABEL_WIDTH},
            parent_id = CASE WHEN id = %(id)s THEN %(parent)s ELSE parent_id END
        WHERE path LIKE %(old)s || '%%'
    """
    values: dict[str, str | UUID] = {
        "new": new_path, "old": organization.path, "id": organization.pk, "parent": parent.pk,
    }  # fmt: skip
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except IntegrityError as clash:
        raise _refusal_of(clash, organization) from clash


def _columns(sheet: Sheet) -> dict[str, object]:
    initials = pinyin.initials(sheet.short_name or sheet.name)[:120]
    return {**asdict(sheet), "name_initials": initials}


def _save(organization: Organization) -> None:
    try:
        with transaction.atomic():
            organization.save()
    except IntegrityError as clash:
        raise _refusal_of(clash, organization) from clash


def _refusal_of(clash: IntegrityError, organization: Organization) -> Exception:
    """The domain's word for a broken constraint; one it does not know stays as it is."""
    if "organizations_sibling_name_unique" in str(clash):
        return NameTaken(name=organization.name)
    if "organizations_code_unique" in str(clash):
        return CodeTaken(code=organization.code)
    return clash


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value
