"""What a unit enters of its account at a channel, channel by channel.  Nothing here saves."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from django import forms
from django.core.exceptions import ValidationError

from shared_apps.payments.models import Channel

_KEY_LIMIT: Final = 8000


class Part(NamedTuple):
    """One part of an account: ``kind`` text, secret, private, public or certificate."""

    name: str
    label: str
    kind: str = "text"
    help_text: str = ""


PARTS: Final[dict[Channel, tuple[Part, ...]]] = {
    Channel.WECHAT: (
        Part("mchid", "商户号", help_text="10 位数字，在微信支付商户平台“账户中心”查看。"),
        Part("appid", "AppID", help_text="与商户号绑定的公众号或小程序。"),
        Part("merchant_serial", "商户证书序列号"),
        Part("merchant_private_key", "商户私钥", "private", "apiclient_key.pem 的全部内容。"),
        Part("apiv3_key", "APIv3 密钥", "secret", "32 位，在“账户中心 — API 安全”设置。"),
        Part("platform_key_id", "微信支付公钥 ID", help_text="以 PUB_KEY_ID_ 开头。"),
        Part("platform_public_key", "微信支付公钥", "public"),
    ),
    Channel.ALIPAY: (
        Part("mchid", "商家账号 PID", help_text="以 2088 开头的 16 位数字。"),
        Part("appid", "应用 APPID"),
        Part("merchant_private_key", "应用私钥", "private", "RSA2（2048 位），与上传的公钥成对。"),
        Part("platform_public_key", "支付宝公钥", "public", "在“接口加签方式”查看，不是应用公钥。"),
    ),
    Channel.BANK: (
        Part("mchid", "商户号", help_text="与银行签约时分配。"),
        Part("appid", "终端号"),
        Part("merchant_private_key", "商户私钥", "private"),
        Part("merchant_certificate", "商户证书", "certificate", "PEM 格式，与商户私钥成对。"),
        Part("platform_public_key", "银行签名证书", "certificate", "只接受由这张证书签名的通知。"),
    ),
}  # fmt: skip


class UnshownTextarea(forms.Textarea):
    """A text that is never sent back to the page, not even when something else was wrong."""

    def format_value(self, value: Any) -> str:
        return ""


class KeyField(forms.CharField):
    """A PEM text; the bare letters that some channels hand out are given their frame."""

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        self._kind = kind
        widget = UnshownTextarea if kind == "private" else forms.Textarea
        attrs = {"rows": 5, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
        super().__init__(widget=widget(attrs=attrs), max_length=_KEY_LIMIT, **kwargs)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).strip()
        if "-----BEGIN" in text or self._kind == "certificate":
            return text + "\n"
        try:
            return _framed(base64.b64decode("".join(text.split()), validate=True), self._kind)
        except (binascii.Error, TypeError, ValueError) as error:
            raise ValidationError("不是有效的密钥，请完整粘贴。", code="not_a_key") from error


class AccountForm(forms.Form):
    """The parts of an account at one channel."""

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS[channel]:
            self.fields[part.name] = _field(part)


def _field(part: Part) -> forms.Field:
    words = {"label": part.label, "help_text": part.help_text}
    if part.kind == "text":
        return forms.CharField(max_length=64, **words)  # type: ignore[arg-type]
    if part.kind == "secret":
        widget = forms.PasswordInput(attrs={"autocomplete": "off"})
        return forms.CharField(max_length=64, widget=widget, **words)  # type: ignore[arg-type]
    return KeyField(kind=part.kind, **words)


def _framed(raw: bytes, kind: str) -> str:
    if kind == "private":
        key = load_der_private_key(raw, password=None)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = load_der_public_key(raw)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
