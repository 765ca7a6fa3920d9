"""A worker that is killed in the middle of periodic work: run as a process of its own.

Argument: where it dies. ``claimed``: nothing begun; ``begun``: in the body, before its effect;
``done``: after the effect of the first unit, before the mark; ``between``: after the first mark.
"""

import os
import signal
import sys

import django

if __name__ == "__main__":
    django.setup()

from kernel.actor import Actor
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record
from tenants import timetable
from tenants.services import periodic

WORK = "stamp"


def stamp(*, unit_id, now):
    """Leaves one mark in the unit, however often it is called."""
    if not audit.all_events().filter(code="periodic.stamped").exists():
        record("periodic.stamped", actor=Actor.system("test"), now=now)


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


def main(place):
    def body(*, unit_id, now):
        if place == "begun":
            _die()
        stamp(unit_id=unit_id, now=now)
        if place == "done":
            _die()

    perform = periodic.perform

    def once(held, *, now):
        if place == "claimed":
            _die()
        perform(held, now=now)
        _die()

    timetable._works.clear()
    periodic.every_unit(body, label="试运行", seconds=86_400, name=WORK)
    periodic.perform = once
    periodic.run(cost="bulk")


if __name__ == "__main__":
    main(sys.argv[1])
