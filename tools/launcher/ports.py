"""Which ports are free, and who holds one that is not."""

import contextlib
import errno
import os
import socket
import sys
from pathlib import Path

from tools.launcher.errors import Stop

LOOPBACK = "127.0.0.1"
SEARCH = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback address now. Raises Stop below 1024."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            raise Stop(
                f"Port {port} may be used by root only; choose one above 1023 with --port N."
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def next_free(preferred: int, taken: set[int]) -> int:
    """The preferred port, or the first free one after it that is not promised already."""
    for port in range(preferred, preferred + SEARCH):
        if port not in taken and is_free(port):
            taken.add(port)
            return port
    raise Stop(f"No free port between {preferred} and {preferred + SEARCH}.")


def claim_web_port(port: int) -> None:
    """Raises Stop naming the port, who holds it when that can be told, and the way out."""
    if not 1 <= port <= 65535:
        raise Stop(f"There is no port {port}; choose one between 1024 and 65535 with --port N.")
    if is_free(port):
        return
    holder = holder_of(port)
    by = f" by {holder}" if holder else ""
    raise Stop(
        f"Port {port} is taken{by}; stop that program, or choose another port: "
        f"./gongjian demo --port {port + 1}"
    )


def answers(port: int) -> bool:
    """Whether something accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def holder_of(port: int) -> str:
    """`nginx (process 4711)`, or nothing when the system does not tell us."""
    if sys.platform != "linux":
        return ""
    sockets = _listening(port)
    if not sockets:
        return ""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                with contextlib.suppress(OSError):
                    if str(Path(entry.path).readlink()) in sockets:
                        name = (folder.parent / "comm").read_text(encoding="utf-8").strip()
                        return f"{name} (process {folder.parent.name})"
    return ""


def _listening(port: int) -> set[str]:
    """`socket:[inode]` of every listening TCP socket on the port."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError):
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
