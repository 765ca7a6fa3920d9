"""What people pay who come by a roster: told in the proposal, fixed when they enter (rulebook 4.2).

Whoever has a standard keeps it: a change within the year is made where dues are, with its reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.money import yuan
from onboarding.roster.codes import FIXED_RATE
from onboarding.roster.understanding import MemberRow
from shared_apps.rules.selectors import DuesPack
from tenant_apps.dues.services import standards
from tenant_apps.members.services.applying import Newcomer
from tenant_apps.members.services.comparing import Dues


def said(row: MemberRow, pack: DuesPack) -> Dues | None:
    """Category and base of a row; None where it does not say enough to fix them."""
    category, base_fen = row.dues_category, row.dues_base_fen
    if base_fen is None and category not in FIXED_RATE:
        return None
    known = pack.rated.get(category) or pack.fixed.get(category)
    base = "" if base_fen is None else f"，计算基数 {yuan(base_fen)} 元"
    return Dues(category, base_fen, f"{known.label if known else category}{base}")


def fix(newcomers: Sequence[Newcomer], *, update_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Fixes the standards of people who have just entered, from this month on."""
    standards.set_from_roster(
        rows=[
            standards.NewStandard(one.member_id, one.category, one.base_fen) for one in newcomers
        ],
        month=Month.of(day_of(now)),
        import_id=update_id,
        actor=actor,
        now=now,
    )
    standards.report_confirmed(now)
