"""Memberships of the demo that rest or ended, and members in a special state."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor, Holding
from kernel.clock import day_of, months_later
from kernel.unit import unit_context
from tenant_apps.members import selectors as members
from tenant_apps.members.selectors import former
from tenant_apps.members.selectors.states import StateKind
from tenant_apps.members.services import changes, proposals, states
from tenant_apps.members.services.changes import ChangeKind, NewMember
from tenants.models import Unit

_CLERK: Final = UUID("0197d0b0-0000-7000-8000-00000000f11f")
"""Another administrator of the unit, who is no account: what waits was submitted by somebody."""
_GONE: Final = (
    ("邱振邦", "320311194203150016", ChangeKind.DIED, 4),
    ("滕晓峰", "320311198806210039", ChangeKind.SUSPENDED, 25),
    ("白若兰", "320311197409080029", ChangeKind.WITHDREW, 9),
)
_STATES: Final[tuple[tuple[StateKind, int, dict[str, Any]], ...]] = (
    (StateKind.AWAY, 9, {"destination": "浙江省杭州市", "reason": "务工", "contact": "本人手机"}),
    (StateKind.AWAY, 7, {"destination": "广东省深圳市", "reason": "随子女居住"}),
    (
        StateKind.AWAY,
        14,
        {"destination": "上海市", "reason": "进修", "host": "高校流动党员党支部"},
    ),
    (StateKind.LOST, 8, {"reason": "工作变动", "measure": "电话、户籍地走访均未联系上"}),
    (StateKind.ABROAD, 11, {"country": "德国", "purpose": "留学"}),
)


def give(*, unit: Unit, now: dt.datetime) -> None:
    """Three who left, five in a state, one removal that waits; once."""
    clerk = Actor(
        kind="person",
        name="江远",
        person_id=_CLERK,
        unit_id=unit.id,
        holdings=(Holding("unit_admin"),),
    )
    today = day_of(now)
    with unit_context(unit.id):
        if former.former_visible_to(clerk).exists():
            return
        everybody = members.members_visible_to(clerk).filter(category="FULL", posts="")
        chosen = list(everybody.order_by("-org_path", "name_pinyin", "pk")[:7])
        if len(chosen) < len(_STATES) + 1:
            return
        for name, identity, kind, months in _GONE:
            day = months_later(today, -months)
            _left(_person(name, identity), chosen[0].org, kind, day, clerk, now)
        for member, (state, since, data) in zip(chosen, _STATES, strict=False):
            states.begin(
                member=member, kind=state, on=months_later(today, -since), data=data, actor=clerk,
                now=now,
            )  # fmt: skip
        states.contact(
            member=chosen[0], on=months_later(today, -1), way="电话", note="工作顺利，按月交纳党费",
            actor=clerk, now=now,
        )  # fmt: skip
        proposals.submit(
            member=chosen[5], kind=ChangeKind.REMOVED, on=today, document="支部决议〔2026〕3 号",
            reason="没有正当理由，连续六个月不参加组织生活", actor=clerk, now=now,
            details=proposals.Details(ground="ABSENT"),
        )  # fmt: skip


def _person(name: str, identity: str) -> NewMember:
    """What the invented number says of its invented owner."""
    born = dt.date(int(identity[6:10]), int(identity[10:12]), int(identity[12:14]))
    return NewMember(
        name=name,
        identity=identity,
        gender="M" if int(identity[16]) % 2 else "F",
        ethnicity="汉族",
        birth_on=born,
        joined_on=born.replace(year=born.year + 24),
        full_on=born.replace(year=born.year + 25),
    )


def _left(
    person: NewMember, org: Any, kind: ChangeKind, on: dt.date, clerk: Actor, now: dt.datetime
) -> None:
    """Somebody who is entered and left again: the number of members stays what it was."""
    member = changes.enter(
        person=person, org=org, category="FULL", kind=ChangeKind.SUPPLEMENTED,
        on=months_later(on, -60), document="历史档案补录", actor=clerk, now=now,
    )  # fmt: skip
    changes.leave(
        member=member, kind=kind, on=on, document="苏组批〔2026〕18 号", reason="", actor=clerk,
        now=now,
    )  # fmt: skip
