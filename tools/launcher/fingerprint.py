"""Digests of sources, to see whether a step's result is still good."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tools.launcher.home import Checkout

PACKAGES = ("platform", "tenants", "shared_apps", "tenant_apps", "onboarding")
NOT_SOURCE = {"__pycache__", "templates", "static", "node_modules"}


def of_files(root: Path, files: Iterable[Path]) -> str:
    """SHA-256 over names and contents, independent of order and of where the checkout lies."""
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def of_sources(checkout: Checkout) -> str:
    """Everything that decides what `config setup` and `config demo_data` write."""
    return of_files(
        checkout.root,
        [checkout.root / "requirements.lock"]
        + [
            path
            for package in PACKAGES
            for path in (checkout.root / package).rglob("*")
            if not NOT_SOURCE.intersection(path.relative_to(checkout.root).parts)
        ],
    )


def of_assets(checkout: Checkout) -> str:
    """Everything the asset build reads."""
    root = checkout.root
    named = [root / "package.json", root / "package-lock.json", root / ".npmrc"]
    return of_files(root, [*named, *(root / "assets").rglob("*")])


def of_static(checkout: Checkout) -> str:
    """Everything `collectstatic` gathers: built assets, static folders of our apps, packages."""
    root = checkout.root
    files = [root / "requirements.lock", *(root / "static_build").rglob("*")]
    files += (root / "platform" / "config" / "settings").glob("*.py")
    for package in PACKAGES:
        files += (root / package).rglob("static/**/*")
    return of_files(root, files)
