"""A runner as a process of its own.  Arguments: the wave, and how it ends.

``die N``: it is gone, as by kill -9, when it has sent the DDL of its Nth transaction and not yet
committed.  ``slow SECONDS``: it dwells that long in every transaction and prints a line there.
"""

import os
import sys
import time
from uuid import UUID

import django

django.setup()

from tenants.services import runner  # noqa: E402 - after the settings are read

_send, _calls = runner.replay.send, []
wave_id, how, value = UUID(sys.argv[1]), sys.argv[2], float(sys.argv[3])


def _dwell(cursor, statements):
    _calls.append(1)
    _send(cursor, statements)
    if how == "die" and len(_calls) == int(value):
        os._exit(9)
    if how == "slow":
        sys.stdout.write("in hand\n")
        sys.stdout.flush()
        time.sleep(value)


runner.replay.send = _dwell
sys.stdout.write(f"{runner.work(wave_id=wave_id).state}\n")
