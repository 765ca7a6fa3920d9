"""A unit's account at a channel."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from shared_apps.payments.selectors import Channel


class UnshownTextarea(forms.Textarea):
    """A text that is never sent back to the page, not even when something else was wrong."""

    def format_value(self, value: Any) -> str:
        return ""


class AccountForm(forms.Form):
    """A unit's account at one channel, in that channel's own words."""

    WORDS: ClassVar[dict[Channel, dict[str, tuple[str, str]]]] = {
        Channel.WECHAT: {
            "mchid": ("商户号", "10 位数字，在微信支付商户平台的“账户中心”查看。"),
            "appid": ("AppID", "与商户号绑定的公众号或小程序。"),
            "merchant_serial": ("商户证书序列号", ""),
            "merchant_private_key": ("商户私钥", "apiclient_key.pem 的全部内容。"),
            "apiv3_key": ("APIv3 密钥", "32 位，在“账户中心”的 API 安全中设置。"),
            "platform_key_id": ("微信支付公钥 ID", "以 PUB_KEY_ID_ 开头。"),
            "platform_public_key": ("微信支付公钥", ""),
        },
        Channel.ALIPAY: {
            "mchid": ("商家账号 PID", "以 2088 开头的 16 位数字。"),
            "appid": ("应用 APPID", ""),
            "merchant_private_key": ("应用私钥", "RSA2（2048 位），与上传的应用公钥成对。"),
            "platform_public_key": ("支付宝公钥", "在“接口加签方式”查看，不是应用公钥。"),
        },
        Channel.BANK: {
            "mchid": ("商户号", "与银行签约时分配。"),
            "appid": ("终端号", ""),
            "merchant_private_key": ("商户私钥", ""),
            "merchant_certificate": ("商户证书", "PEM 格式，与商户私钥成对。"),
            "platform_public_key": ("银行签名证书", "只接受由这张证书签名的通知。"),
        },
    }

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, help_text) in self.WORDS[channel].items():
            self.fields[name] = forms.CharField(
                label=label, help_text=help_text, max_length=8000, widget=self._widget(name)
            )

    @staticmethod
    def _widget(name: str) -> forms.Widget:
        if name == "apiv3_key":
            return forms.PasswordInput(attrs={"autocomplete": "off"})
        if name in {"mchid", "appid", "merchant_serial", "platform_key_id"}:
            return forms.TextInput(attrs={"autocomplete": "off"})
        kind = UnshownTextarea if name == "merchant_private_key" else forms.Textarea
        return kind(attrs={"rows": 5, "spellcheck": "false", "class": "mono"})
