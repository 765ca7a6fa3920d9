"""The virtual environment: made from the hashed lock, remade when it was left half done."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.launcher import failures, process
from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home, read_json, write_json
from tools.launcher.output import Progress

RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
STAMP = "gongjian.json"
MAKING = "gongjian.making"
UNWANTED = (
    "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PIP_USER", "PIP_TARGET", "PIP_PREFIX",
    # Six processes that each compile four hundred files anew would be half of a start.
    "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip


def children_env(checkout: Checkout, environ: Mapping[str, str]) -> dict[str, str]:
    """What every program inside the environment is started with."""
    env = {name: value for name, value in environ.items() if name not in UNWANTED}
    env["VIRTUAL_ENV"] = str(checkout.venv)
    env["PATH"] = f"{checkout.venv / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}"
    env["PYTHONPATH"] = f"{checkout.root}{os.pathsep}{checkout.root / 'platform'}"
    env["PYTHONUNBUFFERED"] = env["PYTHONUTF8"] = "1"
    env.setdefault("LANG", "C.UTF-8")
    env.setdefault("HOME", str(checkout.data))
    certificates = env.get("SSL_CERT_FILE") or env.get("PIP_CERT")
    if certificates:
        env.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    return env


def ensure(checkout: Checkout, home: Home, progress: Progress, *, dev: bool) -> None:
    """Make or complete `.venv` when the lock, the Python or the place have changed.

    A run that was killed leaves its mark behind, and the next one starts afresh; an environment
    somebody else made is completed, never thrown away. Raises Stop with what to do.
    """
    if is_current(checkout, dev=dev):
        return
    log = home.log("environment")
    if not _is_usable(checkout):
        with progress.step("venv", "Making .venv"):
            _make(checkout, log)
    wanted = "product and development packages" if dev else "packages"
    with progress.step("packages", f"Installing {wanted} (about 20 s with a fast network)"):
        _install(checkout, log, dev=dev)
    _stamp(checkout, dev=dev)


def is_current(checkout: Checkout, *, dev: bool) -> bool:
    """Whether the environment is what the lock files ask for, and still complete."""
    wanted = {"base": _base(checkout), "runtime": _digest(checkout, RUNTIME_LOCK)}
    if dev:
        wanted["dev"] = _digest(checkout, DEV_LOCK)
    stamp = read_json(checkout.venv / STAMP)
    if (checkout.venv / MAKING).exists() or not checkout.python.exists():
        return False
    if not isinstance(stamp, dict) or any(stamp.get(key) != wanted[key] for key in wanted):
        return False
    site = checkout.site_packages
    return all((site / name / "RECORD").exists() for name in stamp.get("packages", ["?"]))


def _is_usable(checkout: Checkout) -> bool:
    """A working Python of our version with pip, at the place it was made for, not half made."""
    if (checkout.venv / MAKING).exists() or not checkout.python.exists():
        return False
    stamp = read_json(checkout.venv / STAMP)
    if isinstance(stamp, dict) and stamp.get("base") != _base(checkout):
        return False
    question = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    try:
        answer, _ = process.capture(
            [str(checkout.python), "-I", "-c", question],
            log=Path(os.devnull), env=os.environ, cwd=checkout.root,
        )  # fmt: skip
    except (process.CommandFailed, OSError):
        return False
    return answer.split() == [str(checkout.venv), *map(str, sys.version_info[:2])]


def _make(checkout: Checkout, log: Path) -> None:
    if checkout.venv.is_symlink():
        checkout.venv.unlink()
    try:
        shutil.rmtree(checkout.venv, ignore_errors=True)
        checkout.venv.mkdir(exist_ok=True)
        (checkout.venv / MAKING).touch()
    except OSError as error:
        raise Stop(
            f"{checkout.venv} cannot be written ({error.strerror}); make {checkout.root} "
            "writable for you, or work in a copy of your own."
        ) from error
    python = getattr(sys, "_base_executable", sys.executable)  # ours may lie in what we replace
    command = [python, "-I", "-m", "venv", str(checkout.venv)]
    try:
        process.run(command, log=log, env=os.environ, cwd=checkout.root)
    except process.CommandFailed as failure:
        version = "python{}.{}".format(*sys.version_info[:2])
        if "ensurepip" in failure.output:
            raise Stop(
                f"This Python cannot make virtual environments; install what it lacks "
                f"(Debian: apt install {version}-venv) and run this again.",
                log=log,
            ) from failure
        raise Stop("The virtual environment could not be made.", log=log) from failure


def _install(checkout: Checkout, log: Path, *, dev: bool) -> None:
    """Both locks are complete, so pip resolves nothing: it fetches, checks hashes and unpacks.

    An environment of ours is marked meanwhile: pip takes a package it was killed in the middle of
    for installed.
    """
    if (checkout.venv / STAMP).exists():
        (checkout.venv / MAKING).touch()
    command = [
        str(checkout.python), "-m", "pip", "install", "--require-hashes", "--no-deps",
        "--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar=off",
        "--retries=2", "-r", DEV_LOCK if dev else RUNTIME_LOCK,
    ]  # fmt: skip
    try:
        process.run(command, log=log, env=children_env(checkout, os.environ), cwd=checkout.root)
    except process.CommandFailed as failure:
        (checkout.venv / MAKING).unlink(missing_ok=True)
        sentence = failures.explain(
            failure.output, failures.PIP, "The packages could not be installed."
        )
        raise Stop(sentence, log=log) from failure


def _stamp(checkout: Checkout, *, dev: bool) -> None:
    write_json(
        checkout.venv / STAMP,
        {
            "base": _base(checkout),
            "runtime": _digest(checkout, RUNTIME_LOCK),
            "dev": _digest(checkout, DEV_LOCK) if dev else None,
            "packages": sorted(path.name for path in checkout.site_packages.glob("*.dist-info")),
        },
    )
    (checkout.venv / MAKING).unlink(missing_ok=True)


def _base(checkout: Checkout) -> list[str]:
    """What an environment is bound to: where it lies and which Python made it."""
    return [str(checkout.venv), "{}.{}".format(*sys.version_info[:2])]


def _digest(checkout: Checkout, lock: str) -> str:
    try:
        return hashlib.sha256((checkout.root / lock).read_bytes()).hexdigest()
    except FileNotFoundError:
        raise Stop(f"{checkout.root / lock} is missing; restore it: git checkout {lock}") from None
