"""Granting and revoking roles (rulebook 12.2): nobody beyond the own scope, never the last one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.unit import current_unit_id
from shared_apps.people.services import sessions
from shared_apps.support.services import accesses
from tenant_apps.access.models import Grant, Role
from tenant_apps.access.services.reporting import report_state
from tenant_apps.audit.services import record


class BeyondOwnScope(Forbidden):
    code = "beyond_own_scope"
    sentence = "只能在您自己管理的组织范围内授予或收回角色。"


class RoleUnknown(Invalid):
    code = "role_unknown"
    sentence = "没有「{role}」这个角色。"


class LastAdministrator(Conflict):
    code = "last_administrator"
    sentence = "这是最后一位管理全单位的管理员，不能收回。请先邀请另一位管理员。"


class NothingToRestore(NotFound):
    code = "grant_not_restorable"
    sentence = "没有找到可以恢复的角色，可能已经恢复。"


class GrantRevoked(Conflict):
    code = "grant_revoked"
    sentence = "这项角色已经收回。"


def is_within_scope(actor: Actor, scope: str) -> bool:
    """Whether the actor administers the whole of ``scope``; a job does."""
    return actor.kind == "job" or any(
        h.role == Role.UNIT_ADMIN and scope.startswith(h.scope) for h in actor.holdings
    )


def require_within_scope(actor: Actor, scope: str) -> None:
    """Raises BeyondOwnScope unless the actor administers the whole of ``scope``."""
    if not is_within_scope(actor, scope):
        raise BeyondOwnScope


def grant(
    *, person_id: UUID, person_name: str, role: str, scope: str, actor: Actor, now: dt.datetime
) -> Grant:
    """Gives a role in a sub-tree ("" for the whole unit); giving it again changes nothing.

    The person's sessions in the unit end, so that the role counts from the next sign-in on.
    Raises BeyondOwnScope, RoleUnknown.
    """
    require_within_scope(actor, scope)
    if role not in Role.values:
        raise RoleUnknown(role=role)
    with transaction.atomic():
        made, is_new = Grant.objects.get_or_create(
            person_id=person_id,
            role=role,
            scope=scope,
            revoked_at=None,
            defaults={
                "person_name": person_name,
                "granted_at": now,
                "granted_by": actor.person_id,
            },
        )
        if is_new:
            _changed(made, "grant.given", actor, now)
    granted: Grant = made
    return granted


def revoke(*, grant: Grant, actor: Actor, now: dt.datetime) -> None:
    """Takes a role away at once; the person's sessions in the unit end.

    Raises BeyondOwnScope, GrantRevoked, LastAdministrator.
    """
    require_within_scope(actor, grant.scope)
    with transaction.atomic():
        held = Grant.objects.select_for_update().get(pk=grant.pk)
        if held.revoked_at is not None:
            raise GrantRevoked
        if _is_last_administrator(held):
            raise LastAdministrator
        held.revoked_at = now
        held.save(update_fields=["revoked_at"])
        _changed(held, "grant.revoked", actor, now)
    grant.revoked_at = now


def revoke_at(*, scope: str, actor: Actor, now: dt.datetime) -> list[UUID]:
    """Takes away every role held in exactly ``scope``, whose organisation ends; returns which."""
    held = list(Grant.objects.filter(scope=scope, revoked_at=None)) if scope else []
    for one in held:
        revoke(grant=one, actor=actor, now=now)
    return [one.pk for one in held]


@dataclass(frozen=True, slots=True)
class Ending:
    """A person's roles: those that end, and those that somebody else has to end, and why."""

    going: list[Grant]
    staying: list[tuple[Grant, str]]


def ending(*, person_id: UUID, actor: Actor) -> Ending:
    """What of a person's roles ``actor`` can take away when the person leaves.

    Roles beyond the actor's own scope stay, and so does the last administrator of the unit.
    """
    found = Ending([], [])
    for one in Grant.objects.filter(person_id=person_id, revoked_at=None).order_by("role", "scope"):
        if not is_within_scope(actor, one.scope):
            found.staying.append((one, "超出您的管理范围，须由上级管理员收回"))
        elif one.role == Role.UNIT_ADMIN and not one.scope and not _others_than(one).exists():
            found.staying.append((one, "是最后一位管理全单位的管理员，须先邀请另一位管理员再收回"))
        else:
            found.going.append(one)
    return found


@transaction.atomic
def end_of(*, person_id: UUID, actor: Actor, now: dt.datetime) -> Ending:
    """Takes away what ``ending`` says of somebody who leaves."""
    list(_administrators().select_for_update().order_by("id"))
    found = ending(person_id=person_id, actor=actor)
    for one in found.going:
        revoke(grant=one, actor=actor, now=now)
    return found


def restore(*, grant_id: UUID, actor: Actor, now: dt.datetime) -> Grant:
    """Undoes a revocation by granting the same again.  Raises as ``grant``, NothingToRestore."""
    revoked = Grant.objects.filter(pk=grant_id).exclude(revoked_at=None).first()
    if revoked is None:
        raise NothingToRestore
    return grant(
        person_id=revoked.person_id,
        person_name=revoked.person_name,
        role=revoked.role,
        scope=revoked.scope,
        actor=actor,
        now=now,
    )


def follow(*, old: str, new: str) -> int:
    """Rewrites the prefix of scopes when a sub-tree moves, of support accesses as well; returns
    how many grants followed.
    """
    moved = list(Grant.objects.select_for_update().filter(scope__startswith=old)) if old else []
    for held in moved:
        held.scope = new + held.scope[len(old) :]
    Grant.objects.bulk_update(moved, ["scope"])
    accesses.follow(unit_id=current_unit_id(), old=old, new=new)
    return len(moved)


def _is_last_administrator(held: Grant) -> bool:
    """Locks all whole-unit administrators, so that two revocations at once cannot both pass."""
    if held.role != Role.UNIT_ADMIN or held.scope:
        return False
    list(_administrators().select_for_update().order_by("id"))
    return not _others_than(held).exists()


def _administrators() -> QuerySet[Grant]:
    found: QuerySet[Grant] = Grant.objects.filter(role=Role.UNIT_ADMIN, scope="", revoked_at=None)
    return found


def _others_than(held: Grant) -> QuerySet[Grant]:
    return _administrators().exclude(person_id=held.person_id)


def _changed(grant: Grant, code: str, actor: Actor, now: dt.datetime) -> None:
    sessions.end_all(
        person_id=grant.person_id, unit_id=current_unit_id(), now=now, but=actor.session_id
    )
    record(
        code,
        actor=actor,
        now=now,
        subject_type="person",
        subject_id=grant.person_id,
        role=grant.role,
        scope=grant.scope,
        grant=str(grant.id),
    )
    report_state(now=now)
