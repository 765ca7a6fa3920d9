"""Entering, ending and deciding memberships; the special states and their contacts."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms

from shared_apps.rules.selectors import codes
from tenant_apps.members.forms.boxes import DateBox
from tenant_apps.members.models import Category, ChangeKind, EntryKind, Member
from tenant_apps.members.selectors import grounds, turns
from tenant_apps.members.selectors.entry_sets import SETS, WAYS, EntryField, Shape
from tenant_apps.members.selectors.states import STATES, StateKind
from tenant_apps.members.services.changes import NewMember

_TWO_LINES: Final = {"rows": 2}


def _labels(name: str) -> list[tuple[str, str]]:
    """The labels of a code table, as the file holds them."""
    return [("", "未登记"), *((label, label) for label in codes.table(name).labels)]


class EnterForm(forms.Form):
    """Somebody who is missing in the roll."""

    name = forms.CharField(label="姓名", max_length=60)
    identity = forms.CharField(
        label="身份证号",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="加密保存；同一身份证号在本单位只能有一份档案。",
    )
    phone = forms.CharField(
        label="手机号码",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    gender = forms.ChoiceField(
        label="性别", choices=[("", "未登记"), ("M", "男"), ("F", "女")], required=False
    )
    ethnicity = forms.ChoiceField(
        label="民族", choices=lambda: _labels("ethnicity"), required=False
    )
    birth_on = forms.DateField(label="出生日期", required=False, widget=DateBox())
    education = forms.ChoiceField(
        label="学历", choices=lambda: _labels("education"), required=False
    )
    category = forms.ChoiceField(label="人员类别", choices=Category.choices)
    joined_on = forms.DateField(label="入党日期", widget=DateBox())
    full_on = forms.DateField(
        label="转正日期", required=False, widget=DateBox(), help_text="预备党员不填。"
    )
    on = forms.DateField(label="补录日期", widget=DateBox(), help_text="上级党组织确认补录的日期。")
    document = forms.CharField(label="依据文号", max_length=80)

    def person(self) -> NewMember:
        apart = ("category", "on", "document")
        values = {key: value for key, value in self.cleaned_data.items() if key not in apart}
        return NewMember(**values)


class LeaveForm(forms.Form):
    """How a membership ends, rests or comes back: what people resolved."""

    kind = forms.ChoiceField(label="变动类型", widget=forms.RadioSelect)
    on = forms.DateField(label="批准日期", widget=DateBox(), help_text="去世填写去世日期。")
    applied_on = forms.DateField(
        label="本人申请日期", widget=DateBox(), required=False, help_text="恢复党籍时填写。"
    )
    ground = forms.ChoiceField(
        label="出党原因",
        required=False,
        help_text="有几种情形的方式须选择；党内统计表 11 按此归类。",
    )
    document = forms.CharField(
        label="决议或批复文号", max_length=80, required=False, help_text="去世不需要文号。"
    )
    reason = forms.CharField(
        label="事由", max_length=400, required=False, widget=forms.Textarea(attrs=_TWO_LINES)
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(turn.kind.value, turn.kind.label) for turn in turns.leaving_open_to(member)]
        told = grounds.choices_for(member, [kind for kind, _ in choices])
        self.fields["ground"].choices = [("", "请选择"), *told]  # type: ignore[attr-defined]
        if not told:
            del self.fields["ground"]
        if turns.restorable_until(member):
            choices.insert(0, (ChangeKind.RESTORED.value, ChangeKind.RESTORED.label))
        else:
            del self.fields["applied_on"]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]


class DecideForm(forms.Form):
    """The second person's word."""

    word = forms.ChoiceField(choices=[("approve", ""), ("refuse", ""), ("withdraw", "")])
    note = forms.CharField(
        label="审批意见", max_length=200, required=False, help_text="不通过时必填。"
    )


class UndoForm(forms.Form):
    """Why an event was a mistake."""

    reason = forms.CharField(label="撤销原因", max_length=200, min_length=4)


class StateForm(forms.Form):
    """A state to be registered: its day and the fields of its set."""

    def __init__(self, *args: Any, kind: StateKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = STATES[kind]
        self.fields["on"] = forms.DateField(label=rule.began, widget=DateBox())
        if rule.entry is None:
            return
        self._set = SETS[EntryKind(rule.entry)]
        for field in self._set.fields:
            self.fields[field.key] = _field(field)

    def data_of(self) -> dict[str, Any]:
        return {
            field.key: value
            for field in self._set.fields
            if (value := self.cleaned_data.get(field.key)) not in (None, "")
        }

    @property
    def began_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["on"]
        return day


class EndStateForm(forms.Form):
    """The end of a state."""

    on = forms.DateField(label="结束日期", widget=DateBox())
    note = forms.CharField(
        label="说明", max_length=200, required=False, widget=forms.Textarea(attrs=_TWO_LINES)
    )


class ContactForm(forms.Form):
    """One contact with a member who is away."""

    on = forms.DateField(label="联系日期", widget=DateBox())
    way = forms.ChoiceField(label="联系方式", choices=[(way, way) for way in WAYS])
    note = forms.CharField(
        label="联系情况", max_length=400, required=False, widget=forms.Textarea(attrs=_TWO_LINES)
    )


def _field(field: EntryField) -> forms.Field:
    common: dict[str, Any] = {
        "label": field.label, "required": field.is_required, "help_text": field.help_text,
    }  # fmt: skip
    if field.shape is Shape.DAY:
        return forms.DateField(widget=DateBox(), **common)
    if field.shape is Shape.CHOICE:
        blank = [] if field.is_required else [("", "未填")]
        return forms.ChoiceField(
            choices=[*blank, *((value, value) for value in field.allowed)], **common
        )
    widget = forms.Textarea(attrs=_TWO_LINES) if field.shape is Shape.LONG else forms.TextInput
    return forms.CharField(max_length=field.longest, widget=widget, **common)
