"""What runs: `run.json`, and how to tell a running instance from the traces of a killed one."""

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from tools.launcher import process
from tools.launcher.errors import Stop
from tools.launcher.home import Home, read_json, write_json
from tools.launcher.output import Progress
from tools.launcher.supervisor import Supervisor

LEFTOVER_GRACE = 10.0
STOP_SECONDS = 120.0


@dataclass(frozen=True)
class Instance:
    """The content of `run.json`, written by the process that supervises."""

    home: Home
    content: dict[str, Any]

    @property
    def pid(self) -> int:
        return int(self.content["pid"])

    @property
    def is_ready(self) -> bool:
        return bool(self.content.get("ready"))

    @property
    def ports(self) -> dict[str, int]:
        return dict(self.content.get("ports", {}))

    @property
    def kind(self) -> str:
        return str(self.content.get("kind", ""))

    def is_alive(self) -> bool:
        return process.is_alive(self.pid, str(self.content["born"]))


def write(
    home: Home, supervisor: Supervisor, *, kind: str, ports: dict[str, int], **more: Any
) -> None:
    """Note who supervises what."""
    write_json(
        home.run_file,
        {
            "kind": kind,
            "pid": os.getpid(),
            "born": process.born(os.getpid()),
            "ports": ports,
            "children": supervisor.processes(),
            **more,
        },
    )


def read(home: Home) -> Instance | None:
    """The last instance noted, alive or not."""
    content = read_json(home.run_file)
    if not isinstance(content, dict) or not {"pid", "born"} <= content.keys():
        return None
    return Instance(home, content)


def live(home: Home) -> Instance | None:
    """The instance that runs now."""
    found = read(home)
    return found if found and found.is_alive() else None


def clean_up(home: Home, progress: Progress) -> None:
    """End what a killed launcher left running, and forget it."""
    found = read(home)
    if found is None:
        home.run_file.unlink(missing_ok=True)
        return
    if found.is_alive():
        return
    progress.say("The last run was killed; cleaning up after it")
    left = [
        int(child["pid"])
        for child in found.content.get("children", [])
        if child.get("born") and process.is_alive(int(child["pid"]), child["born"])
    ]
    for pid in left:
        process.signal_group(pid, signal.SIGINT if _is_postgres(pid) else signal.SIGTERM)
    _wait_for(left)
    home.run_file.unlink(missing_ok=True)


def stop(found: Instance) -> None:
    """Ask the supervising process to end, and wait. Raises Stop when it does not."""
    born = str(found.content["born"])
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while process.is_alive(found.pid, born):
        if time.monotonic() > deadline:
            raise Stop(f"Process {found.pid} did not end within {STOP_SECONDS:.0f} s.")
        time.sleep(0.1)


def _is_postgres(pid: int) -> bool:
    return "postgres" in process.command_of(pid)


def _wait_for(pids: list[int]) -> None:
    """Give leftovers time, then end them hard."""
    deadline = time.monotonic() + LEFTOVER_GRACE
    while pids and time.monotonic() < deadline:
        pids = [pid for pid in pids if process.born(pid)]
        time.sleep(0.1)
    for pid in pids:
        process.signal_group(pid, signal.SIGKILL)
