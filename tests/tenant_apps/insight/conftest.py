"""A small unit to be frozen, in June (30 June lies before the tests' day) or in January after."""

import datetime as dt
from types import SimpleNamespace

import pytest

from tenant_apps.insight.models import Snapshot
from tenant_apps.insight.selectors import reports, snapshots
from tenant_apps.insight.services import taking
from tests.factories.organizations import NOW, admin, small_tree
from tests.factories.statistics import populate
from tests.scenes import scene

MORE_THAN_A_YEAR_ON = NOW + dt.timedelta(days=60)
"""January 2027: the year 2026 is over."""


@pytest.fixture
def tree(alpha):
    """root > (left > (l1, l2), right > r1, alone)."""
    return small_tree()


def crowded() -> SimpleNamespace:
    """The tree with 400 members of every sort."""
    tree = small_tree()
    populate([tree.l1, tree.l2, tree.r1, tree.alone], 400)
    return tree


def take(year: int = 2026, cut: str = "YEAR", *, actor=None, now=MORE_THAN_A_YEAR_ON) -> Snapshot:
    return taking.take(year=year, cut=cut, actor=actor or admin(), now=now)


crowd = scene(crowded)
snapshot = scene(lambda crowd: take(), on=crowd)


def sheets_at(snapshot: Snapshot, org=None, *, actor=None):
    """All tables of an organisation."""
    spot = snapshots.spot_of(actor or admin(), snapshot, org.pk if org else None)
    return reports.sheets(snapshot, spot.ground)
