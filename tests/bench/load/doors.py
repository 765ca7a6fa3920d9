"""Where callbacks are sent to: the product's own processes, or a plain Django for comparison."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from django.conf import settings

from tests.bench.load import web
from tests.onboarding.processes import environment

Door = Callable[[Path], AbstractContextManager[tuple[int, list[int]]]]
"""A port that takes callbacks, and the processes behind it."""


@contextmanager
def plain(folder: Path) -> Iterator[tuple[int, list[int]]]:
    """The view that one would write, under gunicorn."""
    with web.serving(folder, module="tests.bench.plain.paying") as (port, pid):
        yield port, [pid]


@contextmanager
def ours(folder: Path) -> Iterator[tuple[int, list[int]]]:
    """``config intake`` and ``config booker``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "intake.log").open("wb")
    running = [
        _started(folder, ["intake", "--port", str(port)], log),
        _started(folder, ["booker"], log),
    ]
    try:
        yield port, [process.pid for process in running]
    except Exception:
        sys.stderr.write((folder / "intake.log").read_text()[-3000:])
        raise
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)
        log.close()


def _started(folder: Path, words: list[str], log: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "config", *words],
        cwd=settings.ROOT,
        env=environment(folder) | {"BASE_DOMAIN": "test"},
        stdout=log,
        stderr=log,
    )
