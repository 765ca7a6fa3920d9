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
