"""Taking an import back within seven days, as long as nothing has been built on it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.unit import unit_context
from onboarding.models import ImportState, Opening, OpeningState, RosterImport
from onboarding.services import reading, timeline
from shared_apps.people import selectors as people
from shared_apps.people.services import affiliations
from tenant_apps.audit.services import record
from tenant_apps.dues.services import standards
from tenant_apps.members.services import intake as members
from tenant_apps.organizations.services import intake as organizations
from tenants.models import UnitState
from tenants.services import life_cycle


class NameNotTyped(Invalid):
    code = "undo_name_differs"
    sentence = "输入的单位名称与「{unit}」不一致，没有撤销。"


class UndoTooLate(Conflict):
    code = "undo_too_late"
    sentence = "导入完成已超过 7 天，不能撤销。需要删除数据请由单位管理员在平台内办理。"


class NotUndoable(Conflict):
    code = "undo_not_possible"
    sentence = "这次导入当前是「{state}」，不能撤销。"


class SomebodyActivated(Conflict):
    code = "undo_somebody_activated"
    sentence = "这次导入的党员中已有人登录激活，不能撤销。"


def undo(*, held: RosterImport, typed_name: str, actor: Actor, now: dt.datetime) -> RosterImport:
    """Removes the members, standards and organisations that the import made.

    A unit whose first import is taken back halfway is a draft again, held by nobody.
    Raises NameNotTyped, NotUndoable, UndoTooLate, SomebodyActivated, and StandardsInUse when a
    dues bill was paid; then nothing is removed.
    """
    with transaction.atomic():
        openings = Opening.objects.select_for_update(of=("self",)).select_related("unit")
        opening = openings.get(unit_id=held.unit_id)
        row = (
            RosterImport.objects.select_for_update(of=("self",))
            .select_related("unit")
            .get(pk=held.pk)
        )
        _refuse(row, typed_name, now)
        with unit_context(row.unit_id):
            standards.withdraw(import_id=row.id, actor=actor, now=now)
            gone = members.withdraw(import_id=row.id, actor=actor, now=now)
            if people.activated_among(gone):
                raise SomebodyActivated
            affiliations.forget(member_ids=gone)
            uprooted = organizations.uproot(import_id=row.id, actor=actor, now=now)
            record(
                "roster.undone", actor=actor, now=now, subject_type="import",
                subject_id=row.id, members=len(gone), organizations=uprooted,
            )  # fmt: skip
        row.state, row.undone_at = ImportState.UNDONE, now
        row.save(update_fields=["state", "undone_at"])
        _let_go(opening, actor, now)
        timeline.record(
            "roster.undone", unit_id=row.unit_id, actor=actor, now=now,
            import_id=str(row.id), members=len(gone), organizations=uprooted,
        )  # fmt: skip
    reading.forget_files(row)
    return row


def _let_go(opening: Opening, actor: Actor, now: dt.datetime) -> None:
    if opening.unit.state == UnitState.OPENING:
        life_cycle.move(unit=opening.unit, to=UnitState.DRAFT, actor=actor, now=now)
        opening.state, opening.holder_id, opening.holder_name = OpeningState.REGISTERED, None, ""
        opening.save(update_fields=["state", "holder_id", "holder_name"])


def _refuse(row: RosterImport, typed_name: str, now: dt.datetime) -> None:
    if typed_name.strip() != row.unit.name:
        raise NameNotTyped(unit=row.unit.name)
    is_halfway = row.state == ImportState.FAILED and row.confirmed_at is not None
    if row.state != ImportState.DONE and not is_halfway:
        raise NotUndoable(state=ImportState(row.state).label)
    if row.undo_until is not None and now > row.undo_until:
        raise UndoTooLate
