"""The bank's gateway for tests: a payer who brings the merchant's form, as a browser would."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared_apps.payments.simulator.books import Order
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.protocol import Reply


def bring(core: GatewayCore, pay_url: str) -> Reply:
    """The payer's browser posts the form that the address carries."""
    split = urlsplit(pay_url)
    return core.handle(
        "POST", f"{split.scheme}://{split.netloc}{split.path}", {}, split.query.encode()
    )


def pay(core: GatewayCore, pay_url: str, number: str) -> Order:
    """The payer brings the form and pays."""
    assert bring(core, pay_url)[0] == 303
    return core.pay(core.books.orders_numbered(number)[0].prepay_id)
