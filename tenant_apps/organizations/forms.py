"""The shape of what people send about organisations.  Forms never save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from kernel.papers import ACCEPTED, HINT, MOST_BYTES, Upload
from shared_apps.rules.selectors import codes
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.selectors import Person, rules
from tenant_apps.organizations.services.sheets import Sheet
from tenant_apps.organizations.services.turns import Decision


class DateBox(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PaperForm(forms.Form):
    """Whatever may bring an approval document along."""

    accept = ",".join(ACCEPTED)
    hint = HINT

    paper = forms.FileField(label="批复文件", required=False, allow_empty_file=True)

    def upload(self) -> Upload | None:
        """The file as it came; of one that is too large, enough to know that."""
        sent = self.cleaned_data.get("paper")
        return Upload(sent.name or "", sent.read(MOST_BYTES + 1)) if sent else None


class OrganizationForm(PaperForm):
    """An organisation's sheet; for a new one the kinds that may hang below its parent."""

    name = forms.CharField(
        label="组织全称", max_length=120, help_text="与印章一致，例如「中共××公司第一支部委员会」。"
    )
    short_name = forms.CharField(
        label="简称", max_length=60, help_text="显示在组织树和名册中，例如「第一党支部」。"
    )
    kind = forms.ChoiceField(label="组织类型", choices=Kind.choices)
    code = forms.CharField(
        label="组织编码",
        max_length=40,
        required=False,
        help_text="上级组织部门给定的编码，没有可留空。",
    )
    national_code = forms.CharField(
        label="全国系统编码", max_length=20, required=False, help_text="未确认的请留空。"
    )
    founded_on = forms.DateField(label="成立日期", required=False, widget=DateBox())
    term_ends_on = forms.DateField(
        label="任期届满日期",
        required=False,
        widget=DateBox(),
        help_text="届满前 6 个月起提醒准备换届。",
    )
    document = forms.CharField(
        label="批准文号",
        max_length=80,
        required=False,
        help_text="新设党支部须有上级批复；从现有支部分出的，请用「分设」把党员一并划入。",
    )
    temporary_until = forms.DateField(
        label="设立期限", required=False, widget=DateBox(), help_text="临时党组织必填。"
    )
    appointed_secretary = forms.CharField(
        label="上级指派的书记",
        max_length=60,
        required=False,
        help_text="临时党组织不选举，由上级指派。",
    )
    unit_situation = forms.ChoiceField(label="所在单位情况", required=False)
    region = forms.CharField(label="所在地", max_length=120, required=False)
    contact = forms.CharField(label="联系人", max_length=60, required=False)
    contact_phone = forms.CharField(label="联系电话", max_length=20, required=False)

    def __init__(
        self,
        *args: Any,
        organization: Organization | None = None,
        kinds: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        if organization is not None:
            names = [name for name in self.base_fields if hasattr(organization, name)]
            kw["initial"] = {name: getattr(organization, name) for name in names}
        super().__init__(*args, **kw)
        situations = codes.table("unit_situation").choices
        self._choose("unit_situation", [("", "未填写"), *situations])
        if kinds is not None:
            self._choose("kind", [choice for choice in Kind.choices if choice[0] in kinds])
        if organization is not None and organization.contact_phone_masked:
            self.fields[
                "contact_phone"
            ].help_text = f"现为 {organization.contact_phone_masked}；留空不变，填 - 清除。"
        self._keeps_phone = organization is not None

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """The term cannot end before the organisation began."""
        values: dict[str, Any] = super().clean() or {}
        founded = values.get("founded_on")
        for name, label in (("term_ends_on", "任期届满日期"), ("temporary_until", "设立期限")):
            ends = values.get(name)
            if founded and ends and ends < founded:
                self.add_error(name, f"{label}不能早于成立日期。")
        return values

    def sheet(self) -> Sheet:
        """An empty number leaves the one there is; a dash takes it away."""
        values = dict(self.cleaned_data)
        del values["document"], values["paper"]
        phone = values.pop("contact_phone")
        kept = None if self._keeps_phone and not phone else phone.strip("-")
        return Sheet(**values, contact_phone=kept)


class DecisionForm(PaperForm):
    """From when, why, by which document."""

    on = forms.DateField(label="生效日期", widget=DateBox())
    reason = forms.CharField(
        label="调整原因", max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    document = forms.CharField(
        label="批复文号", max_length=80, required=False, help_text="例如「徐水党组〔2026〕12 号」。"
    )

    def __init__(self, *args: Any, today: dt.date, **kw: Any) -> None:
        kw["initial"] = {"on": today, **kw.get("initial", {})}
        super().__init__(*args, **kw)

    def decision(self) -> Decision:
        values = self.cleaned_data
        return Decision(
            on=values["on"],
            reason=values["reason"],
            document=values["document"],
            paper=self.upload(),
        )


class RetypeForm(DecisionForm):
    """Another type; members that may not stay get a branch of this name."""

    branch = forms.CharField(
        label="原有党员编入的党支部", max_length=120, help_text="党总支、党委不直接管理党员。"
    )

    def __init__(self, *args: Any, needs_branch: bool, **kw: Any) -> None:
        super().__init__(*args, **kw)
        if not needs_branch:
            del self.fields["branch"]


class SplitForm(DecisionForm):
    """The new organisation, and who and what goes into it."""

    name = forms.CharField(label="新组织全称", max_length=120)
    short_name = forms.CharField(label="简称", max_length=60)
    kind = forms.ChoiceField(label="组织类型")
    members = forms.MultipleChoiceField(
        label="划入的党员", required=False, widget=forms.CheckboxSelectMultiple
    )
    children = forms.MultipleChoiceField(
        label="划入的下级组织", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[str],
        people: Sequence[Person],
        children: Sequence[Organization],
        **kw: Any,
    ) -> None:
        super().__init__(*args, **kw)
        offered: dict[str, Any] = {
            "kind": [choice for choice in Kind.choices if choice[0] in kinds],
            "members": [
                (str(one.id), one.name if one.is_full else f"{one.name}（预备）") for one in people
            ],
            "children": [(str(child.pk), child.short_name or child.name) for child in children],
        }
        for name, choices in offered.items():
            if choices:
                field = self.fields[name]
                if isinstance(field, forms.ChoiceField):
                    field.choices = choices
            else:
                del self.fields[name]

    def chosen(self, name: str) -> list[UUID]:
        return [UUID(one) for one in self.cleaned_data.get(name, ())]

    def sheet(self) -> Sheet:
        """The new organisation begins on the day of the decision."""
        values = self.cleaned_data
        return Sheet(
            name=values["name"],
            short_name=values["short_name"],
            kind=values["kind"],
            founded_on=values["on"],
        )


class RevealForm(forms.Form):
    """Why somebody wants to see the contact's number."""

    reason = forms.CharField(
        label="查看事由",
        max_length=120,
        min_length=4,
        help_text="会连同您的姓名和时间记入这个组织的变动记录。",
        error_messages={
            "required": "请写明查看的事由。",
            "min_length": "请把事由写得更具体一些（至少 4 个字）。",
        },
    )


class WorkplaceForm(forms.Form):
    """A unit behind an organisation."""

    name = forms.CharField(label="单位名称", max_length=120)
    nature = forms.ChoiceField(
        label="单位性质",
        choices=lambda: labels("unit_nature"),
        required=False,
        help_text="党内统计按此归类。",
    )
    credit_code = forms.CharField(label="统一社会信用代码", max_length=18, required=False)


class HonourForm(forms.Form):
    """A commendation of an organisation."""

    name = forms.CharField(label="表彰名称", max_length=80, help_text="例如「先进基层党组织」。")
    level = forms.ChoiceField(label="表彰级别", choices=lambda: labels("award_level"))
    organ = forms.CharField(label="表彰机关", max_length=80)
    given_on = forms.DateField(label="表彰日期", widget=DateBox())
    document = forms.CharField(label="文号", max_length=80, required=False)


class StrikeHonourForm(forms.Form):
    """Why a commendation was entered by mistake."""

    reason = forms.CharField(label="划去原因", max_length=200, required=False)


def labels(table: str) -> list[tuple[str, str]]:
    """The labels of a code table, as rows hold them."""
    return [("", "请选择"), *((label, label) for label in codes.table(table).labels)]


def kinds_for_retyping(organization: Organization) -> list[str]:
    """The types that an organisation could be raised or lowered to below its parent."""
    parent = organization.parent
    return [
        kind.value
        for kind in rules.CONVERTIBLE
        if kind != organization.kind and (parent is None or rules.may_hang(kind, parent.kind))
    ]
