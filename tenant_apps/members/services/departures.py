"""What hangs on a membership and ends with it: posts, roles, open cases of this and other apps.

Members know none of the apps above them (the apps are stacked).  An app says once, in its
``AppConfig.ready``, what it ends when a membership ends or rests::

    departures.register(PostsEnd())

``changes.leave`` asks everybody in its own transaction, after the file says that the person left
and before the sign-in goes; what they ended is kept with the event, shown with it, and put back
when the event is undone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from kernel.actor import Actor
from tenant_apps.members.models import Change, Member

_KEPT: Final = "ended"


@dataclass(frozen=True, slots=True)
class Ended:
    """What one app ended: in words, one each, and as JSON for ``put_back``.

    ``left`` are words of what has to be ended by somebody else.
    """

    words: Sequence[str]
    kept: Any = None
    left: Sequence[str] = ()


class Departure(Protocol):
    """Called with the member as the file says now; ``change`` is the event, with its kind, day,
    document and reason.  The case that ends the membership names itself in ``change.data`` (a
    transfer as ``transfer``, a proposal as ``proposal``): it is not ended by its own end.
    """

    @property
    def key(self) -> str:
        """Names this part among what the event keeps; never changed once in use."""

    def preview(self, member: Member, *, actor: Actor) -> Ended:
        """What would end, and what would be left, if the membership ended today."""

    def end(self, member: Member, *, change: Change, actor: Actor, now: dt.datetime) -> Ended:
        """Ends it, and records that in its own words."""

    def put_back(
        self, member: Member, *, kept: Any, change: Change, actor: Actor, now: dt.datetime
    ) -> None:
        """Undoes ``end`` where nothing else happened since; what cannot be put back stays."""


@dataclass(frozen=True, slots=True)
class Told:
    """What ends, or ended, in words."""

    ended: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.ended or self.left)


_registered: list[Departure] = []


def register(departure: Departure) -> None:
    """Called once each, in ``AppConfig.ready``."""
    _registered.append(departure)


def preview(member: Member, *, actor: Actor) -> Told:
    """What would end with this membership if ``actor`` ended it today."""
    told = Told()
    for one in _registered:
        found = one.preview(member, actor=actor)
        told.ended.extend(found.words)
        told.left.extend(found.left)
    return told


def end_all(member: Member, *, change: Change, actor: Actor, now: dt.datetime) -> Told:
    """Ends what hangs on the membership and keeps with the event what that was."""
    told = Told()
    kept: dict[str, dict[str, Any]] = {}
    for one in _registered:
        ended = one.end(member, change=change, actor=actor, now=now)
        told.ended.extend(ended.words)
        told.left.extend(ended.left)
        if ended.words or ended.left:
            kept[one.key] = {
                "words": list(ended.words), "left": list(ended.left), "kept": ended.kept,
            }  # fmt: skip
    if kept:
        change.data[_KEPT] = kept
        change.save(update_fields=["data"])
    return told


def put_back_all(member: Member, *, change: Change, actor: Actor, now: dt.datetime) -> None:
    """Undoes ``end_all``, the last one first."""
    kept = change.data.get(_KEPT, {})
    for one in reversed(_registered):
        if one.key in kept:
            one.put_back(member, kept=kept[one.key]["kept"], change=change, actor=actor, now=now)


def told_of(change: Change) -> Told:
    """What ended with this event, as it was said then."""
    parts = change.data.get(_KEPT, {}).values()
    return Told(
        [word for part in parts for word in part["words"]],
        [word for part in parts for word in part["left"]],
    )
