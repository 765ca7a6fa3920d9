"""The front machine of this installation."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from django.apps import apps

from shared_apps.settlement.apps import SettlementConfig
from shared_apps.settlement.channels.base import Front
from shared_apps.settlement.channels.front import Access, FrontMachine


def front() -> Front:
    """Ready to speak; signs in by itself."""
    return _machine(access())


def access() -> Access:
    """Where it listens and as whom we speak."""
    config = cast("SettlementConfig", apps.get_app_config("settlement"))
    return Access(**config.front)


@lru_cache(maxsize=4)
def _machine(given: Access) -> FrontMachine:
    return FrontMachine(given)
