"""Dedicated accounts of the demo's units: registered by the unit, confirmed by the bank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.unit import unit_context
from onboarding.demo.cast import DemoUnit
from shared_apps.people import selectors as people
from shared_apps.settlement.selectors import Cycle, Mode, accounts_of
from shared_apps.settlement.services import accounts as bank_side
from tenant_apps.treasury.services import accounts
from tenant_apps.treasury.services.accounts import Particulars
from tenants.models import Unit

_A_MONTH: Final = dt.timedelta(days=40)
_PAPERS: Final = {
    "yunlong": Particulars(
        "CCB", "105303000017", "建设银行徐州云龙支行", "中国共产党云龙轨道交通集团委员会",
        "32050171863600004417",
    ),
    "hexi": Particulars(
        "ICBC", "102301000456", "工商银行南京江东门支行", "中国共产党河西区教育局委员会（组织部）",
        "4301015809100224986",
    ),
}  # fmt: skip


def show(*, opened: Sequence[tuple[DemoUnit, Unit]], checker: Actor, now: dt.datetime) -> None:
    """An account at another bank for the first two units; the first is settled by the day."""
    for one, unit in opened:
        papers = _PAPERS.get(one.label)
        person = people.person_by_account(one.phone)
        if papers is None or person is None or accounts_of(unit.id):
            continue
        began = clock.day_of(now) - _A_MONTH
        administrator = Actor(
            kind="person", name=one.contact, person_id=person.id, unit_id=unit.id,
            holdings=(Holding("unit_admin", ""),),
        )  # fmt: skip
        with unit_context(unit.id):
            made = accounts.register(given=papers, actor=administrator, now=now, today=began)
            if one.label == "yunlong":
                accounts.choose_terms(
                    mode=Mode.POOL, cycle=Cycle.DAY, minimum_fen=0, actor=administrator, now=now,
                    today=began,
                )  # fmt: skip
        bank_side.confirm(
            account_id=made.pk, number=papers.number, actor=checker, now=now, today=began
        )
