"""How the unit keeps its dues, chosen by its administrator (rulebook 4.8)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid
from kernel.permissions import require
from shared_apps.rules.selectors import Rounding
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Setting
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.settings import LAST_DAY, ROUNDINGS, setting_in_force


class RoundingUnknown(Invalid):
    code = "dues_rounding_unknown"
    sentence = "取整方式只能是：{known}。"


class IssueDayOutside(Invalid):
    code = "dues_issue_day_outside"
    sentence = "出账日须在 1 日至 {last} 日之间。"


@transaction.atomic
def choose(
    *,
    rounding: str,
    is_automatic: bool,
    issue_day: int,
    prepays_year: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> Setting:
    """Holds from now on: standards fixed before keep the rounding they were fixed under.

    Raises RoundingUnknown, IssueDayOutside.
    """
    require(actor, DuesPermission.SETTING)
    if rounding not in set(Rounding):
        raise RoundingUnknown(known="、".join(ROUNDINGS.values()))
    if not 1 <= issue_day <= LAST_DAY:
        raise IssueDayOutside(last=LAST_DAY)
    before = setting_in_force()
    values = {
        "rounding": rounding,
        "is_automatic": is_automatic,
        "issue_day": issue_day,
        "prepays_year": prepays_year,
    }
    setting, _ = Setting.objects.update_or_create(pk=Setting.ONE, defaults=values)
    record(
        "dues_setting.chosen",
        actor=actor,
        now=now,
        subject_type="unit",
        before={name: getattr(before, name) for name in values},
        after=values,
    )
    return setting
