"""Shapes of what is typed to invite people and to grant roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator

from shared_apps.people.forms import phone_field
from shared_apps.support.selectors import Access, Area, Change
from tenant_apps.access.selectors import ROLE_LABELS
from tenant_apps.access.selectors.support import Offer

WHOLE_UNIT: Final = "*"
"""The whole unit as a choice, since an empty one cannot be told from none."""
_ROLE_HELP = {
    "unit_admin": "管理组织、党员、党费，并可邀请他人",
    "secretary": "管理所辖组织的党员信息",
    "treasurer": "签发账单、核对党费、记账",
    "cashier": "付款、确认到账，不能兼任记账",
}


def scope_of(choice: str) -> str:
    """The path that was chosen, "" for the whole unit."""
    return "" if choice == WHOLE_UNIT else choice


def _proof(help_text: str = "手机不在身边时可填写恢复码。") -> forms.CharField:
    """The second factor once more, before a grave act."""
    return forms.CharField(
        label="验证器中的 6 位数字",
        max_length=20,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class RoleForm(forms.Form):
    """A role and where it is held.  ``scope`` is a path out of ``places``, or WHOLE_UNIT."""

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
        scope.choices = [(path or WHOLE_UNIT, name) for path, name in places]  # type: ignore[attr-defined]

    def clean_scope(self) -> str:
        return scope_of(self.cleaned_data["scope"])


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
    code = _proof()


class AcceptSupportForm(forms.Form):
    """What the unit agrees to: no more than was asked, and a code that proves who agrees."""

    areas = forms.MultipleChoiceField(
        label="同意查看",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少保留一项；都不同意请选择拒绝。"},
    )
    changes = forms.MultipleChoiceField(
        label="同意修改", widget=forms.CheckboxSelectMultiple, required=False
    )
    scope = forms.ChoiceField(
        label="限于哪个组织",
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择对方可以查看的组织。",
            "invalid_choice": "请重新选择组织。",
        },
    )
    hours = forms.IntegerField(
        label="同意时长",
        min_value=1,
        help_text="单位：小时，从同意时起算，到时自动结束。可以缩短，不能延长。",
    )
    code = _proof("再次确认是您本人。手机不在身边时可填写恢复码。")

    def __init__(self, *args: Any, access: Access, offer: Offer, **kwargs: Any) -> None:
        given = {"areas": access.areas, "changes": access.changes, "hours": access.hours}
        if offer.likely is not None:
            given["scope"] = offer.likely.path or WHOLE_UNIT
        kwargs.setdefault("initial", given)
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        scope.choices = [(one.path or WHOLE_UNIT, one.name) for one in offer.places]  # type: ignore[attr-defined]
        labels = dict(Area.choices)
        areas, changes, hours = self.fields["areas"], self.fields["changes"], self.fields["hours"]
        areas.choices = [(area, labels[area]) for area in access.asked_areas]  # type: ignore[attr-defined]
        words = dict(Change.choices)
        changes.choices = [(one, words[one]) for one in access.asked_changes]  # type: ignore[attr-defined]
        if not access.asked_changes:
            del self.fields["changes"]
        hours.max_value = access.asked_hours  # type: ignore[attr-defined]
        hours.validators.append(
            MaxValueValidator(access.asked_hours, f"不能超过申请的 {access.asked_hours} 小时。")
        )

    def clean_scope(self) -> str:
        return scope_of(self.cleaned_data["scope"])

    def clean(self) -> dict[str, Any]:
        return {"changes": [], **(super().clean() or {})}


class RefuseSupportForm(forms.Form):
    """Why not."""

    reason = forms.CharField(
        label="拒绝的原因",
        min_length=2,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="对方会看到。",
    )
