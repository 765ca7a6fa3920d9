"""What a process inside a cell does for the test: ``python -m tests.cells.doing WORD…``.

minute  what the timetable does every minute; tells what hindered it
seat    signs an operator in and tells the cookie
units   how many units there are
map     the map of the edge
"""

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.test import Client  # noqa: E402

from shared_apps.fleet.services import standings, summaries  # noqa: E402
from shared_apps.usage.services import rollups  # noqa: E402
from tenants.cells import registry  # noqa: E402
from tenants.models import Unit  # noqa: E402
from tests import cast  # noqa: E402


def seat():
    return cast.staff(Client(), "operator").cookies[settings.SIGN_IN_COOKIE].value


def minute():
    rollups.drain()
    standings.refresh()
    summaries.exchange()
    return summaries.problem()


WORDS = {
    "minute": minute,
    "seat": seat,
    "units": Unit.objects.count,
    "map": registry.edge_map,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps({word: WORDS[word]() for word in sys.argv[1:]}))
