"""The one place where a kind of refusal becomes an HTTP status, for pages and API alike."""

from __future__ import annotations

from typing import Final

from kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooMany, Unavailable

_STATUSES: Final[dict[type[DomainError], int]] = {
    Invalid: 422,
    Conflict: 409,
    Forbidden: 403,
    NotFound: 404,
    TooMany: 429,
    Unavailable: 503,
}


def status_of(error: DomainError) -> int:
    """The HTTP status of an error's kind."""
    return next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)
