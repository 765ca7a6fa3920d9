"""Where things lie: the checkout, and the folder that holds the data of one running instance."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.launcher.errors import Stop

LOG_LIMIT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Checkout:
    """The source tree and what is built inside it."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        found = sorted(self.venv.glob("lib/python3.*/site-packages"))
        return found[0] if found else self.venv / "lib"

    @property
    def workshop(self) -> Path:
        """Logs and locks of what is made inside the checkout, wherever the data lie."""
        return self.root / ".gongjian"

    @property
    def data(self) -> Path:
        """`.gongjian`, or where GONGJIAN_DATA points."""
        return Path(os.environ.get("GONGJIAN_DATA") or self.root / ".gongjian").resolve()


@dataclass(frozen=True)
class Home:
    """Data, logs, passwords and state of one instance: of the demo, tests or benchmarks."""

    path: Path

    @property
    def run_file(self) -> Path:
        return self.path / "run.json"

    @property
    def secrets_file(self) -> Path:
        return self.path / "secrets.json"

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "logs").mkdir(mode=0o700, exist_ok=True)

    def log(self, name: str) -> Path:
        """Path of a log; one that has grown too long becomes `<name>.log.1` first."""
        self.make()
        path = self.path / "logs" / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def secrets(self) -> dict[str, str]:
        """Passwords and keys of this instance, made once and readable by its owner only.

        Raises Stop when they are gone but the data they belong to is still there.
        """
        known: dict[str, str] = read_json(self.secrets_file) or {}
        if not known and any((self.path / trace).exists() for trace in ("pg", "setup.json")):
            raise Stop(
                f"{self.secrets_file} is gone, and with it the keys of the data beside it; "
                "put it back, or start over with: ./gongjian demo --fresh --yes"
            )
        made = {name: known.get(name) or secrets.token_hex(size) for name, size in SECRETS.items()}
        if made != known:
            write_json(self.secrets_file, made)
        return made


SECRETS = {
    "instance": 6,
    "postgres": 20,
    "gongjian_owner": 20,
    "gongjian_app": 20,
    "valkey": 20,
    "s3_access_key": 10,
    "s3_secret_key": 20,
    "secret_key": 32,
    "master_key": 32,
}
"""Name to number of random bytes; written as hexadecimal."""


def read_json(path: Path) -> Any:
    """The content, or None when the file is missing or was cut off by a crash."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def write_json(path: Path, content: Any) -> None:
    """Replace the file in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    draft.replace(path)


class Lock:
    """An advisory lock on a file; the system drops it when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1

    def take(self) -> bool:
        """True when it is ours now; False when another process holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True

    def release(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


@contextmanager
def locked(
    path: Path, *, waiting: str, say: Callable[[str], None], patience: float = 900
) -> Iterator[None]:
    """Hold the lock; say `waiting` once when somebody else does. Raises Stop after `patience` s."""
    lock = Lock(path)
    deadline = time.monotonic() + patience
    told = False
    while not lock.take():
        if not told:
            say(waiting)
            told = True
        if time.monotonic() > deadline:
            raise Stop(f"Another ./gongjian has held {path} for {patience:.0f} s; stop it first.")
        time.sleep(0.2)
    try:
        yield
    finally:
        lock.release()
