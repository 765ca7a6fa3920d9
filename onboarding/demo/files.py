"""Files that went in and out of a demo unit: HR data to decide on, signed exchange sets."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor, Holding
from kernel.unit import unit_context
from onboarding.permissions import OnboardingPermission
from onboarding.services import set_exporting, update_reading, update_sources
from onboarding.services.set_exporting import Order
from tenant_apps.members import selectors as members
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.services import applying, sealing, updates
from tenants.models import Unit

_CLERK: Final = UUID("0197d0b0-0000-7000-8000-00000000f11e")
"""Another administrator of the unit, who is no account: somebody else must have asked."""
_POSTS: Final = (
    ("综合办公室", "主任"),
    ("财务部", "会计"),
    ("生产技术部", "工程师"),
    ("营销服务部", "客户经理"),
    ("安全环保部", "安全员"),
    ("人力资源部", "薪酬专员"),
    ("检测中心", "化验员"),
    ("运行维护部", "班长"),
)
_EARLIER: Final = dt.timedelta(days=3)


def show(*, unit: Unit, now: dt.datetime) -> None:
    """One update applied three days ago, one to decide on, one file made, one to approve."""
    clerk = Actor(
        kind="person",
        name="江远",
        person_id=_CLERK,
        unit_id=unit.id,
        holdings=(Holding("unit_admin"),),
    )
    with unit_context(unit.id):
        if selectors.updates_visible_to(clerk, to=OnboardingPermission.EXCHANGE_VIEW).exists():
            return
        rows = _staff()
        before = now - _EARLIER
        earlier = [{**row, "department": "筹备组", "job_title": ""} for row in rows]
        done = _sent(earlier[: len(_POSTS) // 2], clerk, before)
        updates.decide(update=done, accept=True, row_ids=[], kind="", actor=clerk)
        updates.confirm(update=done, actor=clerk, now=before)
        applying.apply(update_id=done.pk)
        _sent([*rows, *_others()], clerk, now)
        set_exporting.request(order=Order("member_base", "xlsx"), actor=clerk, now=before)
        full = Order("member_2017", "csv", is_full=True, reason="报送区委组织部年度信息核对")
        set_exporting.request(order=full, actor=clerk, now=now)


def _sent(rows: list[dict[str, Any]], clerk: Actor, now: dt.datetime) -> Any:
    made = update_sources.take_master_data(system="人力资源系统", rows=rows, actor=clerk, now=now)
    update_reading.read(update_id=made.pk)
    made.refresh_from_db()
    return made


def _staff() -> list[dict[str, Any]]:
    """What the HR system knows of the first members of the list."""
    found = members.members_visible_to(Actor.system("demo")).order_by("id")[: len(_POSTS)]
    return [
        {
            "staff_number": f"RL{place:05d}",
            "identity": sealing.open_identity(one.identity_sealed),
            "name": one.name,
            "department": _POSTS[place][0],
            "job_title": _POSTS[place][1],
        }
        for place, one in enumerate(found)
    ]


def _others() -> list[dict[str, Any]]:
    """Somebody on the staff who is no member, and a row that cannot be."""
    return [
        {"staff_number": "RL09001", "name": "白露", "department": "财务部", "job_title": "出纳"},
        {"staff_number": "RL09002", "identity": "320303199013320011", "name": "石岩"},
    ]
