"""Setting up the channels through which a unit is paid: dues flow to what is entered here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kernel.actor import Actor
from kernel.permissions import require
from kernel.unit import current_unit_id, shared_context
from shared_apps.payments.permissions import PaymentPermission
from shared_apps.payments.services import accounts
from tenant_apps.audit.services import record

if TYPE_CHECKING:
    from shared_apps.payments.models import Channel, ChannelConfig


def set_up(
    *, channel: Channel, parts: Mapping[str, str], actor: Actor, now: dt.datetime
) -> ChannelConfig:
    """Makes an account at the channel the unit's own, in place of one that it had there.

    ``parts`` are what the channel gave the unit, by the names of ``MerchantAccount``; keys are
    sealed and shown to nobody again.  Orders under the account before are still understood.

    Raises ChannelMaterialUnusable naming the part that cannot be used.
    """
    require(actor, PaymentPermission.CHANNEL_CONFIGURE)
    unit_id = current_unit_id()
    account = accounts.MerchantAccount(**parts, base_url=accounts.address_of(channel))
    with shared_context():
        config = accounts.configure(
            unit_id=unit_id, channel=channel, account=account, actor=actor, now=now
        )
    record(
        "channel.configured",
        actor=actor,
        now=now,
        subject_type="channel",
        subject_id=config.pk,
        channel=config.channel,
        mchid=config.mchid,
    )
    return config
