"""The shape of what people send about organisations.  Forms never save."""

from __future__ import annotations

from typing import Any

from django import forms

from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services.shaping import Sheet


class DateBox(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class OrganizationForm(forms.Form):
    """An organisation's sheet."""

    name = forms.CharField(
        label="组织全称", max_length=120, help_text="与印章一致，例如「中共××公司第一支部委员会」。"
    )
    short_name = forms.CharField(
        label="简称", max_length=60, help_text="显示在组织树和名册中，例如「第一党支部」。"
    )
    kind = forms.ChoiceField(label="组织类型", choices=Kind.choices, initial=Kind.BRANCH)
    code = forms.CharField(
        label="组织编码",
        max_length=40,
        required=False,
        help_text="上级组织部门给定的编码，没有可留空。",
    )
    founded_on = forms.DateField(label="成立日期", required=False, widget=DateBox())
    term_ends_on = forms.DateField(
        label="任期届满日期",
        required=False,
        widget=DateBox(),
        help_text="届满前 6 个月起提醒准备换届。",
    )

    def __init__(self, *args: Any, organization: Organization | None = None, **kw: Any) -> None:
        if organization is not None:
            kw["initial"] = {name: getattr(organization, name) for name in self.base_fields}
        super().__init__(*args, **kw)

    def clean(self) -> dict[str, Any]:
        """The term cannot end before the organisation began."""
        values: dict[str, Any] = super().clean() or {}
        founded, ends = values.get("founded_on"), values.get("term_ends_on")
        if founded and ends and ends < founded:
            self.add_error("term_ends_on", "任期届满日期不能早于成立日期。")
        return values

    def sheet(self) -> Sheet:
        return Sheet(**self.cleaned_data)
