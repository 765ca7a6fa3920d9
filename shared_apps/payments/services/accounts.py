"""A unit's account with a channel: storing it, and speaking in its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

from django.apps import apps
from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Invalid
from kernel.permissions import require
from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.channels import CHANNELS
from shared_apps.payments.channels.base import (
    Adapter,
    CallbackReader,
    MerchantAccount,
    Misconfigured,
)
from shared_apps.payments.models import Channel, ChannelConfig
from shared_apps.payments.permissions import PaymentPermission
from tenants.models import schema_name_of

_COLUMN = "payments.channelconfig.secrets"
NOTIFY_PATH = "/pay/n/{channel}/{uid}"


class ChannelMaterialUnusable(Invalid):
    code = "channel_material_unusable"
    sentence = "支付渠道参数「{part}」不正确，请核对后重新填写。"


@transaction.atomic
def configure(
    *,
    unit_id: UUID,
    account: MerchantAccount,
    actor: Actor,
    now: datetime,
    channel: Channel = Channel.WECHAT,
) -> ChannelConfig:
    """Make this account the unit's way to be paid through the channel.

    The account is tried on the adapter first; raises ChannelMaterialUnusable naming the part that
    cannot be used, Forbidden for anybody but the unit's administrator (or a job). Storing the same
    account again changes nothing but the channel's address; another account replaces it, and orders
    made under the old one are still understood. Runs on the shared tables.
    """
    if actor.kind != "job":
        require(actor, PaymentPermission.CHANNEL_CONFIGURE)
    try:
        CHANNELS[channel].adapter(account)
    except Misconfigured as error:
        raise ChannelMaterialUnusable(part=str(error)) from error
    current = (
        ChannelConfig.objects.select_for_update()
        .filter(unit_id=unit_id, channel=channel, is_active=True)
        .first()
    )
    if current is not None and replace(account_of(current), base_url=account.base_url) == account:
        current.base_url = account.base_url
        current.save(update_fields=["base_url"])
        return current
    if current is not None:
        current.is_active = False
        current.save(update_fields=["is_active"])
    return _store(unit_id, channel, account, now)


def retire(*, unit_id: UUID) -> int:
    """Wipes the keys of a closed unit's accounts; returns how many.  Orders stay, callbacks for
    them are refused from now on.  Doing it again changes nothing.
    """
    live = ChannelConfig.objects.filter(unit_id=unit_id).exclude(secrets_sealed=b"")
    return live.update(secrets_sealed=b"", is_active=False)


def account_of(config: ChannelConfig) -> MerchantAccount:
    """The account with its keys opened; it lives in memory only."""
    secrets = _opened(bytes(config.secrets_sealed))
    return MerchantAccount(
        mchid=config.mchid,
        appid=config.appid,
        merchant_serial=config.merchant_serial,
        merchant_private_key=secrets["merchant_private_key"],
        apiv3_key=secrets["apiv3_key"],
        merchant_certificate=secrets.get("merchant_certificate", ""),
        platform_key_id=config.platform_key_id,
        platform_public_key=config.platform_public_key,
        base_url=config.base_url,
    )


def adapter_for(config: ChannelConfig) -> Adapter:
    """The adapter that speaks in the name of this account."""
    return _adapter(config.channel, account_of(config))


def reader_for(config: ChannelConfig) -> CallbackReader:
    """The reader of callbacks addressed to this account."""
    return _reader(config.channel, account_of(config))


def notify_url(config: ChannelConfig) -> str:
    """Where the channel reports payments of this account: a path, never a query string."""
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    return payments.notify_origin + NOTIFY_PATH.format(channel=config.channel, uid=config.uid)


def address_of(channel: Channel) -> str:
    """Where the channel is spoken to: in the demo the simulator, else the channel's own address."""
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    return payments.simulator_url if payments.is_simulated else CHANNELS[channel].address


def _store(
    unit_id: UUID, channel: Channel, account: MerchantAccount, now: datetime
) -> ChannelConfig:
    secrets = {
        "merchant_private_key": account.merchant_private_key,
        "apiv3_key": account.apiv3_key,
        "merchant_certificate": account.merchant_certificate,
    }
    return ChannelConfig.objects.create(
        unit_id=unit_id,
        unit_role=schema_name_of(unit_id),
        channel=channel,
        mchid=account.mchid,
        appid=account.appid,
        merchant_serial=account.merchant_serial,
        platform_key_id=account.platform_key_id,
        platform_public_key=account.platform_public_key,
        secrets_sealed=platform_cipher().seal(json.dumps(secrets), column=_COLUMN),
        base_url=account.base_url,
        created_at=now,
    )


@lru_cache(maxsize=512)
def _opened(sealed: bytes) -> Mapping[str, str]:
    """Opened once: every callback needs them."""
    opened: dict[str, str] = json.loads(platform_cipher().open(sealed, column=_COLUMN))
    return opened


@lru_cache(maxsize=512)
def _adapter(channel: str, account: MerchantAccount) -> Adapter:
    """Parsing a private key costs as much as signing with it ten times."""
    return CHANNELS[channel].adapter(account)


@lru_cache(maxsize=512)
def _reader(channel: str, account: MerchantAccount) -> CallbackReader:
    return CHANNELS[channel].reader(account)
