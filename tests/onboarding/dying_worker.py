"""A worker that dies in the middle of a chunk: run as a process of its own.

Arguments: the import's id and the number of the chunk after whose members it dies, before the
transaction commits.
"""

import os
import sys
from uuid import UUID

import django

django.setup()

from onboarding.services import importing  # noqa: E402 - after the settings are read

importing.CHUNK = 10
_record, _calls = importing.affiliations.record, []


def _die(**kwargs):
    _calls.append(1)
    if len(_calls) == int(sys.argv[2]):
        os._exit(9)
    _record(**kwargs)


importing.affiliations.record = _die
importing.store(import_id=UUID(sys.argv[1]))
