"""Orders of exchange files (rulebook 8.4, 12.2): who asked for what, who approved, who took it.

The file itself is written by whoever knows the sets.  Full identity numbers leave only with a
reason and the word of a second administrator.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, NotFound
from kernel.permissions import require
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.members.models import Export
from tenant_apps.members.permissions import MemberPermission

KEPT: Final = dt.timedelta(days=7)
SHORTEST_REASON: Final = 4
_LONGEST_REASON: Final = 200


class SetReasonNeeded(Invalid):
    code = "set_reason_needed"
    sentence = "导出完整身份证号须写明事由（至少 {least} 个字），并由另一名管理员批准。"


class OwnOrder(Conflict):
    code = "set_own_order"
    sentence = "不能批准自己申请的导出，请由另一名管理员办理。"


class OrderDecided(Conflict):
    code = "set_order_decided"
    sentence = "这次导出当前是「{state}」，不需要批准。"


class SetGone(NotFound):
    code = "set_gone"
    sentence = "这份交换文件不存在或已过期，请重新导出。"


class SetNotReady(Conflict):
    code = "set_not_ready"
    sentence = "文件还没有生成好，请稍候。"


def order(
    *,
    wanted: Mapping[str, Any],
    file_name: str,
    total: int,
    reason: str,
    is_full: bool,
    roles: tuple[str, ...],
    actor: Actor,
    now: dt.datetime,
) -> Export:
    """The order of one file; with full numbers it waits for a second administrator.

    ``wanted`` says which set, form and rows; ``roles`` whose sub-trees it reaches.  Raises
    SetReasonNeeded, and Forbidden for full numbers without the permission.
    """
    reason = reason.strip()[:_LONGEST_REASON]
    if is_full:
        require(actor, MemberPermission.EXPORT_FULL)
        if len(reason) < SHORTEST_REASON:
            raise SetReasonNeeded(least=SHORTEST_REASON)
    export = Export.objects.create(
        requested_by=actor.person_id,
        requested_by_name=actor.name,
        requested_at=now,
        roles=[["", scope] for scope in actor.scopes(*roles)],
        order={**wanted, "is_full": is_full, "reason": reason},
        state=Export.State.AWAITING if is_full else Export.State.WAITING,
        total=total,
        file_name=file_name[-120:],
    )
    record(
        "exchange.ordered",
        actor=actor, now=now, subject_type="export", subject_id=export.pk,
        set=wanted["set"], is_full=is_full, reason=reason, count=total,
    )  # fmt: skip
    return export


@transaction.atomic
def decide(*, export: Export, approve: bool, note: str, actor: Actor, now: dt.datetime) -> Export:
    """A second administrator lets a file with full numbers be made, or not.

    Raises OwnOrder, and OrderDecided when it does not wait for that.
    """
    held = Export.objects.select_for_update().get(pk=export.pk)
    if held.state != Export.State.AWAITING:
        raise OrderDecided(state=held.get_state_display())
    if actor.person_id is None or actor.person_id == held.requested_by:
        raise OwnOrder
    require(actor, MemberPermission.EXPORT_FULL)
    held.state = Export.State.WAITING if approve else Export.State.REFUSED
    held.decided_by, held.decided_by_name, held.decided_at = actor.person_id, actor.name, now
    held.order = {**held.order, "decision_note": note.strip()[:_LONGEST_REASON]}
    held.save(update_fields=["state", "decided_by", "decided_by_name", "decided_at", "order"])
    record(
        "exchange.approved" if approve else "exchange.refused",
        actor=actor, now=now, subject_type="export", subject_id=held.pk,
        requested_by=str(held.requested_by), note=note.strip()[:_LONGEST_REASON],
    )  # fmt: skip
    return held


def advance(export: Export, **values: Any) -> None:
    """Progress of the file, as its writer reports it."""
    for name, value in values.items():
        setattr(export, name, value)
    export.save(update_fields=list(values))


def content_of(*, export: Export, actor: Actor, now: dt.datetime) -> bytes:
    """The finished file, for seven days and only for who ordered it; each taking is recorded.

    Raises SetGone and SetNotReady.
    """
    if export.requested_by != actor.person_id or now - export.requested_at > KEPT:
        raise SetGone
    if export.state != Export.State.DONE:
        raise SetNotReady
    record(
        "exchange.taken",
        actor=actor, now=now, subject_type="export", subject_id=export.pk, count=export.total,
    )  # fmt: skip
    return unit_files().read(export.file_key)
