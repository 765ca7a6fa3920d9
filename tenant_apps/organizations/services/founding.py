"""Making an organisation: a row, a place, a first line of its history."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.papers import Upload
from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import LABEL_WIDTH, Organization, TurnKind
from tenant_apps.organizations.services.labels import places_below
from tenant_apps.organizations.services.refusals import (
    refusal_of,
    refuse_kind,
    refuse_too_few,
)
from tenant_apps.organizations.services.rehanging import locked
from tenant_apps.organizations.services.sheets import Sheet
from tenant_apps.organizations.services.turns import Act, Decision, state_of


@transaction.atomic
def create(
    *,
    parent: Organization,
    sheet: Sheet,
    document: str = "",
    paper: Upload | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Organization:
    """Adds an organisation as the last one below ``parent``; it is there from ``founded_on`` on.

    A regular branch begins without members, so it needs the number of the approval; one that
    takes members along is split from another (rulebook 1.2).
    Raises KindDoesNotFit, TooFewFullMembers, TemporaryNeeds, NameTaken, CodeTaken, TreeTooDeep,
    TooManySiblings, PaperRefused, and DayNotPossible for a day to come.
    """
    on = sheet.founded_on or day_of(now)
    act = Act(Decision(on, "设立", document, paper), actor=actor, now=now)
    (parent,) = locked(parent)
    refuse_kind(sheet.kind, parent)
    refuse_too_few(sheet.name, sheet.kind, 0, document)
    made = found(act, parent=parent, sheet=sheet, other=None, now=now)
    act.close()
    record(
        "organization.created",
        actor=actor, now=now, subject_type="organization", subject_id=made.id,
        name=sheet.name, kind=sheet.kind, parent=parent.name, path=made.path, document=document,
    )  # fmt: skip
    return made


def found(
    act: Act,
    *,
    parent: Organization | None,
    sheet: Sheet,
    other: UUID | None,
    now: dt.datetime,
) -> Organization:
    """The row with its place below ``parent`` and the turn of its founding; under ``lock_tree``."""
    above = parent.path if parent else ""
    path = places_below(above).next_below(above, name=sheet.name)
    made = Organization(
        parent=parent,
        path=path,
        depth=len(path) // LABEL_WIDTH,
        created_at=now,
        **sheet.checked().columns(),
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as clash:
        raise refusal_of(clash, sheet.name, sheet.code) from clash
    act.tell(TurnKind.FOUNDED, made, before=None, after=state_of(made), other=other)
    outbox.emit(unit=current_unit(), kind="organizations", now=now, delta=1)
    return made
