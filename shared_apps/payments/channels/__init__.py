"""The channels that this platform speaks, by the value of `models.Channel`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from shared_apps.payments.channels.alipay import AlipayAdapter
from shared_apps.payments.channels.alipay_callback import AlipayCallbackReader
from shared_apps.payments.channels.bank import BankAdapter
from shared_apps.payments.channels.bank_callback import BankCallbackReader
from shared_apps.payments.channels.base import Adapter, CallbackReader, MerchantAccount
from shared_apps.payments.channels.wechat import WeChatAdapter
from shared_apps.payments.channels.wechat_callback import WeChatCallbackReader


class Speech(NamedTuple):
    """How one channel is spoken to, and how what it says is read."""

    adapter: Callable[[MerchantAccount], Adapter]
    reader: Callable[[MerchantAccount], CallbackReader]
    address: str
    """Where it is spoken to in earnest; the demo speaks to the simulator instead."""

    posts_form: bool = False
    """Whether the payer's browser posts the query of the page's address instead of opening it."""


CHANNELS: Final[Mapping[str, Speech]] = {
    "wechat": Speech(WeChatAdapter, WeChatCallbackReader, "https://api.mch.weixin.qq.com"),
    "alipay": Speech(AlipayAdapter, AlipayCallbackReader, "https://openapi.alipay.com"),
    "bank": Speech(BankAdapter, BankCallbackReader, "https://ebspay.boc.cn", posts_form=True),
}
