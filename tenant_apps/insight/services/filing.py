"""Signing a snapshot: one person fills it in, another answers for it and files it (rulebook 7.2).

The system never decides: where the audit does not come out even, whoever submits says why.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from tenant_apps.audit.services import record
from tenant_apps.insight.models import Snapshot, State
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors import reports
from tenant_apps.insight.selectors.snapshots import is_trial

SHORTEST_NOTE: Final = 4


class WrongState(Conflict):
    code = "statistics_wrong_state"
    sentence = "{label}当前状态为「{state}」，不能{act}。请刷新后再看。"


class OnlyATrial(Conflict):
    code = "statistics_only_a_trial"
    sentence = "这份快照在截止日 {as_of} 之前采集，只能用来试算。请在截止日之后重新采集。"


class NoteNeeded(Invalid):
    code = "statistics_note_needed"
    sentence = "{why}，须填写说明（至少 {least} 个字）。"


class SamePerson(Forbidden):
    code = "statistics_same_person"
    sentence = "填表人与负责人不能是同一人，请由另一名管理员报出。"


@transaction.atomic
def submit(*, snapshot: Snapshot, note: str, actor: Actor, now: dt.datetime) -> Snapshot:
    """Puts the name of who filled it in under a snapshot.

    Raises WrongState, OnlyATrial, and NoteNeeded where a check fails and nobody says why.
    """
    snapshot = _locked(snapshot, actor, InsightPermission.SUBMIT, State.TAKEN, "填报")
    if is_trial(snapshot):
        raise OnlyATrial(as_of=snapshot.as_of)
    uneven = reports.uneven(snapshot)
    if uneven and len(note.strip()) < SHORTEST_NOTE:
        raise NoteNeeded(why=f"有 {uneven} 项审核不平", least=SHORTEST_NOTE)
    _sign(snapshot, State.SUBMITTED, note, actor, now)
    return snapshot


@transaction.atomic
def file(*, snapshot: Snapshot, actor: Actor, now: dt.datetime) -> Snapshot:
    """Files it, by somebody else than who filled it in.  Raises WrongState, SamePerson."""
    snapshot = _locked(snapshot, actor, InsightPermission.FILE, State.SUBMITTED, "报出")
    if actor.person_id is None or actor.person_id == snapshot.submitted_by:
        raise SamePerson
    snapshot.filed_at, snapshot.filed_by, snapshot.filed_by_name = now, actor.person_id, actor.name
    snapshot.state = State.FILED
    snapshot.save()
    _record("statistics.filed", snapshot, actor, now)
    return snapshot


@transaction.atomic
def give_back(*, snapshot: Snapshot, note: str, actor: Actor, now: dt.datetime) -> Snapshot:
    """Returns it to who filled it in, with the reason.  Raises WrongState, NoteNeeded."""
    snapshot = _locked(snapshot, actor, InsightPermission.FILE, State.SUBMITTED, "退回")
    if len(note.strip()) < SHORTEST_NOTE:
        raise NoteNeeded(why="退回", least=SHORTEST_NOTE)
    snapshot.submitted_at, snapshot.submitted_by, snapshot.submitted_by_name = None, None, ""
    snapshot.state, snapshot.note = State.TAKEN, note.strip()[:200]
    snapshot.save()
    _record("statistics.returned", snapshot, actor, now)
    return snapshot


def _locked(
    snapshot: Snapshot, actor: Actor, permission: InsightPermission, state: State, act: str
) -> Snapshot:
    """The row as it is now: of two who act at once the second meets another state."""
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    require(actor, permission, snapshot)
    if snapshot.state != state:
        raise WrongState(label=snapshot.label, state=snapshot.get_state_display(), act=act)
    return snapshot


def _sign(snapshot: Snapshot, state: State, note: str, actor: Actor, now: dt.datetime) -> None:
    snapshot.submitted_at, snapshot.submitted_by = now, actor.person_id
    snapshot.submitted_by_name = actor.name
    snapshot.state, snapshot.note = state, note.strip()[:200]
    snapshot.save()
    _record("statistics.submitted", snapshot, actor, now)


def _record(code: str, snapshot: Snapshot, actor: Actor, now: dt.datetime) -> None:
    record(
        code,
        actor=actor, now=now, subject_type="statistics", subject_id=snapshot.pk,
        year=snapshot.year, cut=snapshot.cut, note=snapshot.note,
    )  # fmt: skip
