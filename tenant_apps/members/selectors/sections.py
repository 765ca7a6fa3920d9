"""Parts that apps above this one add to a member's file: dues, posts, admission, transfers.

An app registers its part in ``AppConfig.ready``::

    selectors.register_section(DuesSection())   # key "dues", heading 「党费」
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from kernel.actor import Actor
from tenant_apps.members.models import Member


class SectionProvider(Protocol):
    """A part of a member's file; ``context`` None leaves the part out."""

    @property
    def key(self) -> str:
        """The part's name in addresses (``#dues``)."""

    @property
    def heading(self) -> str: ...

    @property
    def template_name(self) -> str:
        """Rendered inside a panel's body, with ``section`` and the page's context."""

    def context(
        self, member: Member, *, actor: Actor, today: dt.date
    ) -> Mapping[str, Any] | None: ...


_sections: list[SectionProvider] = []


def register_section(provider: SectionProvider) -> None:
    """Adds a part to every member's file; called once, in ``AppConfig.ready``."""
    _sections.append(provider)


def sections_for(
    actor: Actor, member: Member, *, today: dt.date
) -> list[tuple[SectionProvider, Mapping[str, Any]]]:
    """The added parts of a member's file with what their templates need."""
    shown = ((part, part.context(member, actor=actor, today=today)) for part in _sections)
    return [(part, context) for part, context in shown if context is not None]


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A line of 「我的」 on the phone that leads to an app above this one."""

    label: str
    text: str
    url: str


OwnLinks: TypeAlias = Callable[[Member], Iterable[OwnLink]]
_own_links: list[OwnLinks] = []


def register_own_links(provider: OwnLinks) -> None:
    """Adds lines to the own page on the phone; called once, in ``AppConfig.ready``."""
    _own_links.append(provider)


def own_links_for(member: Member) -> list[OwnLink]:
    """The added lines for one member."""
    return [link for provider in _own_links for link in provider(member)]
