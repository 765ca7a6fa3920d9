"""Work that many threads ask for at the same time and that is cheaper done together.

A transaction costs its commit, whatever is in it.  While one is under way, those who come wait
and are all taken by the next one; whoever comes alone waits for nobody.  No thread of its own and
no timer is needed: one of those who wait does the work for all of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class Together(Generic[Asked, Given]):
    """Calls ``act`` with at most ``most`` of what was asked for and gives everyone their own.

    ``act`` answers in the order of what it was given.  What it raises is raised by everyone whose
    part was in that call; the next call is not touched by it.
    """

    def __init__(self, act: Callable[[Sequence[Asked]], Sequence[Given]], *, most: int) -> None:
        self._act = act
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Turn[Asked, Given]] = deque()
        self._is_busy = False

    def do(self, asked: Asked) -> Given:
        turn: _Turn[Asked, Given] = _Turn(asked)
        with self._lock:
            self._waiting.append(turn)
            leads, self._is_busy = not self._is_busy, True
        if not leads:
            turn.woken.wait()
            leads = not turn.is_done
        if leads:
            self._lead()
        if turn.error is not None:
            raise turn.error
        return turn.given[0]

    def _lead(self) -> None:
        """Does the work of the first who wait, one's own among them, and hands the lead over."""
        with self._lock:
            turns = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            for turn, given in zip(turns, self._act([t.asked for t in turns]), strict=True):
                turn.given.append(given)
        except BaseException as error:  # noqa: BLE001 - raised by each who waits
            for turn in turns:
                turn.error = error
        finally:
            with self._lock:
                follower = self._waiting[0] if self._waiting else None
                self._is_busy = follower is not None
            for turn in turns:
                turn.is_done = True
                turn.woken.set()
            if follower is not None:
                follower.woken.set()


class _Turn(Generic[Asked, Given]):
    """One who waits: woken when the work is done, or to do it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.given: list[Given] = []
        self.error: BaseException | None = None
        self.is_done = False
        self.woken = threading.Event()


class Backlog(Generic[Asked]):
    """What is done soon, by whichever thread finds nobody doing it."""

    def __init__(self, act: Callable[[Sequence[Asked]], object]) -> None:
        self._act = act
        self._lock = threading.Lock()
        self._waiting: deque[Asked] = deque()

    def add(self, one: Asked) -> None:
        self._waiting.append(one)

    def work_off(self) -> None:
        """Does all that waits, unless somebody is at it, who then does it."""
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                some = [self._waiting.popleft() for _ in range(len(self._waiting))]
                if some:
                    self._act(some)
            finally:
                self._lock.release()
