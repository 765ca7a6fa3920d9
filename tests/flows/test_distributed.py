"""The way of money sends nothing that a cluster would refuse or silently do otherwise."""

from __future__ import annotations

from django.db import connection

from tests.flows import test_pay_dues as pay
from tests.flows.test_pay_dues import (  # noqa: F401 - fixtures of the simulator
    account,
    ben,
    channel,
    cleo,
    core,
    mailbag,
    shop,
    store,
    wall,
)
from tests.tenants.statements import Recorder, conflicts


def test_from_issue_to_receipt_on_a_cluster(shop, ben, cleo, core, channel):  # noqa: F811
    heard = Recorder()
    with connection.execute_wrapper(heard):
        pay.test_from_issue_to_receipt(shop, ben, cleo, core, channel)
    locking = [text for text in heard.texts if " FOR UPDATE" in text or "FOR NO KEY" in text]
    assert len(locking) >= 3
    assert any("dues_bill" in text for text in locking)
    assert {text: found for text in heard.texts if (found := conflicts(text))} == {}
