"""Setting up the channels through which a unit is paid: dues flow to what is entered here."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from kernel.actor import Actor
from kernel.unit import current_unit_id, shared_context
from shared_apps.payments.channels.base import MerchantAccount
from shared_apps.payments.selectors import Channel
from shared_apps.payments.services import accounts
from shared_apps.payments.services.accounts import ChannelMaterialUnusable
from tenant_apps.audit.services import record

if TYPE_CHECKING:
    from shared_apps.payments.models import ChannelConfig

_COMMON: Final = ("mchid", "appid", "merchant_private_key", "platform_public_key")
PARTS: Final[Mapping[Channel, tuple[str, ...]]] = {
    Channel.WECHAT: (*_COMMON, "merchant_serial", "apiv3_key", "platform_key_id"),
    Channel.ALIPAY: _COMMON,
    Channel.BANK: (*_COMMON, "merchant_certificate"),
}
"""What each channel gives a unit, by the names of ``MerchantAccount``."""


def set_up(
    *, channel: Channel, parts: Mapping[str, str], actor: Actor, now: dt.datetime
) -> ChannelConfig:
    """Makes an account at the channel the unit's own, in place of one that it had there.

    Keys may be PEM texts or, as some channels hand them out, their bare letters; they are sealed
    and shown to nobody again.  Orders under the account before are still understood.

    Raises ChannelMaterialUnusable naming the part that is missing or cannot be used, and Forbidden
    for anybody but the unit's administrator.
    """
    account = MerchantAccount(
        **{name: _read(name, parts.get(name, "")) for name in PARTS[channel]},
        base_url=accounts.address_of(channel),
    )
    unit_id = current_unit_id()
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


def _read(name: str, text: str) -> str:
    text = text.strip()
    if not text:
        raise ChannelMaterialUnusable(part=name)
    if name not in {"merchant_private_key", "platform_public_key"} or "-----BEGIN" in text:
        return text
    try:
        return _framed(name, base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, TypeError, ValueError) as error:
        raise ChannelMaterialUnusable(part=name) from error


def _framed(name: str, raw: bytes) -> str:
    if name == "merchant_private_key":
        key = load_der_private_key(raw, password=None)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = load_der_public_key(raw)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
