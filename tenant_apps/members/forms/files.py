"""A member's file: correct it, see what is masked.  Forms never save."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from tenant_apps.members.forms.boxes import DateBox
from tenant_apps.members.models import Category, Member
from tenant_apps.members.services.filing import FileSheet

_GENDERS: Final = (("", "未登记"), ("M", "男"), ("F", "女"))


class FileForm(forms.Form):
    """A member's file to be corrected."""

    name = forms.CharField(label="姓名", max_length=60)
    gender = forms.ChoiceField(label="性别", choices=_GENDERS, required=False)
    ethnicity = forms.CharField(label="民族", max_length=20, required=False)
    birth_on = forms.DateField(label="出生日期", required=False, widget=DateBox())
    education = forms.CharField(label="学历", max_length=40, required=False)
    posts = forms.CharField(
        label="党内职务", max_length=80, required=False, help_text="多个职务用顿号分开。"
    )
    joined_on = forms.DateField(label="入党日期", required=False, widget=DateBox())
    full_on = forms.DateField(
        label="转正日期",
        required=False,
        widget=DateBox(),
        help_text="党龄从这一天算起；预备党员不填。",
    )
    category = forms.ChoiceField(label="人员类别", choices=Category.choices)
    phone = forms.CharField(
        label="更换手机号码",
        max_length=20,
        required=False,
        help_text="不更换请留空。更换后，本人须用新号码登录手机端。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label="更正依据",
        max_length=120,
        required=False,
        help_text="更改人员类别时必填，例如支部大会决议日期和批复文号。",
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        shown = {
            field: getattr(member, field)
            for field in self.base_fields
            if field not in {"phone", "reason"}
        }
        kwargs["initial"] = shown
        super().__init__(*args, **kwargs)

    def sheet(self) -> FileSheet:
        values = {key: value for key, value in self.cleaned_data.items() if key != "reason"}
        return FileSheet(**{**values, "phone": values["phone"] or None})


class RevealForm(forms.Form):
    """Why somebody wants to see a masked value."""

    what = forms.ChoiceField(choices=[("identity", "身份证号"), ("phone", "手机号码")])
    reason = forms.CharField(
        label="查看事由",
        max_length=120,
        min_length=4,
        help_text="会连同您的姓名和时间记入党员档案，本人可以看到。",
        error_messages={
            "required": "请写明查看的事由。",
            "min_length": "请把事由写得更具体一些（至少 4 个字）。",
        },
    )
