"""Checkouts small enough to start in a moment: the launcher, a lock, and a platform of one file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNREACHABLE = "http://127.0.0.1:9/simple"
PLATFORM = "import os, sys\nprint('platform:', *sys.argv[1:])\n"


def small_checkout(folder: Path, *, lock: str = "") -> Path:
    """A copy of the launcher with its lists, beside a lock of its own; nothing of the product."""
    shutil.copy(ROOT / "gongjian", folder / "gongjian")
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "requirements.lock").write_text(lock, encoding="utf-8")
    package = folder / "platform" / "config"
    package.mkdir(parents=True)
    shutil.copy(ROOT / "platform" / "config" / "workers.toml", package)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PLATFORM, encoding="utf-8")
    return folder


def gongjian(folder: Path, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the launcher there with next to nothing in its environment."""
    path = f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{os.defpath}"
    return subprocess.run(
        [sys.executable, "gongjian", *words],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "PIP_INDEX_URL": UNREACHABLE} | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
