"""The shape of what officers type; rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django import forms

from onboarding.exchange import sets
from onboarding.services import set_exporting
from onboarding.services.registration import Registration
from tenants import regions
from tenants.models import UnitProfile


def _region_choices() -> list[Any]:
    groups: list[Any] = [("", "请选择省、市")]
    for province in regions.provinces():
        own = [(province.code, f"{province.name}（省级单位）")]
        cities = [(code, f"{province.name} {name}") for code, name in province.cities]
        groups.append((province.name, own + cities))
    return groups


class RegistrationForm(forms.Form):
    """A client unit, its agreement and its contact."""

    name = forms.CharField(
        label="单位名称",
        max_length=60,
        help_text="与证照一致的全称，例如：彭城水务集团有限公司",
        error_messages={"required": "请填写单位全称"},
    )
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=24,
        help_text="18 位，第 18 位是校验码，输错会当场提示",
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "请填写 18 位统一社会信用代码"},
    )
    profile = forms.ChoiceField(
        label="单位类型",
        choices=UnitProfile.choices,
        initial=UnitProfile.ENTERPRISE,
        error_messages={"required": "请选择单位类型"},
    )
    city = forms.ChoiceField(
        label="所在省、市",
        choices=_region_choices,
        error_messages={"required": "请选择所在省、市"},
    )
    county = forms.RegexField(
        r"^\d{6}$",
        label="县（市、区）代码",
        required=False,
        help_text="6 位行政区划代码，不清楚可以不填",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": "县级代码应为 6 位数字"},
    )
    label = forms.CharField(
        label="访问地址",
        max_length=30,
        help_text="按拼音首字母建议，可以修改；开通后不再变更",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": "请填写访问地址，用小写字母和数字"},
    )
    contact_name = forms.CharField(
        label="联系人", max_length=30, error_messages={"required": "请填写单位联系人的姓名"}
    )
    contact_phone = forms.CharField(
        label="联系人手机",
        max_length=20,
        help_text="开通后，首位管理员的邀请默认发到这个号码",
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        error_messages={"required": "请填写联系人手机号"},
    )
    agreed_on = forms.DateField(
        label="协议签订日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请选择签订日期", "invalid": "日期按 2026-11-01 的格式填写"},
    )
    agreement_ends_on = forms.DateField(
        label="协议到期日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请选择到期日期", "invalid": "日期按 2029-10-31 的格式填写"},
    )
    bank_branch = forms.CharField(
        label="经办行",
        max_length=40,
        help_text="与该单位签约、负责开通的支行",
        error_messages={"required": "请填写经办行"},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        city, county = cleaned.get("city", ""), cleaned.get("county", "")
        within = city[:2] if city[2:4] == "00" else city[:4]
        if city and county and not county.startswith(within):
            self.add_error("county", "县级代码与所选的省、市不一致")
        return cleaned

    def registration(self) -> Registration:
        """The typed values of a valid form."""
        values = dict(self.cleaned_data)
        city, county = values.pop("city"), values.pop("county")
        return Registration(region_code=county or city, **values)


class InvitationForm(forms.Form):
    """Who becomes the first administrator; blank means the unit's contact."""

    name = forms.CharField(
        label="管理员姓名", max_length=30, required=False, help_text="不填则邀请登记的联系人"
    )
    phone = forms.RegexField(
        r"^1[3-9]\d{9}$",
        label="管理员手机",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        error_messages={"invalid": "手机号应为 11 位数字"},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("name")) != bool(cleaned.get("phone")):
            self.add_error("phone", "姓名和手机号要么都填，要么都不填")
        return cleaned


class ClosingForm(forms.Form):
    """Why, and the unit's name typed out."""

    reason = forms.CharField(label="事由", max_length=300, required=False)
    typed = forms.CharField(label="单位名称", max_length=120, required=False)


def typed_into(form: ClosingForm) -> dict[str, str]:
    """What was typed; what is missing or too long is empty, and the service says what it wants."""
    form.is_valid()
    return {name: form.cleaned_data.get(name, "") for name in form.fields}


class CertificateForm(forms.Form):
    """What stands on a certificate."""

    number = forms.CharField(label="证明编号", max_length=20, help_text="例如 ZX2026000001")
    check = forms.CharField(label="校验码", max_length=12, help_text="证明末尾的 12 位字母和数字")


def _set_choices() -> list[tuple[str, str]]:
    return [(one.name, one.title) for one in sets.for_subject(*set_exporting.SUBJECTS)]


class ExportSetForm(forms.Form):
    """Which exchange set goes out, and how."""

    set_name = forms.ChoiceField(label="交换集", choices=_set_choices)
    org = forms.TypedChoiceField(
        label="范围",
        required=False,
        coerce=UUID,
        empty_value=None,
        error_messages={"invalid_choice": "这个党组织不在您的管理范围内"},
    )
    form = forms.ChoiceField(
        label="文件格式", choices=[("xlsx", "Excel 工作簿"), ("csv", "CSV（UTF-8）")]
    )
    since = forms.DateField(
        label="只导出此日以来更新的",
        required=False,
        help_text="留空为全部；填写后包含已离开的党员，带删除标识",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期按 2026-11-01 的格式填写"},
    )
    with_departed = forms.BooleanField(label="包含已离开的党员和已撤销的组织", required=False)
    is_full = forms.BooleanField(
        label="包含完整身份证号、手机号码和住址",
        required=False,
        help_text="须写明事由，并由另一名管理员批准后才生成文件",
    )
    reason = forms.CharField(label="事由", max_length=200, required=False)

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.TypedChoiceField", self.fields["org"]).choices = [
            ("", "全部管理范围"),
            *places,
        ]

    def order(self) -> set_exporting.Order:
        """The typed values of a valid form."""
        values = self.cleaned_data
        return set_exporting.Order(
            set_name=values["set_name"],
            form="csv" if values["form"] == "csv" else "xlsx",
            since=values["since"],
            with_departed=values["with_departed"],
            is_full=values["is_full"],
            reason=values["reason"],
            org_id=values["org"],
        )
