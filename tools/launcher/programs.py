"""The platform's own processes: web, worker, beat and, in the demo, the two simulators."""

import http.client
import signal

from tools.launcher import ports, process
from tools.launcher.errors import Stop
from tools.launcher.stack import Stack
from tools.launcher.supervisor import Child, Supervisor

WEB = "web"
ANSWER_SECONDS = 60
QUEUES = "default"


def background(stack: Stack) -> list[Child]:
    """What the demo data already need: simulators first, then worker and beat."""
    celery = ["-m", "celery", "-A", "config.celery:app"]
    schedule = str(stack.home.path / "beat-schedule")
    return [
        *(
            _child(stack, name, ["-m", "config", name, "--port", str(stack.ports[name])])
            for name in ("paysim", "smssim")
            if name in stack.ports
        ),
        _child(
            stack,
            "worker",
            [*celery, "worker", "--pool=prefork", "--concurrency=2", f"--queues={QUEUES}",
             "--loglevel=INFO", "--without-gossip", "--without-mingle"],
            grace=20,
        ),
        _child(
            stack,
            "beat",
            [*celery, "beat", "--loglevel=INFO", f"--schedule={schedule}", "--pidfile="],
        ),
    ]  # fmt: skip


def web(stack: Stack) -> Child:
    """Threads under gunicorn; on loopback, like everything the launcher starts."""
    return _child(
        stack,
        WEB,
        ["-m", "gunicorn", "config.wsgi:application", "--bind",
         f"{ports.LOOPBACK}:{stack.ports[WEB]}", "--worker-class=gthread", "--workers=2",
         "--threads=8", "--graceful-timeout=8", "--no-control-socket", "--preload"],
    )  # fmt: skip


def await_web(stack: Stack, supervisor: Supervisor) -> None:
    """Return when `/livez` answers. Raises Stop with the last lines of the log when it does not."""
    port = stack.ports[WEB]
    host = f"console.{stack.environment()['BASE_DOMAIN']}:{port}"

    def answers() -> bool:
        link = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=10)
        try:
            link.request("GET", "/livez", headers={"Host": host})
            return link.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    try:
        process.wait_until(
            answers,
            seconds=ANSWER_SECONDS,
            failed=supervisor.fell(WEB),
            what=f"http://{host}/livez",
        )
    except Stop as stop:
        log = stack.home.log(WEB)
        raise Stop(f"{stop.sentence}\n{process.tail(log, 8)}\n", log=log) from stop


def _child(stack: Stack, name: str, arguments: list[str], *, grace: float = 10) -> Child:
    return Child(
        name=name,
        argv=[str(stack.checkout.python), *arguments],
        env=stack.environment(),
        cwd=stack.checkout.root,
        log=stack.home.log(name),
        stage=1,
        stop_signal=signal.SIGTERM,
        grace=grace,
    )
