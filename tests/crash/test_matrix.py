"""A sample of the crash matrix; ``./gongjian bench crash`` runs all of it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
def test_whoever_is_killed_the_books_hold_and_the_channels_say_the_same():
    told = subprocess.run(
        [sys.executable, "-m", "tests.crash.sample"],
        cwd=settings.ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr[-3000:]
