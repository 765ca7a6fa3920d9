"""Making a demo unit a merchant of the simulated channel."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from django.apps import apps

from kernel.actor import Actor
from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.channels.base import MerchantAccount
from shared_apps.payments.models import Channel, ChannelConfig
from shared_apps.payments.services import accounts
from shared_apps.payments.simulator.bank_keys import BankKeys
from shared_apps.payments.simulator.console import link
from shared_apps.payments.simulator.keys import KeyStore


def console_link() -> str:
    """The address of the simulator's own page, which lets its reader in."""
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    return link(payments.simulator_url, KeyStore(payments.simulator_folder).admin_key)


def enrol(*, unit_id: UUID, name: str, now: datetime) -> ChannelConfig:
    """Register the unit with the simulator's channels and store the accounts as its ways to be
    paid; returns WeChat's.

    Doing it again changes nothing but the simulator's address, should that have moved. Runs on the
    shared tables; the simulator need not be running.
    """
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    store = KeyStore(payments.simulator_folder)
    bank = BankKeys(payments.simulator_folder / "bank")
    materials = {
        Channel.WECHAT: store.merchant_material(str(unit_id), name=name),
        Channel.ALIPAY: store.alipay_material(str(unit_id), name=name),
        Channel.BANK: bank.merchant_material(str(unit_id), name=name),
    }
    stored = {
        channel: accounts.configure(
            unit_id=unit_id,
            channel=channel,
            account=MerchantAccount(**material, base_url=payments.simulator_url),
            actor=Actor.system("demo"),
            now=now,
        )
        for channel, material in materials.items()
    }
    return stored[Channel.WECHAT]
