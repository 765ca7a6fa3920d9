"""Up to which month somebody has paid dues: what the letter has to say (rulebook 3.1 item 7).

Dues are an app above this one, so it registers who answers.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from kernel.clock import Month


class Provider(Protocol):
    """``paid_to`` is the last month paid without a gap before it, ``arrears`` counts months."""

    def paid_to(self, member_id: UUID) -> Month | None: ...

    def arrears(self, member_id: UUID) -> int: ...


_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Says who knows; called once, in ``AppConfig.ready``."""
    _providers.append(provider)


def paid_to(member_id: UUID) -> Month | None:
    """The last month that is paid; None where nobody knows."""
    months = [month for one in _providers if (month := one.paid_to(member_id))]
    return max(months, default=None)


def arrears(member_id: UUID) -> int:
    """How many months are owed."""
    return sum(one.arrears(member_id) for one in _providers)
