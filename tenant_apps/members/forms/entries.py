"""Rows of the extended sets, requests for corrections, the list of political birthdays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from tenant_apps.members.forms.boxes import DateBox
from tenant_apps.members.forms.files import field_for
from tenant_apps.members.models import Entry
from tenant_apps.members.selectors.entry_sets import BY_HAND, EntryField, EntrySet, Shape
from tenant_apps.members.selectors.fields import FIELDS, FileField
from tenant_apps.members.services.corrections import Proof

_FEN = Decimal(100)
_COLUMNS = ("began_on", "ended_on", "year")


class EntryForm(forms.Form):
    """One row of a set, with the set's own fields."""

    def __init__(
        self, data: Any = None, *, one: EntrySet, entry: Entry | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, initial=_initial(one, entry) if entry else None, **kwargs)
        self.one = one
        for field in one.fields:
            self.fields[field.key] = _field(field, is_kept=bool(entry))
        days = (("began_on", one.began), ("ended_on", one.ended))
        for key, label in days:
            if label:
                self.fields[key] = forms.DateField(label=label, required=False, widget=DateBox())
        if one.year:
            self.fields["year"] = forms.IntegerField(label=one.year, required=False)

    def values(self) -> dict[str, Any]:
        """What ``services.entries`` takes: data, began_on, ended_on, year."""
        sent = self.cleaned_data
        columns = {key: sent.get(key) for key in _COLUMNS}
        return {"data": {field.key: _sent(field, sent) for field in self.one.fields}, **columns}

    def wanted(self) -> dict[str, Any]:
        """What ``services.corrections.ask`` takes for a row."""
        values = self.values()
        return {**values.pop("data"), **values}


class StrikeForm(forms.Form):
    """Why a row is struck out."""

    reason = forms.CharField(label="划去原因", max_length=200, required=False)


class _ProofForm(forms.Form):
    """Why, and with what proof."""

    def add_reason(self) -> None:
        self.fields["reason"] = forms.CharField(
            label="申请理由",
            max_length=400,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="写明哪里不对、以什么为准，由所在党组织审核。",
            required=False,
        )
        self.fields["proof"] = forms.FileField(
            label="证明材料",
            required=False,
            help_text="选填，JPG、PNG 或 PDF，不超过 5 MB，例如毕业证照片。",
        )

    def proof(self) -> Proof | None:
        """The file that was attached."""
        sent: UploadedFile[bytes] | None = self.cleaned_data.get("proof")
        return Proof(sent.name or "证明材料", sent.read()) if sent else None


class AskFieldForm(_ProofForm):
    """A request for one field of the file."""

    def __init__(self, data: Any = None, files: Any = None, *, one: FileField) -> None:
        super().__init__(data, files)
        value = field_for(one)
        value.label, value.required = f"{one.label}更正为", False
        value.help_text = ""
        self.fields["value"] = value
        self.add_reason()


class AskEntryForm(EntryForm, _ProofForm):
    """A request for one row of a set."""

    def __init__(self, data: Any = None, files: Any = None, *, one: EntrySet) -> None:
        super().__init__(data, one=one, files=files)
        self.add_reason()


class AnswerForm(forms.Form):
    """Why a request is not accepted."""

    answer = forms.CharField(
        label="不采纳的理由", max_length=400, required=False, help_text="本人在手机上可以看到。"
    )


class MonthForm(forms.Form):
    """The month of a list of political birthdays; this month where nothing right was sent."""

    month = forms.IntegerField(required=False, min_value=1, max_value=12)
    org = forms.UUIDField(required=False)

    def __init__(self, data: Any, *, today: dt.date) -> None:
        super().__init__(data)
        self.is_valid()
        self.chosen: int = self.cleaned_data.get("month") or today.month


def askable() -> tuple[list[FileField], list[EntrySet]]:
    """What a member may ask for: fields of the file, rows of sets."""
    return [one for one in FIELDS if one.may_ask], [one for one in BY_HAND if one.may_ask]


def _field(field: EntryField, *, is_kept: bool) -> forms.Field:
    common: dict[str, Any] = {"label": field.label, "required": field.is_required}
    if field.shape is Shape.CHOICE:
        choices = [("", "请选择"), *((value, value) for value in field.allowed)]
        return forms.ChoiceField(**common, choices=choices)
    if field.shape is Shape.DAY:
        return forms.DateField(**common, widget=DateBox())
    if field.shape is Shape.NUMBER:
        return forms.FloatField(**common, min_value=0, max_value=field.most)
    if field.shape is Shape.MONEY:
        return forms.DecimalField(
            label=f"{field.label}（元）", required=field.is_required, min_value=Decimal(0),
            decimal_places=2, max_digits=10,
        )  # fmt: skip
    help_text = "不更改请留空。" if is_kept and field.is_sealed else field.help_text
    widget = forms.Textarea(attrs={"rows": 3}) if field.shape is Shape.LONG else forms.TextInput()
    return forms.CharField(**common, max_length=field.longest, help_text=help_text, widget=widget)


def _sent(field: EntryField, sent: dict[str, Any]) -> Any:
    value = sent.get(field.key)
    if field.is_sealed:
        return value or None
    if field.shape is Shape.MONEY and value is not None:
        return int(value * _FEN)
    return value


def _initial(one: EntrySet, entry: Entry) -> dict[str, Any]:
    shown = {
        field.key: Decimal(value) / _FEN if field.shape is Shape.MONEY else value
        for field in one.fields
        if not field.is_sealed and (value := entry.data.get(field.key)) is not None
    }
    return shown | {key: getattr(entry, key) for key in _COLUMNS}
