"""Inviting people to roles of a unit, from the unit's own desk, and accepting."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import BadLink, sign, unsign
from kernel.unit import current_unit_id
from shared_apps.people.services import invitations, sessions, sign_in
from tenant_apps.access.models import Role
from tenant_apps.access.services import grants
from tenant_apps.audit.services import record
from tenants.models import schema_name_of

_PROOF: Final = "invitation.phone"
_PROOF_LIFE: Final = dt.timedelta(minutes=15)


def invite(
    *, role: str, scope: str, name: str, phone: str, actor: Actor, now: dt.datetime
) -> invitations.Invited:
    """Invites within the actor's own scope.  Raises BeyondOwnScope, RoleUnknown, NotAPhone."""
    grants.require_within_scope(actor, scope)
    if role not in Role.values:
        raise grants.RoleUnknown(role=role)
    unit_id = current_unit_id()
    with transaction.atomic():
        invited = invitations.invite(
            unit_id=unit_id,
            unit_role=schema_name_of(unit_id),
            role=role,
            name=name,
            phone=phone,
            scope=scope,
            actor=actor,
            now=now,
        )
        record(
            "invitation.sent",
            actor=actor,
            now=now,
            subject_type="invitation",
            subject_id=invited.id,
            role=role,
            scope=scope,
        )
    return invited


def revoke(*, invitation_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Takes an open invitation back, within the actor's own scope.

    Raises BeyondOwnScope, InvitationUnknown.
    """
    with transaction.atomic():
        revoked = invitations.revoke(
            unit_id=current_unit_id(), invitation_id=invitation_id, actor=actor, now=now
        )
        grants.require_within_scope(actor, revoked.scope)
        record(
            "invitation.revoked",
            actor=actor,
            now=now,
            subject_type="invitation",
            subject_id=invitation_id,
            role=revoked.role,
            scope=revoked.scope,
        )


def prove_phone(*, token: str, code: str, actor: Actor, now: dt.datetime) -> str:
    """Accepts the code sent to the invited phone; returns the proof that ``accept`` asks for,
    good for fifteen minutes, in this unit, for this invitation.  Raises as in ``people``.
    """
    invitation_id = invitations.prove_phone(
        unit_id=current_unit_id(), token=token, code=code, actor=actor, now=now
    )
    return sign({"invitation": str(invitation_id)}, purpose=_PROOF, now=now)


def require_proof(*, token: str, proof: str, now: dt.datetime) -> invitations.Invitee:
    """What the link says, to who proved the phone.  Raises BadLink and as ``opened``."""
    invitee = invitations.opened(unit_id=current_unit_id(), token=token, now=now)
    proven = unsign(proof, purpose=_PROOF, now=now, max_age=_PROOF_LIFE)
    if proven.get("invitation") != str(invitee.id):
        raise BadLink
    return invitee


def accept(
    *, token: str, proof: str, password: str, device: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """Uses the invitation up: password, role, and half a session that waits for the second
    factor, without which the role gives nothing.

    Raises as ``require_proof``; PasswordTooWeak, WrongPassword, TooManyAttempts.
    """
    require_proof(token=token, proof=proof, now=now)
    unit_id = current_unit_id()
    invitations.require_own_password(
        unit_id=unit_id, token=token, password=password, actor=actor, now=now
    )
    with transaction.atomic():
        accepted = invitations.accept(
            unit_id=unit_id, token=token, password=password, actor=actor, now=now
        )
        grants.grant(
            person_id=accepted.person.id,
            person_name=accepted.name,
            role=accepted.role,
            scope=accepted.scope,
            actor=Actor.system("invitation", unit_id=unit_id),
            now=now,
        )
        record(
            "invitation.accepted",
            actor=actor,
            now=now,
            subject_type="person",
            subject_id=accepted.person.id,
            role=accepted.role,
            scope=accepted.scope,
            invited_by=str(accepted.invited_by or ""),
        )
    return sign_in.begin(
        person=accepted.person,
        audience=sessions.Audience("unit", unit_id),
        device=device,
        actor=actor,
        now=now,
    )
