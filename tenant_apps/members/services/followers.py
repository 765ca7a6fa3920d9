"""What follows in other apps when a membership begins, and when an event of a file is undone.

Members know none of the apps above them (the apps are stacked).  An app says once, in its
``AppConfig.ready``, what it does when somebody becomes a member and when that, or any other event
of a file, is taken back::

    followers.register(CaseFollows())

``changes`` and ``entering`` ask everybody in their own transaction, for all events at once: a
roster brings thousands.  What a follower wants to keep stays with the event for its undo.  What
hangs on a membership that ends is told by ``departures``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.members.models import Change

_KEPT: Final = "followed"


class Follower(Protocol):
    """Called with events whose ``member`` is loaded.  The case that made the event itself names
    itself in ``change.data`` (an admission as ``admission``): it does not follow its own act.
    """

    @property
    def key(self) -> str:
        """Names this part among what the event keeps; never changed once in use."""

    def entered(
        self, entries: Sequence[Change], *, actor: Actor, now: dt.datetime
    ) -> Mapping[UUID, Any]:
        """These memberships began, or were given back; returns by event, as JSON holds it, what
        ``undone`` needs.  Events that nothing followed from are left out.
        """

    def undone(
        self, undone: Sequence[Change], *, kept: Mapping[UUID, Any], actor: Actor, now: dt.datetime
    ) -> None:
        """These events, of whatever kind, were taken back; ``kept`` is what ``entered`` returned
        of those from which something had followed.
        """

    def foretold(self, event: Change, *, kept: Any) -> list[str]:
        """What ``undone`` would do for this event, in sentences; ``kept`` as there, or None."""


_registered: list[Follower] = []


def register(follower: Follower) -> None:
    """Called once each, in ``AppConfig.ready``."""
    _registered.append(follower)


def entered(entries: Sequence[Change], *, actor: Actor, now: dt.datetime) -> None:
    """Lets everybody follow, and keeps with the events what that was."""
    touched: dict[UUID, Change] = {}
    by_id = {one.pk: one for one in entries}
    for follower in _registered:
        for pk, kept in follower.entered(entries, actor=actor, now=now).items():
            touched[pk] = by_id[pk]
            by_id[pk].data.setdefault(_KEPT, {})[follower.key] = kept
    if touched:
        Change.objects.bulk_update(touched.values(), ["data"], batch_size=500)


def foretold(event: Change) -> list[str]:
    """What would follow in other apps if the event were taken back, said before it is."""
    kept = event.data.get(_KEPT, {})
    return [
        line
        for follower in _registered
        for line in follower.foretold(event, kept=kept.get(follower.key))
    ]


def undone(events: Sequence[Change], *, actor: Actor, now: dt.datetime) -> None:
    """Undoes ``entered``, the last one first, and tells of every other event taken back."""
    for follower in reversed(_registered):
        kept = {
            one.pk: one.data[_KEPT][follower.key]
            for one in events
            if follower.key in one.data.get(_KEPT, {})
        }
        follower.undone(events, kept=kept, actor=actor, now=now)
