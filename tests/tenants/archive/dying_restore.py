"""A process that dies in the middle of a restore, with the side schema built and renamed.

Arguments: the unit's id and the archive.
"""

import os
import sys
from uuid import UUID

import django

django.setup()

from kernel.actor import Actor  # noqa: E402 - after the settings are read
from kernel.clock import now  # noqa: E402 - the same
from tenants.models import Unit  # noqa: E402 - the same
from tenants.services import archives  # noqa: E402 - the same

with open(sys.argv[2], "rb") as source:  # noqa: PTH123 - plainly
    archives.restore(
        unit=Unit.objects.get(pk=UUID(sys.argv[1])),
        source=source,
        actor=Actor.system("test"),
        now=now(),
        on_swap=lambda cursor, done: os._exit(9),
    )
