"""The one Chromium of a test process: its driver's event loop tolerates no second."""

from __future__ import annotations

import shutil

import pytest

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
"""Debian's; the shell renders the same and starts no window's own pages beside each of ours: a page
costs about a quarter of the processor time.
"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, headless; skips where it is not installed."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; Debian's chromium-headless-shell is enough")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def settle(page) -> None:
    """Waits until nothing scrolls or moves: a target measured on its way is measured wrongly."""
    page.evaluate(
        """() => document.fonts.ready.then(() => new Promise((done) => {
          let still = 0, last = -1;
          const look = () => {
            still = scrollY === last ? still + 1 : 0;
            last = scrollY;
            if (still > 5) done(); else requestAnimationFrame(look);
          };
          look();
        }))"""
    )
