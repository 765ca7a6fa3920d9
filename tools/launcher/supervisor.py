"""Keeps children running: starts them, restarts those that die, stops them in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tools.launcher import process
from tools.launcher.errors import Interrupted, Stop
from tools.launcher.output import Progress

STEADY_SECONDS = 30.0
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Child:
    """A program to keep running. Higher stages are stopped first."""

    name: str
    argv: list[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    stage: int
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0
    user: str | None = None


@dataclass
class Running:
    """A child, its process, and how often it has died lately."""

    child: Child
    process: subprocess.Popen[bytes]
    began: float
    deaths: int = 0
    due: float | None = None


@dataclass
class Supervisor:
    """All children of one launcher; `changed` is called whenever one gets a new process."""

    progress: Progress
    changed: Callable[[], None] = lambda: None
    running: dict[str, Running] = field(default_factory=dict)

    def start(self, child: Child) -> None:
        """Start it in a process group of its own, bound to our life."""
        self.running[child.name] = Running(child, _spawn(child), time.monotonic())
        self.changed()

    def fell(self, name: str) -> Callable[[], str | None]:
        """For `wait_until`: a sentence once the child has ended."""

        def reason() -> str | None:
            held = self.running[name]
            if held.process.poll() is None:
                return None
            last = process.tail(held.child.log, 8)
            return (
                f"{name} ended with {held.process.returncode} while starting. "
                f"Its last lines ({held.child.log}):\n{last}"
            )

        return reason

    def watch(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies, ever slower, until `is_over` or a signal."""
        while not is_over():
            for held in self.running.values():
                self._look_after(held)
            time.sleep(POLL_SECONDS)

    def _look_after(self, held: Running) -> None:
        now = time.monotonic()
        if held.due is None:
            if held.process.poll() is None:
                return
            if now - held.began > STEADY_SECONDS:
                held.deaths = 0
            pause = BACKOFF_SECONDS[min(held.deaths, len(BACKOFF_SECONDS) - 1)]
            process.signal_group(held.process.pid, signal.SIGKILL)
            self.progress.say(
                f"{held.child.name} ended with {held.process.returncode}; "
                f"starting it again in {pause:.0f} s (see {held.child.log})"
            )
            held.deaths += 1
            held.due = now + pause
        elif now >= held.due:
            held.due, held.began = None, now
            held.process = _spawn(held.child)
            self.changed()

    def stop(self) -> None:
        """End everything, the highest stage first, those of one stage together."""
        for stage in sorted({held.child.stage for held in self.running.values()}, reverse=True):
            group = [held for held in self.running.values() if held.child.stage == stage]
            for held in group:
                if held.process.poll() is None:
                    held.process.send_signal(held.child.stop_signal)
            for held in group:
                _finish(held)
        self.running.clear()

    def processes(self) -> list[dict[str, Any]]:
        """Name, number and start of every child, to find it again after we were killed."""
        return [
            {"name": name, "pid": held.process.pid, "born": process.born(held.process.pid)}
            for name, held in self.running.items()
        ]


def _spawn(child: Child) -> subprocess.Popen[bytes]:
    child.log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with child.log.open("ab") as sink:
            return subprocess.Popen(
                child.argv,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=dict(child.env),
                cwd=child.cwd,
                process_group=0,
                preexec_fn=process.bound_to_parent(child.stop_signal),
                **process.as_user(child.user),
            )
    except OSError as error:
        raise Stop(f"{child.name} could not be started: {error}.", log=child.log) from error


def _finish(held: Running) -> None:
    try:
        held.process.wait(held.child.grace)
    except subprocess.TimeoutExpired:
        held.process.kill()
        held.process.wait()
    process.signal_group(held.process.pid, signal.SIGKILL)


def raise_on_signals() -> None:
    """Turn SIGINT, SIGTERM and SIGHUP into Interrupted; a second one no longer interrupts."""

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
