"""Every other word: tests, checks, benchmarks, and commands of the platform itself."""

import sys
import time
from pathlib import Path

from tools.launcher import instance, platform_commands, process
from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home
from tools.launcher.output import Progress
from tools.launcher.services import postgres, valkey
from tools.launcher.stack import EMBEDDED, Stack

NEEDS_NOTHING = {
    "help",
    "version",
    "makemessages",
    "compilemessages",
    "collectstatic",
    "spectacular",
}
NEEDS_NO_TABLES = {"setup", "check", "makemigrations", "showmigrations", "sqlmigrate", "migrate"}
SPREAD = ("-n", "2", "--dist", "loadgroup")  # tests that share a browser stay together
FAST = ("-m", "not slow and not browser")


def test(checkout: Checkout, arguments: list[str], progress: Progress) -> int:
    """All tests, on services and data of its own; the demo's are never touched."""
    instance.ensure_environment(checkout, progress, dev=True)
    stack = Stack(checkout, Home(checkout.data / "test"), durable=False)
    with instance.on_services(stack, progress, wanted=(postgres.NAME, valkey.NAME)):
        instance.prepare_assets(stack, progress)
        progress.say("Running the tests")
        return process.foreground(
            [str(checkout.python), "-m", "pytest", *pytest_arguments(arguments)],
            env=_test_environment(stack),
            cwd=checkout.root,
        )


def pytest_arguments(arguments: list[str]) -> list[str]:
    """`--fast` leaves slow and browser tests out; two processes unless something else is said."""
    rest = [word for word in arguments if word != "--fast"]
    alone = {"--pdb", "-s", "--lf", "--collect-only"}
    is_alone = alone.intersection(rest) or any(word.startswith("-n") for word in rest)
    spread = () if is_alone else SPREAD
    return [*spread, *(FAST if "--fast" in arguments else ()), *rest]


def check(checkout: Checkout, progress: Progress) -> int:
    """Every static check, all of them even when one fails."""
    instance.ensure_environment(checkout, progress, dev=True)
    stack = Stack(checkout, Home(checkout.data / "test"), durable=False)
    failed = []
    with instance.on_services(stack, progress, wanted=(postgres.NAME, valkey.NAME)):
        for name, command in checks(checkout).items():
            began = time.monotonic()
            code = process.foreground(command, env=stack.environment(), cwd=checkout.root)
            seconds = time.monotonic() - began
            progress.say(f"{name}: {'failed' if code else 'ok'} ({seconds:.1f} s)")
            if code:
                failed.append(name)
    if failed:
        raise Stop(f"Failed: {', '.join(failed)}.")
    progress.say("All checks passed")
    return 0


def checks(checkout: Checkout) -> dict[str, list[str]]:
    """Name and command of each."""
    python = str(checkout.python)
    folders = [
        name
        for name in ("platform", "tenants", "shared_apps", "tenant_apps", "onboarding")
        if (checkout.root / name).is_dir()
    ]
    return {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "import contracts": [python, str(checkout.venv / "bin" / "lint-imports")],
        "templates": [python, "-m", "djlint", "--quiet", "--lint", *folders],
        "migrations": [python, "-m", "config", "makemigrations", "--check", "--dry-run"],
        "system checks": [python, "-m", "config", "check"],
    }


def bench(checkout: Checkout, arguments: list[str], progress: Progress) -> int:
    """A benchmark, in an installation of its own; the baselines are development packages."""
    instance.ensure_environment(checkout, progress, dev=True)
    stack = Stack(checkout, Home(checkout.data / "bench"))
    with instance.on_services(stack, progress, wanted=(postgres.NAME, valkey.NAME)):
        instance.prepare_assets(stack, progress)
        return process.foreground(
            [str(checkout.python), "-m", "tests.bench", *arguments],
            env=_test_environment(stack),
            cwd=checkout.root,
        )


def hand_over(checkout: Checkout, words: list[str], progress: Progress) -> int:
    """`python -m config WORD …` in the environment, with services up when it may need them."""
    instance.ensure_environment(checkout, progress)
    stack = Stack(checkout, Home(checkout.data))
    if words[0] in NEEDS_NOTHING or "--help" in words:
        stack.home.make()
        stack.ports = {name: port for name, (_, port) in EMBEDDED.items()}
        return _config(stack, words)
    with instance.on_services(stack, progress) as is_own:
        if is_own and words[0] not in NEEDS_NO_TABLES:
            platform_commands.set_up(stack, progress)
        return _config(stack, words)


def _test_environment(stack: Stack) -> dict[str, str]:
    """Also the server on which tests and benches make databases of their own."""
    env = stack.environment()
    env.setdefault("TEST_DATABASE_URL", env["DATABASE_ADMIN_URL"].rpartition("/")[0])
    return env


def _config(stack: Stack, words: list[str]) -> int:
    sys.stdout.flush()
    command = [str(stack.checkout.python), "-m", "config", *words]
    return process.foreground(command, env=stack.environment(), cwd=Path.cwd())
