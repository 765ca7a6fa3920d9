"""Paying at the simulated channel as its payer would, from another process; moving its days."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from django.apps import apps

from shared_apps.payments.simulator.keys import KeyStore

if TYPE_CHECKING:
    from shared_apps.payments.apps import PaymentsConfig

_TIMEOUT: Final = 60
"""Seconds: callbacks that nobody hears are sent many times while days go by."""


def pay(out_trade_no: str) -> bool:
    """Pays an order that waits for its payer; False when the channel is not up or refuses."""
    return _ask("pay", out_trade_no=out_trade_no)


def move_to(day: date) -> bool:
    """Lets the channel's days go by until it is that day; False when it is not up."""
    return _ask("day", to=day.isoformat())


def _ask(act: str, **document: object) -> bool:
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    request = urllib.request.Request(  # our own simulator on this machine
        f"{payments.simulator_url}/_sim/{act}",
        data=json.dumps(document).encode(),
        headers={
            "Authorization": f"Bearer {_admin_key(payments.simulator_folder)}",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@lru_cache(maxsize=1)
def _admin_key(folder: Path) -> str:
    return KeyStore(folder).admin_key
