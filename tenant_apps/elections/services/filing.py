"""Scans of a case: add them, read them; the code by which a printed paper is checked."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel import crypto
from kernel.actor import Actor
from kernel.permissions import require
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.elections.models import Act, Step
from tenant_apps.elections.selectors import cases
from tenant_apps.elections.selectors.papers import PaperNotFound
from tenant_apps.elections.selectors.procedure import RULES
from tenant_apps.elections.services.acting import FileRefused, Upload, kept_files

_PURPOSE: Final = "elections.paper"
_LIFE: Final = dt.timedelta(days=365 * 30)
MOST_OF_A_STEP: Final = 30


@transaction.atomic
def attach(*, step: Step, files: tuple[Upload, ...], actor: Actor, now: dt.datetime) -> Step:
    """Adds scans to a step, by somebody who might do it.  Raises FileRefused, Forbidden."""
    held = Step.objects.select_for_update(of=("self",)).select_related("election__org")
    one: Step = held.get(pk=step.pk)
    _require(one, actor)
    if len(one.files) + len(files) > MOST_OF_A_STEP:
        raise FileRefused(name=files[0].name, problem=f"一个步骤最多 {MOST_OF_A_STEP} 个文件。")
    one.files = [*one.files, *kept_files(files)]
    one.save(update_fields=["files"])
    record(
        "election.files_added",
        actor=actor, now=now, subject_type="election", subject_id=one.election_id,
        act=one.act, count=len(files),
    )  # fmt: skip
    return one


def content_of(*, step: Step, number: int, actor: Actor, now: dt.datetime) -> tuple[str, bytes]:
    """Name and content of a scan, with a record of who fetched it.  Raises PaperNotFound."""
    if not 0 <= number < len(step.files):
        raise PaperNotFound
    file = step.files[number]
    content = unit_files().read(file["key"])
    record(
        "election.file_read",
        actor=actor, now=now, subject_type="election", subject_id=step.election_id,
        act=step.act, file=file["name"],
    )  # fmt: skip
    return file["name"], content


def check_code(step: Step) -> str:
    """What the code on a printed paper holds: only which step of which unit it is.

    Signed with the step's own moment, so that the paper bears the same code whenever it is
    printed.
    """
    return crypto.sign({"step": step.pk.hex}, purpose=_PURPOSE, now=step.at)


def step_of(code: str, *, now: dt.datetime) -> UUID:
    """Raises BadLink for a code of another unit, or one that was made up."""
    return UUID(crypto.unsign(code, purpose=_PURPOSE, now=now, max_age=_LIFE)["step"])


def _require(step: Step, actor: Actor) -> None:
    if actor.kind == "job":
        return
    act = Act(step.act)
    permission = cases.permission_of(act if act in RULES else Act.DECIDE)
    is_above = permission == cases.permission_of(Act.REPLY)
    org = step.election.org
    require(actor, permission, cases.superior_of(org) if is_above else step.election)
