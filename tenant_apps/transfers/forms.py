"""What people fill in about transfers."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms

from kernel.clock import Month
from kernel.errors import DomainError
from shared_apps.rules.selectors import codes
from tenant_apps.members.services.newcomers import NewMember
from tenant_apps.transfers.models import Kind
from tenant_apps.transfers.selectors.machine import PAPER
from tenant_apps.transfers.selectors.validity import MOST_DAYS
from tenant_apps.transfers.services.drafting import PAPERS, Plan
from tenant_apps.transfers.services.receiving import PaperLetter

WAYS = [("within", "本单位内"), ("unit", "平台内其他单位"), ("outside", "平台外")]
_CATEGORIES = [("FULL", "正式党员"), ("PROBATIONARY", "预备党员")]


def _reasons() -> list[tuple[str, str]]:
    entries = codes.table("transfer_reason").entries
    return [("", "请选择"), *((entry.code, entry.label) for entry in entries)]


def _kinds() -> list[tuple[str, str]]:
    return [(kind.value, str(kind.label)) for kind in PAPER]


class DateInput(forms.DateInput):
    input_type = "date"


class PlanForm(forms.Form):
    """Where to, why, and what goes along; ``way`` says which of the three places is meant."""

    way = forms.ChoiceField(choices=WAYS, widget=forms.HiddenInput)
    to = forms.UUIDField(required=False, widget=forms.HiddenInput)
    unit_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="平台外类别", choices=_kinds, required=False)
    other_name = forms.CharField(
        label="接收党组织全称",
        max_length=120,
        required=False,
        help_text="介绍信抬头，例如“中共某某市某某区委组织部”。",
    )
    reason = forms.ChoiceField(
        label="转接原因", choices=_reasons, error_messages={"required": "请选择转接原因。"}
    )
    note = forms.CharField(label="备注", max_length=200, required=False)
    arrears_note = forms.CharField(
        label="欠交党费说明", max_length=200, required=False, help_text="党费已交清的不用填写。"
    )
    papers = forms.MultipleChoiceField(
        label="预备党员随转材料",
        choices=[(paper, paper) for paper in PAPERS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def plan(self, branch: Any) -> Plan:
        """``branch`` is what ``to`` leads to."""
        values = self.cleaned_data
        way = values["way"]
        return Plan(
            kind=Kind(values["kind"]) if way == "outside" and values["kind"] else None,
            to=branch if way == "within" else None,
            unit_id=values["unit_id"] if way == "unit" else None,
            other_name=values["other_name"] if way == "outside" else "",
            reason=values["reason"],
            note=values["note"],
            arrears_note=values["arrears_note"],
            papers=tuple(values["papers"]),
        )


class StepForm(forms.Form):
    """Everything that some step asks for; each takes what it needs."""

    reason = forms.CharField(required=False, max_length=200)
    note = forms.CharField(required=False, max_length=200)
    days = forms.IntegerField(required=False)
    on = forms.DateField(required=False)
    branch = forms.UUIDField(required=False)
    arrears_note = forms.CharField(required=False, max_length=200)
    papers = forms.MultipleChoiceField(required=False, choices=[(paper, paper) for paper in PAPERS])
    together = forms.BooleanField(required=False)

    def told(self, name: str, default: Any) -> Any:
        """What was filled in; ``default`` for nothing, and for what could not be read."""
        value = self.cleaned_data.get(name)
        return value if value not in (None, "", []) else default

    @property
    def days_told(self) -> int:
        return int(self.told("days", MOST_DAYS))

    def day(self, today: dt.date) -> dt.date:
        found: dt.date = self.told("on", today)
        return found

    @property
    def branch_id(self) -> UUID | None:
        found: UUID | None = self.told("branch", None)
        return found


class PaperForm(forms.Form):
    """A paper letter that came in, and the person whom it names."""

    kind = forms.ChoiceField(label="转入类别", choices=_kinds)
    other_name = forms.CharField(label="转出党组织", max_length=120)
    letter = forms.CharField(label="介绍信编号", max_length=60)
    issued_on = forms.DateField(label="开具日期", widget=DateInput)
    valid_until = forms.DateField(label="有效期至", widget=DateInput)
    paid_to = forms.CharField(
        label="党费交至", max_length=7, required=False, help_text="年月，例如 2026-10。"
    )
    branch = forms.ChoiceField(label="拟编入支部")
    name = forms.CharField(label="姓名", max_length=60)
    identity = forms.CharField(label="公民身份号码", max_length=18)
    phone = forms.CharField(label="手机号码", max_length=20, required=False)
    gender = forms.ChoiceField(label="性别", choices=[("", "请选择"), ("M", "男"), ("F", "女")])
    birth_on = forms.DateField(label="出生日期", widget=DateInput)
    category = forms.ChoiceField(label="人员类别", choices=_CATEGORIES)
    joined_on = forms.DateField(label="入党日期", widget=DateInput)
    full_on = forms.DateField(label="转正日期", widget=DateInput, required=False)
    note = forms.CharField(label="备注", max_length=200, required=False)

    def __init__(self, *args: Any, branches: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["branch"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "请选择"), *branches]

    def clean_paid_to(self) -> Month | None:
        text = self.cleaned_data["paid_to"]
        try:
            return Month.parse(text) if text else None
        except DomainError as error:
            raise forms.ValidationError(error.message) from error

    def paper(self) -> PaperLetter:
        values = self.cleaned_data
        person = NewMember(
            name=values["name"],
            identity=values["identity"],
            phone=values["phone"],
            gender=values["gender"],
            birth_on=values["birth_on"],
            joined_on=values["joined_on"],
            full_on=values["full_on"] if values["category"] == "FULL" else None,
        )
        return PaperLetter(
            kind=Kind(values["kind"]),
            other_name=values["other_name"],
            letter=values["letter"],
            issued_on=values["issued_on"],
            valid_until=values["valid_until"],
            person=person,
            category=values["category"],
            paid_to=values["paid_to"],
            note=values["note"],
        )


class CheckForm(forms.Form):
    """The code that stands on a letter."""

    code = forms.CharField(
        label="校验码", max_length=20, error_messages={"required": "请输入介绍信上的校验码。"}
    )
