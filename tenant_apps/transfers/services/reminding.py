"""Reminding people whose letters run out (rulebook 3.3: 口袋党员)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, TooMany
from shared_apps.delivery.services import sms
from tenant_apps.members.services import sealing
from tenant_apps.transfers.models import TRAVELLING, Handover, Side
from tenant_apps.transfers.services.stepping import locked, present, told, write

BETWEEN: Final = dt.timedelta(days=3)
MOST: Final = 5


class NotToRemind(Conflict):
    code = "transfer_not_to_remind"
    sentence = "只有介绍信已开出、尚未接收的转接可以提醒。"


class NoPhone(Conflict):
    code = "transfer_no_phone"
    sentence = "「{name}」没有登记手机号码，请电话或上门联系。"


class RemindedEnough(TooMany):
    code = "transfer_reminded_enough"
    sentence = "{problem}"


@transaction.atomic
def remind(*, handover: Handover, actor: Actor, now: dt.datetime) -> Handover:
    """Sends one text message to the bearer of a letter: at most one in three days, five in all.

    Raises NotToRemind, NotThere, NoPhone, RemindedEnough.
    """
    handover = locked(handover)
    if handover.side != Side.OUT or handover.state not in TRAVELLING or not handover.valid_until:
        raise NotToRemind
    if handover.reminders >= MOST:
        raise RemindedEnough(problem=f"已提醒 {MOST} 次，请改用电话联系。")
    if handover.reminded_at is not None and now - handover.reminded_at < BETWEEN:
        raise RemindedEnough(problem=f"{BETWEEN.days} 天内已提醒过，请过后再试。")
    member = present(handover)
    if not member.phone_sealed:
        raise NoPhone(name=handover.name)
    sms.send(
        phone=sealing.open_phone(member.phone_sealed),
        template="transfer_due",
        parameters={
            "name": handover.name,
            "letter": handover.letter,
            "day": f"{handover.valid_until:%Y-%m-%d}",
        },
        purpose="transfer",
        actor=actor,
        now=now,
    )
    write(handover, reminders=handover.reminders + 1, reminded_at=now, now=now)
    told(handover, "reminded", actor=actor, now=now)
    return handover
