"""What the launcher asks of the platform: `python -m config …`, repeated only when needed."""

import json
from datetime import UTC, datetime
from typing import Any

from tools.launcher import fingerprint, process
from tools.launcher.errors import Stop
from tools.launcher.home import read_json, write_json
from tools.launcher.output import Progress
from tools.launcher.services import postgres
from tools.launcher.stack import Stack

LAST_LINES = 8
TOLD_PORTS = ("web", "paysim", "smssim")
"""Ports that stand in the addresses that `demo_data` tells."""


def set_up(stack: Stack, progress: Progress) -> None:
    """`config setup`, unless the embedded database has seen these very sources.

    A database of somebody else's may have been changed behind our back, so there it always runs.
    """
    stamp = stack.home.path / postgres.SETUP_STAMP
    wanted = {"sources": fingerprint.of_sources(stack.checkout)}
    if postgres.NAME in stack.ports and read_json(stamp) == wanted:
        return
    stamp.unlink(missing_ok=True)
    with progress.step("setup", "Setting up the database"):
        _config(stack, ["setup"], "The database could not be set up.")
    write_json(stamp, wanted)


def known_demo(stack: Stack) -> dict[str, Any] | None:
    """What the demo data told when they were made; None when sources, ports or month changed."""
    known = read_json(stack.home.path / postgres.DEMO_STAMP)
    if postgres.NAME not in stack.ports or not isinstance(known, dict):
        return None
    return known.get("summary") if known.get("made_from") == _made_from(stack) else None


def make_demo(stack: Stack, progress: Progress) -> dict[str, Any]:
    """Demo units and people; returns what to tell about them. Raises Stop."""
    stamp = stack.home.path / postgres.DEMO_STAMP
    stamp.unlink(missing_ok=True)
    with progress.step("demo_data", "Opening the demo units"):
        words = ["demo_data", "--json"]
        printed = _config(stack, words, "The demo data could not be made.")
    try:
        summary: dict[str, Any] = json.loads(printed)
    except ValueError as error:
        raise Stop("demo_data printed no JSON.", log=stack.home.log("demo_data")) from error
    write_json(stamp, {"made_from": _made_from(stack), "summary": summary})
    return summary


def _made_from(stack: Stack) -> dict[str, Any]:
    return {
        "sources": fingerprint.of_sources(stack.checkout),
        "ports": {name: stack.ports[name] for name in TOLD_PORTS if name in stack.ports},
        "month": datetime.now(UTC).strftime("%Y-%m"),
    }


def _config(stack: Stack, words: list[str], sentence: str) -> str:
    log = stack.home.log(words[0])
    command = [str(stack.checkout.python), "-m", "config", *words]
    try:
        printed, _ = process.capture(
            command, log=log, env=stack.environment(), cwd=stack.checkout.root
        )
    except process.CommandFailed as failure:
        last = "\n".join(failure.output.strip().splitlines()[-LAST_LINES:])
        raise Stop(f"{sentence} It said:\n{last}\n", log=log) from failure
    return printed
