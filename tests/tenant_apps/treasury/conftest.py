"""A unit with dues in its books: a committee, a general branch and its two branches."""

import datetime as dt
from types import SimpleNamespace

import pytest

from kernel.clock import today
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.services import ledger
from tenant_apps.organizations import selectors as organizations
from tenant_apps.treasury.services.vouchers import Entry
from tests.factories.dues import make_organization
from tests.factories.organizations import somebody
from tests.scenes import scene

BANK = "1001"
DAY = today()
NOON = dt.datetime.combine(DAY, dt.time(4), dt.UTC)
"""Noon in Beijing, today."""
A, B = 123_456, 76_544


def known(path: str):
    return next(one for one in organizations.known_organizations() if one.path == path)


def collect(path: str, fen: int, *, number: int = 1, at=NOON):
    """Dues of an organisation's members, in the dedicated account."""
    org = known(path)
    return ledger.post(
        debit=BANK,
        credit=chart.MEMBERS_DUES,
        amount_fen=fen,
        effect=f"test:{path}:{number}",
        at=at,
        memo="党费",
        org_path=path,
        org_id=org.id,
    )


def entry(fen: int, path: str = "0001", **more) -> Entry:
    values = {"happened_on": DAY, "summary": "第四季度", "bank": BANK, **more}
    return Entry(org=known(path), amount_fen=fen, **values)


def _books():
    for path in ("000100010001", "000100010002"):
        make_organization(path)
    collect("000100010001", A)
    collect("000100010002", B)
    return SimpleNamespace(
        ann=somebody(("treasurer", ""), name="会计安"),
        cas=somebody(("cashier", ""), name="出纳凯"),
        ada=somebody(("unit_admin", ""), name="艾达"),
    )


books = scene(_books)


@pytest.fixture
def people(books):
    return books
