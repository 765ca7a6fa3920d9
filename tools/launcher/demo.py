"""`./gongjian demo`: the whole platform on this machine, in front or in the background."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.launcher import instance, platform_commands, ports, process, programs, state
from tools.launcher.errors import Interrupted, Stop
from tools.launcher.home import Checkout, Home, Lock
from tools.launcher.output import Progress, framed, timings_line
from tools.launcher.services import postgres
from tools.launcher.stack import Stack
from tools.launcher.state import Instance
from tools.launcher.supervisor import Child, Supervisor

KEPT_BY_FRESH = {"logs", "run.lock", "prepare.lock", "assets.lock", "test", "bench"}
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line."""

    port: int
    as_json: bool = False
    fresh: bool = False
    is_confirmed: bool = False


def run(checkout: Checkout, wishes: Wishes, progress: Progress) -> int:
    """Bring everything up and stay in front until a signal; returns the exit code."""
    home = Home(checkout.data)
    if _refuse_or_show_running(home, wishes):
        return 0
    if wishes.fresh:
        _ask_to_wipe(home, wishes)
    ports.claim_web_port(wishes.port)
    instance.ensure_environment(checkout, progress)
    held = instance.find_or_lock(home, progress)
    if isinstance(held, Instance):
        show(held, as_json=wishes.as_json)
        return 0
    return _supervise(Stack(checkout, home, is_demo=True), wishes, progress, held)


def run_detached(checkout: Checkout, wishes: Wishes, progress: Progress) -> int:
    """The same in the background; returns when the web answers, or with what went wrong."""
    home = Home(checkout.data)
    if _refuse_or_show_running(home, wishes):
        return 0
    if wishes.fresh:
        _ask_to_wipe(home, wishes)
    home.make()
    log = home.log("launcher")
    seen = log.stat().st_size if log.exists() else 0
    command = [sys.executable, str(checkout.root / "gongjian"), "demo", f"--port={wishes.port}"]
    command += ["--fresh", "--yes"] if wishes.fresh else []
    with log.open("ab") as sink:
        daemon = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
            cwd=checkout.root,
        )  # fmt: skip
    try:
        return _follow(home, daemon, log, seen, as_json=wishes.as_json)
    except Interrupted:
        daemon.send_signal(signal.SIGTERM)
        progress.say("Stopping")
        daemon.wait()
        raise


def show(found: Instance, *, as_json: bool) -> None:
    """Addresses, accounts and where the second factor comes from."""
    summary = found.content["summary"]
    if as_json:
        facts = {"port": found.ports["web"], "pid": found.pid, "timings": found.content["timings"]}
        print(json.dumps(summary | facts, ensure_ascii=False, indent=1), flush=True)
        return
    print(framed("gongjian demo", summary_lines(summary)), flush=True)


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """What `demo_data` told, as lines for the terminal."""
    lines = ["Addresses"]
    lines += [f"  {each['name']}: {each['url']}" for each in summary.get("addresses", [])]
    lines += ["", "Accounts"]
    for each in summary.get("accounts", []):
        lines.append(f"  {each['name']}: {each.get('url', '')}")
        sign_in = [f"sign in as {each['login']}"]
        if each.get("password"):
            sign_in.append(f"password {each['password']}")
        if each.get("second_factor"):
            sign_in.append(f"second factor: {each['second_factor']}")
        lines.append("    " + ", ".join(sign_in))
    lines += ["", "Second-factor code: ./gongjian demo code ACCOUNT"]
    lines += [str(note) for note in summary.get("notes", [])]
    return lines


def _refuse_or_show_running(home: Home, wishes: Wishes) -> bool:
    """Whether a demo runs already and was shown. Raises Stop when another one was asked for."""
    found = state.live(home)
    if found is None or found.kind != instance.DEMO or not found.is_ready:
        return False
    if wishes.fresh:
        raise Stop("The demo is running; end it first with: ./gongjian stop")
    if found.ports["web"] != wishes.port:
        raise Stop(
            f"The demo is already running on port {found.ports['web']} (process {found.pid}); "
            "end it first with: ./gongjian stop"
        )
    print(f"The demo is already running (process {found.pid}).", file=sys.stderr)
    show(found, as_json=wishes.as_json)
    return True


