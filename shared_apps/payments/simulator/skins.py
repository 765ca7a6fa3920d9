"""What the simulated channels share, and in what each may differ.

All keep the same books and send through the same office; a skin knows one channel's words: how its
callbacks look, how they may be spoilt, when they are repeated and what counts as heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from shared_apps.payments.simulator.books import Order
from shared_apps.payments.simulator.protocol import Headers, Reply

TIMING_MODES = frozenset({"duplicate", "concurrent", "delayed", "never"})
"""Deliveries that are genuine, only ill-timed; a skin's own modes spoil the message itself."""

REQUEST_POINTS = frozenset({"order", "query", "close", "refund"})


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP delivery, ready to send."""

    url: str
    headers: Headers
    body: bytes


class Heard(NamedTuple):
    """How the merchant answered a delivery; status 0: not at all."""

    status: int
    body: bytes = b""


Post = Callable[[str, Headers, bytes], Heard]


class Skin(Protocol):
    """One channel as its merchants see it."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of orders that are this channel's."""

    @property
    def spoiling(self) -> frozenset[str]:
        """In how many ways a callback of this channel may be spoilt."""

    @property
    def request_modes(self) -> Mapping[str, frozenset[str]]:
        """How a request to this channel may go wrong, by the point of REQUEST_POINTS."""

    @property
    def retry_seconds(self) -> Sequence[float]:
        """How long after each unheard delivery the next one follows."""

    def payee(self, order: Order) -> str:
        """Who is paid, in the words of the cashier page."""

    def event_id(self, number: int, now: datetime) -> str:
        """The channel's name for the `number`-th payment's callback."""

    def transaction_id(self, number: int, now: datetime) -> str:
        """The channel's name for the `number`-th payment."""

    def payer(self, order: Order) -> str:
        """Who pays an order of which nobody said who its payer is."""

    def message(self, order: Order, event_id: str, mode: str = "") -> Message:
        """The delivery of a paid order's event, spoilt as `mode` says."""

    def is_heard(self, heard: Heard) -> bool:
        """Whether the merchant took the callback, so that it is not repeated."""


class Gateway(Protocol):
    """A channel's interface beside WeChat's, answering under a path of its own."""

    @property
    def prefix(self) -> str:
        """What the paths of its addresses begin with."""

    @property
    def skin(self) -> Skin:
        """The same channel as a sender of callbacks."""

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request; raises `LineDropped` when a fault swallows it."""


class LineDropped(Exception):
    """The answer never leaves the channel."""


def is_acceptable_address(url: str) -> bool:
    """What a channel takes as notify address: no query; https, or http on this machine."""
    split = urlsplit(url)
    host = split.hostname or ""
    is_web = split.scheme == "https" or (split.scheme == "http" and is_of_this_machine(host))
    return is_web and bool(host) and not split.query


def is_of_this_machine(host: str) -> bool:
    """Loopback, or a name under a domain that is reserved for it (RFC 6761) and nobody's."""
    return host in {"localhost", "127.0.0.1"} or host.endswith((".localhost", ".test"))


def expired(order: Order, now: datetime) -> bool:
    return bool(order.expires_at) and datetime.fromisoformat(order.expires_at) <= now
