"""From which channels bills are fetched, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from shared_apps.payments.channels.alipay_bills import AlipayTradeBill
from shared_apps.payments.channels.alipay_funds import AlipayFundBill
from shared_apps.payments.channels.bank_bills import BankFundBill, BankTradeBill
from shared_apps.payments.channels.bills import Bill, FundBill
from shared_apps.payments.channels.wechat_bills import WeChatFundBill, WeChatTradeBill


class Readers(NamedTuple):
    """Each is given the file and whose it must be."""

    trade: Callable[[bytes, str], Bill]
    fund: Callable[[bytes, str], FundBill]


READERS: Final[Mapping[str, Readers]] = {
    "wechat": Readers(
        lambda content, mchid: WeChatTradeBill(content, mchid=mchid),
        lambda content, _mchid: WeChatFundBill(content),
    ),
    "alipay": Readers(
        lambda content, mchid: AlipayTradeBill(content, mchid=mchid),
        lambda content, mchid: AlipayFundBill(content, mchid=mchid),
    ),
    "bank": Readers(
        lambda content, mchid: BankTradeBill(content, mchid=mchid),
        lambda content, mchid: BankFundBill(content, mchid=mchid),
    ),
}
