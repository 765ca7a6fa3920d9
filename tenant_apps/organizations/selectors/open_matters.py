"""What is still open in the apps above while an organisation is to end: cases, transfers.

Organisations know none of these (the apps are stacked).  An app says once, in its
``AppConfig.ready``, what it has under way in given organisations; whoever merges or dissolves one
reads it in the preview, and what cannot go along has to be finished first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Matter:
    """So many things of one sort under way in one organisation.

    ``carries`` says that they go over into the organisation that takes it in (the app has
    registered the rows with ``services.placement`` and ``goes_over``); what does not has to be
    finished or called off first, at ``url`` where there is a page for it.
    """

    org_id: UUID
    text: str
    count: int
    carries: bool
    url: str = ""


Provider: TypeAlias = Callable[[Sequence[UUID]], Iterable[Matter | tuple[Any, ...]]]
"""Takes the organisations that are to end, gives ``Matter`` or its four or five values; one
statement whatever their number."""

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Adds what an app has under way; called once, in ``AppConfig.ready``."""
    _providers.append(provider)


def matters_of(org_ids: Sequence[UUID]) -> list[Matter]:
    """Everything under way in these organisations, what holds them back first."""
    told = [
        one if isinstance(one, Matter) else Matter(*one)
        for provider in _providers
        for one in provider(org_ids)
    ]
    return sorted((one for one in told if one.count), key=lambda one: (one.carries, one.text))
