"""The nightly proof of a unit: every rule of its books is asked and what was found is kept."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from shared_apps.proof.selectors.checks import invariants
from shared_apps.proof.services.keeping import keep
from tenant_apps.treasury.services.sealing import seal


def prove_unit(*, unit_id: UUID, now: dt.datetime) -> int:
    """Asks first and seals then, so that a night that found a broken seal never covers it up;
    returns how many rules do not hold.  Done twice, it says the same.
    """
    found = invariants(now=now)
    keep(found=found, now=now)
    seal(now=now)
    return sum(not check.holds for check in found)