def _ask_to_wipe(home: Home, wishes: Wishes) -> None:
    """Raises Stop unless the loss of all demo data was agreed to."""
    if wishes.is_confirmed or not home.path.exists():
        return
    if not sys.stdin.isatty():
        raise Stop("--fresh throws all data away; add --yes to agree.")
    if input(f"Throw away all data in {home.path}? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise Stop("Nothing was changed.")


def _wipe(home: Home) -> None:
    postgres.remove_data(home)
    for path in home.path.iterdir():
        if path.name in KEPT_BY_FRESH:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _supervise(stack: Stack, wishes: Wishes, progress: Progress, lock: Lock) -> int:
    supervisor = Supervisor(progress)
    facts: dict[str, Any] = {"since": datetime.now(UTC).isoformat(timespec="seconds")}

    def note() -> None:
        state.write(stack.home, supervisor, kind=instance.DEMO, ports=stack.ports, **facts)

    supervisor.changed = note
    try:
        state.clean_up(stack.home, progress)
        if wishes.fresh:
            _wipe(stack.home)
        ports.claim_web_port(wishes.port)
        stack.choose_ports(instance.ALL_SERVICES, web=wishes.port)
        facts["summary"] = _bring_up(stack, supervisor, progress, note)
        facts |= {"ready": True, "timings": progress.timings()}
        progress.say(timings_line(facts["timings"]))
        note()
        show(
            Instance(stack.home, json.loads(stack.home.run_file.read_text())),
            as_json=wishes.as_json,
        )
        if sys.stderr.isatty():
            progress.say("Press Ctrl-C to stop")
        supervisor.watch()
    except Interrupted as interrupted:
        progress.say("Stopping")
        if not facts.get("ready"):
            return interrupted.code
    finally:
        supervisor.stop()
        stack.home.run_file.unlink(missing_ok=True)
        lock.release()
    return 0


def _bring_up(
    stack: Stack, supervisor: Supervisor, progress: Progress, note: Callable[[], None]
) -> dict[str, Any]:
    """Services, tables and demo data here; the assets meanwhile in a thread; the web last.

    When the data are there already, worker and beat wait until the web has had the processors.
    """
    note()
    later = programs.background(stack)
    with instance.beside(lambda: instance.prepare_assets(stack, progress)) as assets:
        with progress.step("services", "Starting the services"):
            stack.start(supervisor)
        platform_commands.set_up(stack, progress)
        _start(supervisor, programs.simulators(stack))
        summary = platform_commands.known_demo(stack)
        if summary is None:
            _start(supervisor, later)
            later = []
            summary = platform_commands.make_demo(stack, progress)
        assets.result()
    with progress.step("web", "Starting the web server"):
        supervisor.start(programs.web(stack))
        programs.await_answers(stack, supervisor)
    _start(supervisor, later)
    return summary


def _start(supervisor: Supervisor, children: list[Child]) -> None:
    for child in children:
        supervisor.start(child)


def _follow(
    home: Home, daemon: "subprocess.Popen[bytes]", log: Path, seen: int, *, as_json: bool
) -> int:
    """Copy the daemon's progress to our terminal until it is ready or has given up."""
    with log.open("rb") as written:
        written.seek(seen)
        while True:
            ended = daemon.poll()
            found = state.live(home)
            is_ready = bool(found and found.pid == daemon.pid and found.is_ready)
            text = written.read().decode("utf-8", "replace")
            sys.stderr.write(text.partition("╭─")[0])
            sys.stderr.flush()
            if is_ready and found:
                show(found, as_json=as_json)
                return 0
            if ended is not None:
                return ended or _shown_by_another(home, as_json=as_json)
            time.sleep(POLL_SECONDS)


def _shown_by_another(home: Home, *, as_json: bool) -> int:
    """The daemon found a demo that came up meanwhile, and left."""
    found = state.live(home)
    if found is None or not found.is_ready:
        return 1
    show(found, as_json=as_json)
    return 0


def print_status(checkout: Checkout, *, as_json: bool) -> int:
    """What runs; the exit code is 0 when it does and 3 when not."""
    found = state.live(Home(checkout.data))
    running = bool(found and found.kind == instance.DEMO)
    if found is None or not running:
        print('{"running": false}' if as_json else "The demo is not running.")
        return 3
    children = {
        each["name"]: process.is_alive(each["pid"], each["born"] or "")
        for each in found.content["children"]
    }
    if as_json:
        facts = {
            "running": True, "ready": found.is_ready, "pid": found.pid, "ports": found.ports,
            "since": found.content["since"], "children": children,
        }  # fmt: skip
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    word = "is running" if found.is_ready else "is starting"
    print(f"The demo {word} since {found.content['since']} (process {found.pid}).")
    for name, is_up in children.items():
        port = f", port {found.ports[name]}" if name in found.ports else ""
        print(f"  {name}: {'up' if is_up else 'down'}{port}")
    for each in found.content.get("summary", {}).get("addresses", []):
        print(f"  {each['name']}: {each['url']}")
    return 0


def stop(checkout: Checkout, progress: Progress) -> int:
    """End the running demo; nothing to end is fine too."""
    home = Home(checkout.data)
    found = state.live(home)
    if found is None or found.kind != instance.DEMO:
        state.clean_up(home, progress)
        print("The demo is not running.")
        return 0
    state.stop(found)
    print("The demo has stopped.")
    return 0
