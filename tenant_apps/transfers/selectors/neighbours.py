"""What transfers add to a member's file and to the own page on the phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.members.selectors import OwnLink
from tenant_apps.transfers.models import OPEN, Handover
from tenant_apps.transfers.permissions import TransferPermission

_SHOWN = 10


class MemberSection:
    """The transfers of one member, newest first; left out where there are none."""

    key = "transfers"
    heading = "组织关系转接"
    template_name = "transfers/parts/member.html"

    def context(self, member: Any, *, actor: Actor, today: dt.date) -> Mapping[str, Any] | None:
        if not can(actor, TransferPermission.BROWSE, member):
            return None
        rows = Handover.objects.filter(member_id=member.pk).defer("file_sealed")
        found = list(rows.order_by("-created_at", "-id")[:_SHOWN])
        is_open = any(one.state in OPEN for one in found)
        may_begin = not is_open and can(actor, TransferPermission.PREPARE, member)
        return {"handovers": found, "member": member, "may_begin": may_begin}


def own_links(member: Any) -> Iterable[OwnLink]:
    """The way to applying, from 「我的」."""
    yield OwnLink("组织关系转接", "申请转接，查看办理进度", "/m/transfer/")
