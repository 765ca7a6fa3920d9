"""Running with services: on those that run already, or on our own for as long as we need them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from tools.launcher import assets, environment, platform_commands, process, state
from tools.launcher.home import Checkout, Home, Lock, locked
from tools.launcher.output import Progress
from tools.launcher.services import objects, postgres, valkey
from tools.launcher.stack import Stack
from tools.launcher.state import Instance
from tools.launcher.supervisor import Supervisor

ALL_SERVICES = (postgres.NAME, valkey.NAME, objects.NAME)
DEMO = "demo"
COMMAND = "command"
POLL_SECONDS = 0.2


def ensure_environment(checkout: Checkout, progress: Progress, *, dev: bool = False) -> None:
    """A complete `.venv`; one launcher at a time works on it."""
    home = Home(checkout.workshop)
    home.make()
    with locked(
        home.path / "prepare.lock",
        waiting="Another ./gongjian is installing; waiting for it",
        say=progress.say,
    ):
        environment.ensure(checkout, home, progress, dev=dev)


def prepare_assets(stack: Stack, progress: Progress) -> None:
    """Built and gathered static files. Raises Stop."""
    root = Home(stack.checkout.workshop)
    with locked(
        root.path / "assets.lock",
        waiting="Another ./gongjian is building the assets; waiting for it",
        say=progress.say,
    ):
        if not assets.are_current(stack.checkout):
            with progress.step("assets", "Building the assets (npm)"):
                assets.build(stack.checkout, root, stack.environment())
        assets.gather(stack.checkout, stack.home, stack.environment())


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[Future[None]]:
    """Do `work` in a thread meanwhile; when the block fails, its commands are ended too."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        try:
            yield future
        except BaseException:
            process.end_finite_commands()
            raise


def find_or_lock(home: Home, progress: Progress) -> Instance | Lock:
    """A ready demo to use, or the right to run services on this data.

    While another launcher has the right but is not a ready demo, this waits.
    """
    home.make()
    lock = Lock(home.path / "run.lock")
    told = False
    while not lock.take():
        found = state.live(home)
        if found and found.kind == DEMO and found.is_ready:
            return found
        if not told:
            progress.say("Another ./gongjian is working on this data; waiting for it")
            told = True
        time.sleep(POLL_SECONDS)
    return lock


@contextmanager
def on_services(
    stack: Stack, progress: Progress, *, wanted: tuple[str, ...] = ALL_SERVICES
) -> Iterator[bool]:
    """Services up for the block; yields whether they are our own and thus need setting up.

    A running demo on the same data is used as it is; otherwise the embedded services are started,
    and stopped again afterwards.
    """
    held = find_or_lock(stack.home, progress)
    if isinstance(held, Instance):
        stack.ports = held.ports
        stack.is_demo = True
        yield False
        return
    supervisor = Supervisor(progress)
    try:
        state.clean_up(stack.home, progress)
        stack.is_demo = stack.is_demo or (stack.home.path / postgres.DEMO_STAMP).exists()
        stack.choose_ports(wanted)
        supervisor.changed = lambda: state.write(
            stack.home, supervisor, kind=COMMAND, ports=stack.ports
        )
        stack.start(supervisor)
        yield True
    finally:
        supervisor.stop()
        stack.home.run_file.unlink(missing_ok=True)
        held.release()


def ready_platform(stack: Stack, progress: Progress, *, is_own: bool) -> None:
    """The database set up, when the services are ours."""
    if is_own:
        platform_commands.set_up(stack, progress)
