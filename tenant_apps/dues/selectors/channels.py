"""Through which channels a unit takes dues, and through which it could."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel


@dataclass(frozen=True, slots=True)
class Way:
    """A channel as the unit's administrator sees it; without ``since`` it is not set up."""

    channel: Channel
    mchid: str = ""
    appid: str = ""
    since: dt.datetime | None = None

    @property
    def is_on(self) -> bool:
        return self.since is not None


def ways_of(unit_id: UUID) -> list[Way]:
    """Every channel that the platform speaks, in the order of ``Channel``."""
    on = {config.channel: config for config in payments.active_configs(unit_id)}
    return [
        Way(channel, on[channel].mchid, on[channel].appid, on[channel].created_at)
        if channel in on
        else Way(channel)
        for channel in Channel
    ]
