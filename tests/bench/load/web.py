"""Ten pages of the product under load: its web processes, and readers in a process of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.test import Client

from kernel.unit import unit_context
from tenant_apps.members.models import Member
from tenants.models import Unit
from tests import cast
from tests.onboarding.processes import environment

VISITED: Final = 200
"""So many units, drawn by chance, are visited; each has an administrator and a member."""
WORKERS: Final = 2
THREADS: Final = 8
UNIT_PAGES: Final = {
    "desk_home": "/",
    "tree": "/organizations/",
    "members": "/members/",
    "member": "/members/{member}/",
    "dues": "/dues/",
}
PHONE_PAGES: Final = {"phone_home": "/m/", "phone_dues": "/m/dues/"}
CONSOLE_PAGES: Final = {"fleet": "/fleet/", "operations": "/operations/"}
Ask = tuple[str, str, str, str]
"""Page, host, path and the cookie that opens it."""


def measured(seconds: float) -> dict[str, Any]:
    """What the readers saw in so many seconds, and what the processes took meanwhile."""
    asks = _asks()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, pid):
        await_answer(port)
        watch = Watch(pid)
        with watch:
            seen = _read(port, asks, seconds)
        return seen | watch.figures()


def _asks() -> list[Ask]:
    """Every page of every visited unit; the operators' pages as often as one unit's."""
    chance = random.Random(20261122)
    units = list(Unit.objects.filter(label__startswith="u").order_by("label"))
    chosen = chance.sample(units, min(VISITED, len(units)))
    operator = _cookie(cast.staff(Client(), "operator"))
    asks: list[Ask] = []
    for unit in chosen:
        asks += _asks_of(unit, _a_member(unit.id))
        asks += [(page, "console.test", path, operator) for page, path in CONSOLE_PAGES.items()]
    return asks


def _asks_of(unit: Unit, member_id: UUID) -> list[Ask]:
    host = f"{unit.label}.test"
    officer = _cookie(cast.officer(Client(), unit))
    member = _cookie(cast.member(Client(), unit, member_id))
    paths = {page: path.format(member=member_id) for page, path in UNIT_PAGES.items()}
    return [
        *((page, host, path, officer) for page, path in paths.items()),
        *((page, host, path, member) for page, path in PHONE_PAGES.items()),
        ("sign_in", host, "/sign-in/", ""),
    ]


def _a_member(unit_id: UUID) -> UUID:
    with unit_context(unit_id):
        found: UUID = Member.objects.order_by("id").values_list("pk", flat=True)[:1].get()
    return found


def _cookie(client: Client) -> str:
    return client.cookies[settings.SIGN_IN_COOKIE].value


@contextmanager
def serving(folder: Path, *, module: str = "config.wsgi") -> Iterator[tuple[int, int]]:
    """The product's web processes as the launcher starts them (or another application, for a
    comparison); their port and first process.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "web.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", f"{module}:application", "--bind",
         f"127.0.0.1:{port}", "--worker-class=gthread", f"--workers={WORKERS}",
         f"--threads={THREADS}", "--no-control-socket"],
        cwd=settings.ROOT,
        env=environment(folder) | {"BASE_DOMAIN": "test", "PORT": str(port)},
        stdout=log,
        stderr=log,
    )  # fmt: skip
    try:
        yield port, process.pid
    except Exception:
        sys.stderr.write((folder / "web.log").read_text()[-3000:])
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def await_answer(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2).close()
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web processes do not answer")


def _read(port: int, asks: list[Ask], seconds: float) -> dict[str, Any]:
    """Asks in another process, so that its work is not counted into the answers."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("readers.py"))],
        input=json.dumps({"port": port, "seconds": seconds, "asks": asks}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


class Watch:
    """The largest memory of the web processes while the load is on, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._largest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self._thread.join()

    def figures(self) -> dict[str, float]:
        return {"web_process_mb": round(self._largest, 1)}

    def _look(self) -> None:
        while not self._stop.wait(0.5):
            children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
            self._largest = max([self._largest, *map(_resident_mb, children)])


def _resident_mb(pid: str) -> float:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except FileNotFoundError:
        return 0.0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
