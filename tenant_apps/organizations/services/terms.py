"""The end of an organisation's term, as elections compute it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization


@transaction.atomic
def set_term_end(
    *, org_id: UUID, ends_on: dt.date, document: str, actor: Actor, now: dt.datetime
) -> Organization:
    """Writes the day on which the term ends; nothing changed, nothing recorded."""
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=org_id)
    old = organization.term_ends_on
    if old == ends_on:
        return organization
    organization.term_ends_on = ends_on
    organization.save(update_fields=["term_ends_on"])
    record(
        "organization.revised",
        actor=actor, now=now, subject_type="organization", subject_id=org_id,
        changes={"term_ends_on": [old.isoformat() if old else None, ends_on.isoformat()]},
        document=document,
    )  # fmt: skip
    return organization
