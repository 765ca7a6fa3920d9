"""The simulated channels as a process of their own: ``python -m tests.crash.simulator FOLDER``.

Prints its address.  What is owed to refunds and repeated callbacks comes a thousand times sooner.
"""

from __future__ import annotations

import sys
from pathlib import Path

from shared_apps.payments.simulator.server import PaySim


def main() -> None:
    simulator = PaySim(Path(sys.argv[1]), scale=float(sys.argv[2]))
    sys.stdout.write(f"{simulator.address}\n")
    sys.stdout.flush()
    simulator.serve()


if __name__ == "__main__":
    main()
