"""From which channels bills are fetched, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from shared_apps.payments.channels.bills import Bill
from shared_apps.payments.channels.wechat_bills import WeChatFundBill, WeChatTradeBill


class Readers(NamedTuple):
    """``trade`` is given the file and whose it must be; ``fund`` is None where there is none."""

    trade: Callable[[bytes, str], Bill]
    fund: Callable[[bytes], WeChatFundBill] | None


READERS: Final[Mapping[str, Readers]] = {
    "wechat": Readers(lambda content, mchid: WeChatTradeBill(content, mchid=mchid), WeChatFundBill),
}
