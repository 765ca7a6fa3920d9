"""Somebody is killed at a point: a process that carries money, its database backend, the server.

The process is a fork of the driver's with connections of its own.  It wraps one function, does its
work, and at the wrapped function's beginning or end strikes, once.  Nothing of the product knows.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Any, Final, NamedTuple
from unittest import mock

from django.db import connection, connections

from tests.cluster import Cluster

REACHED: Final = b"!"
ON: Final = b">"


class Victim(StrEnum):
    PROCESS = "process"
    BACKEND = "backend"
    SERVER = "server"


class Point(NamedTuple):
    """``function`` of ``module``; struck when it has returned, or before it is called."""

    module: str
    function: str
    is_after: bool = False

    def __str__(self) -> str:
        side = "after" if self.is_after else "before"
        return f"{side} {self.module.rpartition('.')[2]}.{self.function}"


def struck(point: Point, victim: Victim, cluster: Cluster, act: Callable[[], object]) -> bool:
    """Has another process do ``act`` and strikes at the point; whether the point was reached.

    Returns when the process is gone.
    """
    for alias in connections:
        connections[alias].close()
    up_read, up_write = os.pipe()
    down_read, down_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(up_read)
        os.close(down_write)
        _work(point, victim, act, up_write, down_read)
    os.close(up_write)
    os.close(down_read)
    try:
        is_reached = os.read(up_read, 1) == REACHED
        if is_reached and victim is Victim.SERVER:
            cluster.crash()
            cluster.start()
        os.write(down_write, ON)
    except BrokenPipeError:
        pass  # it is dead, as was asked for
    finally:
        os.close(up_read)
        os.close(down_write)
        os.waitpid(pid, 0)
    return is_reached


def _work(
    point: Point, victim: Victim, act: Callable[[], object], up: int, down: int
) -> None:  # pragma: no cover - another process
    """The killed process: it never returns."""
    try:
        module: Any = import_module(point.module)
        real = getattr(module, point.function)
        is_done = False

        def wrapped(*values: Any, **named: Any) -> Any:
            nonlocal is_done
            strikes, is_done = not is_done, True
            if strikes and not point.is_after:
                _strike(victim, up, down)
            found = real(*values, **named)
            if strikes and point.is_after:
                _strike(victim, up, down)
            return found

        with mock.patch.object(module, point.function, wrapped):
            act()
    except BaseException:  # noqa: BLE001 - whatever it was, this process ends here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _strike(victim: Victim, up: int, down: int) -> None:  # pragma: no cover - another process
    if victim is Victim.PROCESS:
        os.write(up, REACHED)
        os.kill(os.getpid(), signal.SIGKILL)
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    os.write(up, REACHED)
    if victim is Victim.BACKEND:
        os.kill(backend, signal.SIGKILL)
    os.read(down, 1)
