"""Processes that are killed and replaced: forks of the driver, each with its own connections."""

from __future__ import annotations

import logging
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from django.db import connections

from tests.crash.world import World

Work = Callable[[random.Random], None]
log = logging.getLogger(__name__)


class Crowd:
    """``works`` by name; one process each, replaced whenever it ends.  Ends only its own."""

    def __init__(self, world: World, works: dict[str, Work], seed: int) -> None:
        self._world, self._works = world, works
        self._chance = random.Random(seed)
        self._running: dict[int, str] = {}
        self.killed: Counter[str] = Counter()

    def start(self) -> None:
        for name in self._works:
            self._fork(name)

    def strike(self) -> str:
        """Kills somebody: a process, now and then a backend of the database, or all of it."""
        kind = self._chance.choices(("process", "backend", "server"), (16, 3, 1))[0]
        if kind == "process":
            pid = self._chance.choice(list(self._running))
            kind = self._running[pid].rstrip("0123456789")
            os.kill(pid, signal.SIGKILL)
        elif kind == "backend":
            os.kill(self._backend(), signal.SIGKILL)
        else:
            self._world.cluster.crash()
            self._world.cluster.start()
        self.killed[kind] += 1
        self._world.await_database()
        self.tend()
        return kind

    def tend(self) -> None:
        """Replaces those that are gone."""
        for pid in list(self._running):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self._fork(self._running.pop(pid))

    def stop(self, *spared: str) -> None:
        """Ends all but these."""
        for pid, name in list(self._running.items()):
            if name not in spared:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                del self._running[pid]

    def _backend(self) -> int:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
            pids = [pid for (pid,) in cursor.fetchall()]
        return self._chance.choice(pids)

    def _fork(self, name: str) -> None:
        for alias in connections:
            connections[alias].close()
        seed = self._chance.random()
        pid = os.fork()
        if pid == 0:
            _work(self._works[name], random.Random(seed))
        self._running[pid] = name


def _work(work: Work, chance: random.Random) -> NoReturn:
    """The process: it lives until it is killed, whatever goes wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            work(chance)
        except Exception:
            log.debug("a turn went wrong", exc_info=True)
            for alias in connections:
                connections[alias].close()
