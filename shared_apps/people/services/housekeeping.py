"""Clearing away what has run out."""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel import clock
from kernel.jobs import job
from shared_apps.people.models import Attempts, Session, SmsCode

_KEPT: Final = dt.timedelta(days=2)
_SESSIONS_KEPT: Final = dt.timedelta(days=40)


@job()
def sweep(*, now: dt.datetime | None = None) -> None:
    """Deletes codes and counters after two days, sessions after forty.  The record of the door
    stays.
    """
    moment = now or clock.now()
    SmsCode.objects.filter(sent_at__lt=moment - _KEPT).delete()
    Attempts.objects.filter(first_at__lt=moment - _KEPT).exclude(locked_until__gt=moment).delete()
    Session.objects.filter(created_at__lt=moment - _SESSIONS_KEPT).delete()
