"""Ending with an organisation what has no place without it, and putting it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from kernel.actor import Actor
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors.aftermath import register, registered

__all__ = ["end_all", "put_back_all", "register"]


def end_all(
    organization: Organization, *, on: dt.date, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Ends what ends with the organisation; returns what it was, by app."""
    ended = {one.key: one.end(organization, on=on, actor=actor, now=now) for one in registered()}
    return {key: kept for key, kept in ended.items() if kept}


def put_back_all(kept: Mapping[str, Any], *, actor: Actor, now: dt.datetime) -> None:
    """Undoes ``end_all``, the last one first."""
    for one in reversed(registered()):
        if one.key in kept:
            one.put_back(kept[one.key], actor=actor, now=now)
