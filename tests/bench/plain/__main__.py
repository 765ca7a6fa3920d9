"""``python -m tests.bench.plain WORD …``: what the benches ask of plain django-tenants.

``open N`` makes N more tenants by their migrations; ``migrate`` brings all of them up with the
multiprocessing executor.  Prints seconds as JSON.
"""

from __future__ import annotations

import io
import json
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the settings are read

from tests.bench.plain.models import Tenant  # noqa: E402


def opened(count: int) -> list[float]:
    """Seconds that each tenant took."""
    call_command("migrate_schemas", shared=True, verbosity=0, stdout=io.StringIO())
    seconds = []
    known = Tenant.objects.count()
    for number in range(known, known + count):
        began = time.perf_counter()
        Tenant.objects.create(schema_name=f"plain_{number}", name=f"Tenant {number}")
        seconds.append(time.perf_counter() - began)
    return seconds


def migrated() -> float:
    """Seconds of one run over all tenants."""
    began = time.perf_counter()
    call_command(
        "migrate_schemas",
        tenant=True,
        executor="multiprocessing",
        verbosity=0,
        stdout=io.StringIO(),
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    result = opened(int(sys.argv[2])) if sys.argv[1] == "open" else migrated()
    sys.stdout.write(json.dumps(result))
