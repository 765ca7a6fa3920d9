"""Whether what was sent has arrived."""

from __future__ import annotations

from shared_apps.exchange import selectors as exchange
from tenant_apps.transfers.models import Handover, State
from tenant_apps.transfers.selectors.machine import ONLINE


def hindrance(handover: Handover) -> str:
    """Why the letter has not reached the other unit yet, in words; empty if it has."""
    if handover.kind not in ONLINE or handover.state != State.SENDER_APPROVED:
        return ""
    tracking = exchange.tracking_of(handover.thread_id) if handover.thread_id else None
    if tracking is None:
        return "对方单位已注销，介绍信不会送达。请撤回后改用纸质介绍信。"
    if tracking.is_delivered or not tracking.hindrance:
        return ""
    return f"{tracking.hindrance}，介绍信等待送达；恢复后自动发送，不需要重新办理。"
