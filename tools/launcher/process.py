"""Starting, recognising and ending processes."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.launcher.errors import Stop

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_finite: set[subprocess.Popen[bytes]] = set()
_finite_guard = threading.Lock()


class CommandFailed(Exception):
    """A command ended with another code than 0; `output` is what it printed."""

    def __init__(self, argv: Sequence[str], code: int, output: str) -> None:
        super().__init__(f"{argv[0]} ended with {code}")
        self.code = code
        self.output = output


def bound_to_parent(number: int = signal.SIGTERM) -> Callable[[], None] | None:
    """To run in a child before it starts: the system sends it `number` when we die.

    Linux only. The bond is to the thread that starts the child, so long-lived children are started
    by the main thread.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def bind() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return bind


def run(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    feed: str = "",
    user: str | None = None,
) -> str:
    """Run to the end, appending all output to `log`; returns it. Raises CommandFailed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        sink.write(f"\n$ {' '.join(argv)}\n".encode())
        sink.flush()
        start = sink.tell()
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                process_group=0,
                preexec_fn=bound_to_parent(),
                **as_user(user),
            )
        except OSError as error:
            sink.write(f"{error}\n".encode())
            raise CommandFailed(argv, 127, str(error)) from error
    _await(process, feed)
    with log.open("rb") as written:
        written.seek(start)
        output = written.read().decode("utf-8", "replace")
    if process.returncode:
        raise CommandFailed(argv, process.returncode, output)
    return output


def _await(process: subprocess.Popen[bytes], feed: str = "") -> tuple[bytes, bytes]:
    """Wait for a finite command; end its whole group when we are interrupted meanwhile."""
    with _finite_guard:
        _finite.add(process)
    try:
        return process.communicate(feed.encode())
    except BaseException:
        end_group(process, grace=2)
        raise
    finally:
        with _finite_guard:
            _finite.discard(process)


def capture(
    argv: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path
) -> tuple[str, str]:
    """Run to the end with stdout returned and stderr appended to `log`. Raises CommandFailed."""
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=dict(env), cwd=cwd, process_group=0, preexec_fn=bound_to_parent(),
    )  # fmt: skip
    out, err = (part.decode("utf-8", "replace") for part in _await(process))
    with log.open("a", encoding="utf-8") as sink:
        sink.write(f"\n$ {' '.join(argv)}\n{err}")
    if process.returncode:
        raise CommandFailed(argv, process.returncode, f"{out}\n{err}")
    return out, err


def foreground(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> int:
    """Run a command on our own terminal and return its exit code.

    It stays in our process group so that it may read the terminal; Ctrl-C reaches it directly, and
    SIGTERM is passed on.
    """
    process = subprocess.Popen(argv, env=dict(env), cwd=cwd, preexec_fn=bound_to_parent())
    before = {
        number: signal.signal(number, lambda got, _: process.send_signal(got))
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


def end_finite_commands() -> None:
    """End whatever `run` has under way in other threads."""
    with _finite_guard:
        pending = list(_finite)
    for process in pending:
        end_group(process, grace=2)


def end_group(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """SIGTERM to the process and its descendants, SIGKILL to what is left after `grace` seconds."""
    signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def signal_group(pid: int, number: int) -> None:
    """Send to a process group that may be gone already, or not ours any more."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def born(pid: int) -> str | None:
    """When the process started, as text to compare; None when there is no such process.

    A number is given to other processes after a while; number and start together are unique.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] == "Z" else f"{boot[:8]}:{fields[19]}"
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None


def is_alive(pid: int, start: str) -> bool:
    """Whether that very process, not another one with its number, is still there."""
    return born(pid) == start


def wait_until(
    ready: Callable[[], bool], *, seconds: float, failed: Callable[[], str | None], what: str
) -> None:
    """Poll `ready`. Raises Stop when `failed` gives a reason, or the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        reason = failed()
        if reason:
            raise Stop(reason)
        if time.monotonic() > deadline:
            raise Stop(f"{what} did not answer within {seconds:.0f} s.")
        time.sleep(0.05)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments that make a child run as a system user, in that user's main group only."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def command_of(pid: int) -> str:
    """The command line of a process, empty when it cannot be told."""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()
