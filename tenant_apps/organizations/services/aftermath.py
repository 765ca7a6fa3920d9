"""Ending with an organisation, or its split, what has no place any more, and putting it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from kernel.actor import Actor
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors.aftermath import register, registered

__all__ = ["end_all", "part_all", "put_back_all", "register"]


def end_all(
    organization: Organization, *, on: dt.date, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Ends what ends with the organisation; returns what it was, by app."""
    ended = {one.key: one.end(organization, on=on, actor=actor, now=now) for one in registered()}
    return {key: kept for key, kept in ended.items() if kept}


def part_all(
    source: Organization, target: Organization, *, decision: Any, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Ends or begins anew what the split does not leave as it was; returns what, by app."""
    parted = {
        one.key: one.part(source, target, decision=decision, actor=actor, now=now)
        for one in registered()
    }
    return {key: kept for key, kept in parted.items() if kept}


def put_back_all(kept: Mapping[str, Any], *, actor: Actor, now: dt.datetime) -> None:
    """Undoes ``end_all`` and ``part_all``, the last one first."""
    for one in reversed(registered()):
        if one.key in kept:
            one.put_back(kept[one.key], actor=actor, now=now)
