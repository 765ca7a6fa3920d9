"""A member's file: correct it, see what is masked.  Forms never save."""

from __future__ import annotations

import json
from typing import Any, Self

from django import forms
from django.forms import BoundField

from tenant_apps.members.forms.boxes import DateBox
from tenant_apps.members.models import Member
from tenant_apps.members.selectors import fields
from tenant_apps.members.selectors.fields import FIELDS, FileField, Group, Kind
from tenant_apps.members.services.filing import FileSheet, sheet_of

_NONE = ("", "未登记")
_SEALED_LABELS = {"phone": "更换手机号码", "address": "更换现居住地", "identity": "更正身份证号"}
_COMPULSORY = ("name", "category")


def field_for(one: FileField, current: Any = None) -> forms.Field:
    """The field of a form for one of the file; ``current`` is offered even if no table has it."""
    common: dict[str, Any] = {
        "label": _SEALED_LABELS.get(one.key, one.label),
        "required": one.key in _COMPULSORY,
        "help_text": one.help_text,
    }
    if one.kind is Kind.FLAG:
        return forms.BooleanField(label=one.label, required=False)
    if one.kind is Kind.DAY:
        return forms.DateField(**common, widget=DateBox())
    if one.kind is Kind.NUMBER:
        return forms.IntegerField(**common)
    if one.options:
        offered = one.grouped_options or one.options
        choices = [*([] if one.key in _COMPULSORY else [_NONE]), *offered]
        if current and current not in dict(one.options):
            choices.insert(1, (current, f"{current}（名册原值）"))
        return forms.ChoiceField(**common, choices=choices)
    attrs = {"autocomplete": "off"} | ({"inputmode": "tel"} if one.key == "phone" else {})
    return forms.CharField(**common, max_length=one.longest, widget=forms.TextInput(attrs=attrs))


class FileForm(forms.Form):
    """A member's file to be corrected, every field of it.

    ``seen`` carries the file as the person saw it, so that only what was changed is written.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="更正依据",
        max_length=200,
        required=False,
        help_text="更改人员类别、身份证号时必填，例如支部大会决议日期和批复文号。",
    )

    def __init__(self, data: Any = None, *, member: Member, **kwargs: Any) -> None:
        shown = {one.key: getattr(member, one.key) for one in fields.OPEN}
        told = {key: fields.plain(value) for key, value in shown.items()}
        seen = json.dumps(told, ensure_ascii=False)
        super().__init__(
            data, initial={**shown, "seen": seen, **kwargs.pop("initial", {})}, **kwargs
        )
        for one in FIELDS:
            self.fields[one.key] = field_for(one, shown.get(one.key))

    @property
    def groups(self) -> list[tuple[str, list[BoundField]]]:
        """The parts of the form with their fields."""
        return [
            (str(group), [self[one.key] for one in FIELDS if one.group is group]) for group in Group
        ]

    def sheet(self) -> FileSheet:
        """What was sent; what is masked and empty is left alone."""
        sent = self.cleaned_data
        values: dict[str, Any] = {
            one.key: (sent[one.key] or None)
            if one.kind is Kind.SEALED
            else fields.read(one, sent[one.key])
            for one in FIELDS
        }
        return FileSheet(**values)

    def seen_sheet(self) -> FileSheet | None:
        """The file as the person saw it; None where the page did not say."""
        try:
            told = json.loads(self.cleaned_data["seen"])
            return FileSheet(**{one.key: fields.read(one, told[one.key]) for one in fields.OPEN})
        except (ValueError, KeyError, TypeError):
            return None

    def rebased(self, member: Member) -> Self:
        """The form on the file as it is now, with what the person changed kept in it."""
        mine, seen = self.sheet(), self.seen_sheet() or sheet_of(member)
        kept = {
            one.key: getattr(mine, one.key)
            for one in FIELDS
            if getattr(mine, one.key) != getattr(seen, one.key)
        }
        reason = self.cleaned_data["reason"]
        return type(self)(member=member, initial={**kept, "reason": reason})


class RevealForm(forms.Form):
    """Why somebody wants to see a masked value; ``entry`` is the row of a relative's number."""

    what = forms.ChoiceField(
        choices=[
            ("identity", "身份证号"),
            ("phone", "手机号码"),
            ("address", "现居住地"),
            ("relative", "亲属的号码"),
        ]
    )
    entry = forms.UUIDField(required=False)
    field = forms.CharField(required=False, max_length=20)
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


class PhotoForm(forms.Form):
    """A photo on its way into the file."""

    photo = forms.FileField(label="照片", error_messages={"required": "请选择一张照片。"})
