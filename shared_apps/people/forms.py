"""Shapes of what people type at the door."""

from __future__ import annotations

from typing import Any

from django import forms

_CODE_ATTRS = {
    "inputmode": "numeric",
    "autocomplete": "one-time-code",
    "class": "code-input",
    "data-code": "6",
    "maxlength": "6",
    "autofocus": True,
}
_WRITTEN = {"required": "请填写这一项。"}


def password_field(label: str, *, is_new: bool, help_text: str = "") -> forms.CharField:
    """A password; browsers are told whether to offer a new one."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        strip=False,
        max_length=200,
        error_messages=_WRITTEN,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password" if is_new else "current-password"}
        ),
    )


def phone_field(label: str = "手机号") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        error_messages={"required": "请输入手机号。"},
        widget=forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "tel", "autofocus": True}
        ),
    )


class LoginForm(forms.Form):
    """The console's first step."""

    login = forms.CharField(
        label="登录名",
        max_length=60,
        error_messages=_WRITTEN,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = password_field("密码", is_new=False)


class PhoneLoginForm(forms.Form):
    """The first step at a unit's desk."""

    phone = phone_field()
    password = password_field("密码", is_new=False)


class PhoneForm(forms.Form):
    """The first step of members: nothing but the phone."""

    phone = phone_field()


class CodeForm(forms.Form):
    """Six digits, from a message or a device."""

    code = forms.CharField(
        label="验证码",
        max_length=6,
        error_messages={"required": "请输入 6 位验证码。"},
        widget=forms.TextInput(attrs=_CODE_ATTRS),
    )


class DeviceCodeForm(CodeForm):
    """Six digits of the authenticator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "验证器上的 6 位数字"


class RecoveryForm(forms.Form):
    """One of the ten codes kept for a lost device."""

    code = forms.CharField(
        label="恢复码",
        max_length=20,
        help_text="形如 ABCDE-23456，每个恢复码只能使用一次。",
        error_messages=_WRITTEN,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "autofocus": True}
        ),
    )


class ProofForm(forms.Form):
    """A code of the device or a recovery code, before something serious."""

    code = forms.CharField(
        label="验证器上的 6 位数字，或一个恢复码",
        max_length=20,
        error_messages=_WRITTEN,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )


_LONG_ENOUGH = "至少 12 个字符，可以用几个词连成一句话，不要求特殊符号。"


class NewPasswordForm(forms.Form):
    """A first password."""

    password = password_field(
        "设置密码",
        is_new=True,
        help_text=_LONG_ENOUGH,
    )


class ResetPasswordForm(forms.Form):
    """A new password in a forgotten one's place."""

    password = password_field("新密码", is_new=True, help_text=_LONG_ENOUGH)


class ChangePasswordForm(forms.Form):
    """The own password, old and new; shown on request, so that it is typed once."""

    current = password_field("当前密码", is_new=False)
    password = password_field("新密码", is_new=True, help_text=_LONG_ENOUGH)
