"""The whole product, started as a new user would, and a browser in front of it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.chromium import CHROMIUM


@dataclass(frozen=True)
class Product:
    """A running demo: its addresses by key and its accounts."""

    addresses: dict[str, str]
    accounts: list[dict[str, str]]
    env: dict[str, str]

    def account(self, needle: str) -> dict[str, str]:
        return next(a for a in self.accounts if a["login"] == needle)


def run(words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [settings.ROOT / "gongjian", *words],
        env=env,
        check=True,
        capture_output=True,
        text=True,
        timeout=420,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def one_at_a_time(tmp_path_factory):
    """Two test processes that start a demo at the same moment would choose the same ports."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="package")
def product(tmp_path_factory):
    """`./gongjian demo --detach` on a port and a data folder of its own; it stops with the folder,
    or its workers would go on beside all other tests.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; Debian's chromium-headless-shell is enough")
    ours = {"DATABASE_URL", "DATABASE_ADMIN_URL", "BROKER_URL", "CACHE_URL", "DEMO"}
    env = {k: v for k, v in os.environ.items() if k not in ours and "DJANGO" not in k}
    for secret in ("SECRET_KEY", "MASTER_KEY", "PORT", "PYTHONPATH"):
        env.pop(secret, None)
    env["GONGJIAN_DATA"] = str(tmp_path_factory.mktemp("demo"))
    with one_at_a_time(tmp_path_factory):
        done = run(["demo", "--detach", "--json", "--port", str(free_port())], env)
    said = json.loads(done.stdout)
    summary = said.get("demo", said)
    try:
        yield Product(
            addresses={a["key"]: a["url"] for a in summary["addresses"]},
            accounts=summary["accounts"],
            env=env,
        )
    finally:
        run(["stop"], env)


@pytest.fixture
def page(browser):
    """A fresh desk browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser):
    """A fresh phone of 375 pixels."""
    context = browser.new_context(
        viewport={"width": 375, "height": 812}, locale="zh-CN", is_mobile=True, has_touch=True
    )
    yield context.new_page()
    context.close()


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
