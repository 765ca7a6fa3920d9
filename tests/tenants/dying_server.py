"""A worker that is killed in the middle of a heavy job: run as a process of its own.

Arguments: the unit, and whether it dies ``before`` or ``after`` the effect of the job.
"""

import os
import signal
import sys
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()

from kernel import jobs
from kernel.actor import Actor
from kernel.clock import now
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record
from tenants.services import turns


def leave_a_mark(*, number: int) -> None:
    """One mark in the unit, however often it is called."""
    if not audit.all_events().filter(code="turn.stamped").exists():
        record("turn.stamped", actor=Actor.system("test"), now=now())


stamp = jobs.Job(leave_a_mark, "export", jobs.Purpose.WORK)


def main(unit_id, place):
    def dying(*, number):
        if place == "after":
            leave_a_mark(number=number)
        os.kill(os.getpid(), signal.SIGKILL)

    stamp.name = "tests.tenants.dying_server.leave_a_mark"
    jobs._jobs[stamp.name] = stamp
    with unit_context(unit_id):
        turns.ask(stamp, unit_id, number=1)
    stamp.function = dying
    turns.serve(cost="export")


if __name__ == "__main__":
    main(UUID(sys.argv[1]), sys.argv[2])
