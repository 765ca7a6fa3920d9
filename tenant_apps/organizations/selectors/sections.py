"""Parts that apps above this one add to an organisation's page: its members, its dues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from kernel.actor import Actor
from tenant_apps.organizations.models import Organization


class SectionProvider(Protocol):
    """A part of the page; ``context`` None leaves it out."""

    @property
    def heading(self) -> str: ...

    @property
    def template_name(self) -> str: ...

    def context(
        self, organization: Organization, *, actor: Actor, today: dt.date
    ) -> Mapping[str, Any] | None: ...


_sections: list[SectionProvider] = []


def register_section(provider: SectionProvider) -> None:
    """Adds a part to every organisation's page; called once, in ``AppConfig.ready``."""
    _sections.append(provider)


def sections_for(
    actor: Actor, organization: Organization, *, today: dt.date
) -> list[tuple[SectionProvider, Mapping[str, Any]]]:
    """The added parts with what their templates need."""
    shown = ((part, part.context(organization, actor=actor, today=today)) for part in _sections)
    return [(part, context) for part, context in shown if context is not None]
