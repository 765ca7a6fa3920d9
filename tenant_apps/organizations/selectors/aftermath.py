"""What ends with an organisation in the apps above: posts in its board, the leading of a group.

Organisations know none of these (the apps are stacked).  An app says once, in its
``AppConfig.ready``, what it ends when an organisation is merged, dissolved or parted, and puts it
back when that is called off.  What is still to be decided there is no such thing: see
``open_matters``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

from kernel.actor import Actor
from tenant_apps.organizations.models import Organization


class Aftermath(Protocol):
    """``key`` names the part among what the history keeps; never changed once in use."""

    @property
    def key(self) -> str: ...

    def words(self, organization: Organization) -> Sequence[str]:
        """What would end, in words, for the preview."""

    def end(
        self, organization: Organization, *, on: dt.date, actor: Actor, now: dt.datetime
    ) -> Any:
        """Ends it, in the transaction of the decision; returns as JSON what ``put_back`` needs,
        nothing for nothing.
        """

    def part(
        self,
        source: Organization,
        target: Organization,
        *,
        decision: Any,
        actor: Actor,
        now: dt.datetime,
    ) -> Any:
        """Ends, or begins anew, what cannot go on as it was when ``target`` is split off
        ``source``: members and groups have gone over.  ``decision`` has the day ``on`` and the
        ``document``.  Returns as ``end`` does.
        """

    def put_back(self, kept: Any, *, actor: Actor, now: dt.datetime) -> None:
        """Undoes ``end`` and ``part``; what has changed since stays as it is."""


_registered: list[Aftermath] = []


def register(aftermath: Aftermath) -> None:
    """Called once each, in ``AppConfig.ready``."""
    _registered.append(aftermath)


def registered() -> Sequence[Aftermath]:
    return tuple(_registered)


def words_of(organization: Organization) -> list[str]:
    """Everything that would end with an organisation."""
    return [word for one in _registered for word in one.words(organization)]
