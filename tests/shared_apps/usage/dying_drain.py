"""A drain that stops in the middle and waits to be killed: run as a process of its own.

Argument: ``folding`` stops after the fold and before its commit, ``placing`` between the commit
of the fold and the days of places.
"""

import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402 - after the settings are read

from shared_apps.usage.services import folding, rollups  # noqa: E402


def _wait(*args, **kwargs):
    print("here", flush=True)  # noqa: T201 - the test listens
    time.sleep(60)


def _after_the_fold(execute, sql, params, many, context):
    answer = execute(sql, params, many, context)
    if sql == folding.FOLD:
        _wait()
    return answer


if sys.argv[1] == "folding":
    with connection.execute_wrapper(_after_the_fold):
        rollups.drain()
else:
    rollups.place = _wait
    rollups.drain()
