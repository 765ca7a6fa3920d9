"""A PostgreSQL of a test's own, made with the embedded programs: it may be crashed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from tools.launcher.services import shelter

_HOST = "127.0.0.1"
_CLUSTER = (
    "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
    "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--no-sync",
)  # fmt: skip
_SERVER = (
    f"-c listen_addresses={_HOST} -c unix_socket_directories='' -c fsync=off"
    " -c max_locks_per_transaction=1024 -c shared_buffers=64MB"
)


class Cluster:
    """Its data in ``folder``, its server on ``port``; run as nobody where the test is root's."""

    def __init__(self, folder: Path, programs: Path, port: int) -> None:
        self.port = port
        self._folder, self._programs = folder, programs
        self._data = folder / "data"
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            folder.chmod(0o755)
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(self._data), *_CLUSTER)

    def start(self) -> None:
        """Returns when the server takes connections, after recovery where it was crashed."""
        options = f"{_SERVER} -p {self.port}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")

    def crash(self) -> None:
        """Every process of the server ends at once and writes nothing more."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            env=kept | {"LC_ALL": "C"},
            cwd="/",
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {arguments[-1]} ended with {done.returncode}")


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A server that runs; skips the test where there are no programs to make one with."""
    programs = Path(sysconfig.get_path("purelib")) / shelter.PROGRAMS / "bin"
    if not (programs / "pg_ctl").exists():
        pytest.skip("no embedded PostgreSQL for this machine, so none can be crashed")
    if os.geteuid() == 0 and not shelter.is_reachable_by_all(programs):
        pytest.skip("run by root from a folder where nobody may not look")
    folder = Path(tempfile.mkdtemp(prefix="gongjian-cluster-"))
    try:
        cluster = Cluster(folder, programs, _free_port())
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def connected_to(cluster: Cluster, name: str) -> Iterator[None]:
    """Every connection of the product leads to database ``name`` of the cluster."""
    place = {"HOST": _HOST, "PORT": str(cluster.port), "NAME": name}
    owner = {"USER": "postgres", "PASSWORD": ""}
    server = settings.TEST_DATABASE_SERVER
    kept = {alias: dict(settings.DATABASES[alias]) for alias in connections}
    _point_at({alias: place | (owner if alias == "owner" else {}) for alias in kept})
    settings.TEST_DATABASE_SERVER = f"postgresql://postgres@{_HOST}:{cluster.port}/postgres"
    try:
        yield
    finally:
        _point_at(kept)
        settings.TEST_DATABASE_SERVER = server


def _point_at(places: dict[str, dict[str, str]]) -> None:
    for alias, place in places.items():
        connections[alias].close()
        settings.DATABASES[alias].update(place)
        connections[alias].settings_dict.update(place)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
