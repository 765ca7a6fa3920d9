"""The platform's own processes: web, workers, beat, intake and booker, and a demo's simulators."""

import functools
import http.client
import signal
import tomllib
from collections.abc import Callable
from pathlib import Path

from tools.launcher import ports, process
from tools.launcher.errors import Stop
from tools.launcher.stack import Stack
from tools.launcher.supervisor import Child, Supervisor

WEB = "web"
INTAKE = "intake"
SIMULATORS = ("paysim", "smssim")
ANSWER_SECONDS = 60
_WORKERS_FILE = Path(__file__).parents[2] / "platform" / "config" / "workers.toml"
WORKERS = {
    name: (int(one["processes"]), tuple(one["queues"]))
    for name, one in tomllib.loads(_WORKERS_FILE.read_text(encoding="utf-8")).items()
}
"""Processes and queues of each worker."""
QUEUES = tuple(queue for _, queues in WORKERS.values() for queue in queues)


def simulators(stack: Stack) -> list[Child]:
    """The payment channel and the SMS gateway of a demo."""
    return [
        _child(stack, name, ["-m", "config", name, "--port", str(stack.ports[name])])
        for name in SIMULATORS
        if name in stack.ports
    ]


def paying(stack: Stack) -> list[Child]:
    """The door for the callbacks of payment channels, and who books what it has kept."""
    return [
        _child(stack, INTAKE, ["-m", "config", INTAKE, "--port", str(stack.ports[INTAKE])]),
        _child(stack, "booker", ["-m", "config", "booker"]),
    ]


def background(stack: Stack) -> list[Child]:
    """Workers, beat, and what takes payments."""
    celery = ["-m", "celery", "-A", "config.celery:app"]
    schedule = str(stack.home.path / "beat-schedule")
    workers = [
        _child(
            stack,
            name,
            [*celery, "worker", "--pool=prefork", f"--concurrency={processes}",
             f"--queues={','.join(queues)}", f"--hostname={name}@%h", "--loglevel=INFO",
             "--without-gossip", "--without-mingle"],
            grace=20,
        )
        for name, (processes, queues) in WORKERS.items()
    ]  # fmt: skip
    return [
        *workers,
        _child(
            stack,
            "beat",
            [*celery, "beat", "--loglevel=INFO", f"--schedule={schedule}", "--pidfile="],
        ),
        *paying(stack),
    ]


def web(stack: Stack) -> Child:
    """Threads under gunicorn; on loopback, like everything the launcher starts."""
    return _child(
        stack,
        WEB,
        ["-m", "gunicorn", "config.wsgi:application", "--bind",
         f"{ports.LOOPBACK}:{stack.ports[WEB]}", "--worker-class=gthread", "--workers=2",
         "--threads=8", "--graceful-timeout=8", "--no-control-socket",
         "--config=python:config.gunicorn"],
    )  # fmt: skip


def await_answers(stack: Stack, supervisor: Supervisor) -> None:
    """Return when `/livez` and the simulators answer.

    Raises Stop with the last lines of the log of the one that does not.
    """
    for name in SIMULATORS:
        if name in stack.ports:
            port = stack.ports[name]
            _await(stack, supervisor, name, functools.partial(ports.answers, port), f"port {port}")
    port = stack.ports[WEB]
    host = f"console.{stack.environment()['BASE_DOMAIN']}:{port}"
    lives = functools.partial(_lives, port, host)
    _await(stack, supervisor, WEB, lives, f"http://{host}/livez")


def _await(
    stack: Stack, supervisor: Supervisor, name: str, answers: Callable[[], bool], what: str
) -> None:
    try:
        process.wait_until(
            answers, seconds=ANSWER_SECONDS, failed=supervisor.fell(name), what=f"{name} ({what})"
        )
    except Stop as stop:
        log = stack.home.log(name)
        raise Stop(f"{stop.sentence}\n{process.tail(log, 8)}\n", log=log) from stop


def _lives(port: int, host: str) -> bool:
    link = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=10)
    try:
        link.request("GET", "/livez", headers={"Host": host})
        return link.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _child(stack: Stack, name: str, arguments: list[str], *, grace: float = 10) -> Child:
    return Child(
        name=name,
        argv=[str(stack.checkout.python), *arguments],
        env=stack.environment() | {"PROGRAM": name},
        cwd=stack.checkout.root,
        log=stack.home.log(name),
        stage=1,
        stop_signal=signal.SIGTERM,
        grace=grace,
    )
