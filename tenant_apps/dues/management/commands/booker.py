"""`python -m config booker`: book what channels reported, many payments of a unit at once."""

from __future__ import annotations

import logging
import signal
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import connection

from kernel import clock
from tenant_apps.dues.services import collection

log = logging.getLogger(__name__)
PAUSE: Final = 1.0
"""Seconds between two rounds: as long as a payer waits, and in which a unit's payments gather."""


class Command(BaseCommand):
    help = "把已收到的支付通知记入各单位账本。"
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        told_to_stop = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, told_to_stop)
        while signal.sigtimedwait(told_to_stop, PAUSE) is None:
            round_of_booking()


def round_of_booking() -> None:
    """What fails is logged and is the next round's, or the sweep's once it was tried."""
    try:
        collection.book_received(now=clock.now())
    except Exception:
        log.exception("a round of booking ended early")
        connection.close()
