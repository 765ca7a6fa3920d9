"""Where the processes of each program keep their figures, so that any of them can add all up."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings


def own_folder() -> Path | None:
    """Where this process keeps its figures; None when it is the only one that counts."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(folder) if folder else None


def start_afresh() -> None:
    """Throws away what an earlier start of this program left; before its first child."""
    folder = own_folder()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)


def all_folders() -> Path:
    """One folder per program."""
    return Path(settings.DATA) / "metrics"
