"""Asking plain django-tenants in a process of its own, on the database of the bench."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.onboarding.processes import environment


def ask(*words: str, folder: Path, migrations: str = "") -> Any:
    """``migrations`` is ``app:package`` where the app's migrations lie elsewhere, in ``folder``."""
    env = environment(folder)
    env["DJANGO_SETTINGS_MODULE"] = "tests.bench.plain.settings"
    env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(folder)])
    env["PLAIN_MIGRATIONS"] = migrations
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.plain", *words],
        env=env,
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])
