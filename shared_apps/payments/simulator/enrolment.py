"""Making a demo unit a merchant of the simulated channel."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from django.apps import apps

from kernel.actor import Actor
from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.channels.base import MerchantAccount
from shared_apps.payments.models import ChannelConfig
from shared_apps.payments.services import accounts
from shared_apps.payments.simulator.keys import merchant_material


def enrol(*, unit_id: UUID, name: str, now: datetime) -> ChannelConfig:
    """Register the unit with the simulator and store the account as its way to be paid.

    Doing it again changes nothing but the simulator's address, should that have moved. Runs on the
    shared tables; the simulator need not be running.
    """
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    material = merchant_material(payments.simulator_folder, str(unit_id), name=name)
    return accounts.configure(
        unit_id=unit_id,
        account=MerchantAccount(**material, base_url=payments.simulator_url),
        actor=Actor.system("demo"),
        now=now,
    )
