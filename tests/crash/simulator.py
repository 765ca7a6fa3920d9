"""The simulated channels as a process: ``python -m tests.crash.simulator FOLDER SCALE [AHEAD]``.

Prints its address.  Retries and refunds take a ``SCALE``-th of their time; with a file ``AHEAD``
the channels lead, see ``following``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

import django


def main() -> None:
    django.setup()
    from shared_apps.payments.simulator import server  # noqa: PLC0415 - needs Django
    from tests.crash.following import leading  # noqa: PLC0415 - needs Django

    folder, scale, *ahead = sys.argv[1:]
    kind = leading(Path(ahead[0])) if ahead else server.ScaledClock
    with mock.patch.object(server, "ScaledClock", kind):
        simulator = server.PaySim(Path(folder), scale=float(scale), leads=bool(ahead))
    sys.stdout.write(f"{simulator.address}\n")
    sys.stdout.flush()
    simulator.serve()


if __name__ == "__main__":
    main()
