"""Shapes of what is typed to invite people and to grant roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from shared_apps.people.forms import phone_field
from tenant_apps.access.selectors import ROLE_LABELS

_ROLE_HELP = {
    "unit_admin": "管理组织、党员、党费，并可邀请他人",
    "secretary": "管理所辖组织的党员信息",
    "treasurer": "签发账单、核对党费",
}


class RoleForm(forms.Form):
    """A role and where it is held.  ``scope`` is a path out of ``places``; "*" is the whole
    unit, since an empty choice cannot be told from none.
    """

    role = forms.ChoiceField(
        label="角色",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择角色。", "invalid_choice": "请选择角色。"},
        choices=[(role, f"{label}：{_ROLE_HELP[role]}") for role, label in ROLE_LABELS.items()],
    )
    scope = forms.ChoiceField(
        label="管理范围",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择管理范围。", "invalid_choice": "请重新选择管理范围。"},
    )

    def __init__(self, *args: Any, places: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        scope.choices = [(path or "*", name) for path, name in places]  # type: ignore[attr-defined]

    def clean_scope(self) -> str:
        scope: str = self.cleaned_data["scope"]
        return "" if scope == "*" else scope


class InviteForm(RoleForm):
    """Whom to invite."""

    name = forms.CharField(
        label="姓名", max_length=60, error_messages={"required": "请填写被邀请人的姓名。"}
    )
    phone = phone_field("手机号")
    field_order = ("name", "phone", "role", "scope")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].help_text = "对方须用这个手机号接收验证码，才能使用邀请链接。"
        self.fields["phone"].widget.attrs = {"inputmode": "tel", "autocomplete": "off"}


class TakeoutForm(forms.Form):
    """What is asked before everything the unit has goes into a file."""

    reason = forms.CharField(
        label="事由",
        max_length=200,
        help_text="例如：换用其他系统、年度归档。会记入本单位的操作记录。",
    )
    passphrase = forms.CharField(
        label="归档口令",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="至少 12 个字符。文件用它加密；平台不保存，遗失后无法找回。",
    )
    again = forms.CharField(
        label="再输入一次归档口令",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password = forms.CharField(
        label="登录密码",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="导出包含完整的身份证号和手机号，请再次确认是您本人。",
    )
