"""The office that owes the simulated channels' callbacks, delivers and repeats them.

Each goes on by the schedule of its channel until the merchant has heard it. A planted fault spoils
one delivery; afterwards the schedule goes on with genuine ones.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from shared_apps.payments.simulator.books import Books, DueCallback, Fault, Order
from shared_apps.payments.simulator.clock import ScaledClock, stamp
from shared_apps.payments.simulator.protocol import Headers
from shared_apps.payments.simulator.skins import (
    TIMING_MODES,
    Heard,
    Message,
    Post,
    Skin,
    is_of_this_machine,
)

ANSWER_SECONDS = 5
ANSWER_BYTES = 1024


class CallbackOffice:
    """Owes and delivers the callbacks of all channels of one simulator."""

    def __init__(self, books: Books, clock: ScaledClock, post: Post) -> None:
        self._books = books
        self._clock = clock
        self._skins: dict[str, Skin] = {}
        self.post = post

    def add(self, skin: Skin) -> None:
        """Deliver for one more channel."""
        self._skins |= dict.fromkeys(skin.kinds, skin)

    def skin_of(self, order: Order) -> Skin:
        """The channel that the order was placed at."""
        return self._skins[order.kind]

    def modes(self, point: str) -> frozenset[str]:
        """Every way in which something may go wrong there, at one channel or another."""
        return frozenset[str]().union(*(_modes(skin, point) for skin in self._skins.values()))

    def kinds_with(self, point: str, mode: str) -> frozenset[str]:
        """The kinds of orders with which this may go wrong there."""
        return frozenset(kind for kind, skin in self._skins.items() if mode in _modes(skin, point))

    def owe(self, order: Order, *, number: int) -> str:
        """Put a payment's callback on the list; due at once. Returns its event id."""
        now = self._clock.now()
        event_id = self.skin_of(order).event_id(number, now)
        due = self._clock.virtual().timestamp()
        self._books.owe_callback(event_id, order, due_at=due)
        return event_id

    def deliver_due(self) -> int:
        """Deliver everything whose time has come; returns how many callbacks were handled."""
        due = self._books.take_due_callbacks(self._clock.virtual().timestamp())
        for callback in due:
            self._deliver(callback)
        return len(due)

    def message(self, order: Order, event_id: str, mode: str = "") -> Message:
        """The delivery of a paid order's event, spoilt as `mode` says."""
        return self.skin_of(order).message(order, event_id, mode)

    def _deliver(self, due: DueCallback) -> None:
        order = self._books.order(due.mchid, due.out_trade_no)
        assert order is not None
        skin = self.skin_of(order)
        modes = TIMING_MODES | skin.spoiling
        fault = self._books.take_fault("callback", due.out_trade_no, modes)
        mode = fault.mode if fault else ""
        if fault is not None and mode in {"delayed", "never"}:
            self._books.postpone_callback(due.event_id, self._postponed(fault))
            return
        answers = self._send(skin.message(order, due.event_id, mode), mode)
        is_genuine = mode not in skin.spoiling
        is_done = is_genuine and any(skin.is_heard(answer) for answer in answers)
        next_at = None if is_done else self._next_at(skin, due.attempt)
        statuses = [answer.status for answer in answers]
        self._books.settle_callback(due.event_id, answers=statuses, due_at=next_at)
        self._books.note(
            stamp(self._clock.now()),
            "callback",
            event_id=due.event_id,
            out_trade_no=due.out_trade_no,
            mode=mode,
            answers=statuses,
        )

    def _send(self, message: Message, mode: str) -> list[Heard]:
        if mode != "concurrent":
            return [self._send_once(message) for _ in range(2 if mode == "duplicate" else 1)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(self._send_once, [message] * 2))

    def _send_once(self, message: Message) -> Heard:
        try:
            return self.post(message.url, message.headers, message.body)
        except (OSError, HTTPException, ValueError):
            return Heard(0)

    def _postponed(self, fault: Fault) -> float | None:
        return None if fault.mode == "never" else self._clock.after(fault.seconds).timestamp()

    def _next_at(self, skin: Skin, attempt: int) -> float | None:
        if attempt >= len(skin.retry_seconds):
            return None
        return self._clock.after(skin.retry_seconds[attempt]).timestamp()


def _modes(skin: Skin, point: str) -> frozenset[str]:
    if point == "callback":
        return TIMING_MODES | skin.spoiling
    return skin.request_modes.get(point, frozenset())


def post_to_loopback(url: str, headers: Headers, body: bytes) -> Heard:
    """Deliver to this machine, whatever name the address carries; a simulator calls nobody else.

    Names under .localhost are not resolved everywhere, so the name goes into the Host header only.
    """
    split = urlsplit(url)
    host = split.hostname or ""
    if not is_of_this_machine(host):
        raise OSError(f"not an address of this machine: {host}")
    kind = HTTPSConnection if split.scheme == "https" else HTTPConnection
    connection = kind("127.0.0.1", split.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", split.path or "/", body, {**headers, "Host": split.netloc})
        answer = connection.getresponse()
        return Heard(answer.status, answer.read(ANSWER_BYTES))
    finally:
        connection.close()
