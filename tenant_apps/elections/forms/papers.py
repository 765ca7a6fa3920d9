"""The day, the document and the scans of an act."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tenant_apps.elections.services.acting import MOST_FILES, SUFFIXES, Paper, Upload


class DateBox(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FilesInput(forms.FileInput):
    """Takes several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; cleaned to a tuple of uploads."""

    def __init__(self, **kwargs: Any) -> None:
        accept = ",".join(f".{suffix}" for suffix in SUFFIXES)
        kwargs.setdefault("widget", FilesInput(attrs={"accept": accept}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        one_by_one = data if isinstance(data, list | tuple) else [data]
        given = [super(FilesField, self).clean(one, initial) for one in one_by_one if one]
        if self.required and not given:
            raise ValidationError("请选择文件。", code="required")
        return tuple(Upload(one.name, one.read()) for one in given)


class PaperForm(forms.Form):
    """The day, the document and the scans of any act."""

    happened_on = forms.DateField(label="办理日期", widget=DateBox())
    document = forms.CharField(
        label="文号或会议名称",
        max_length=80,
        required=False,
        help_text="例如「××党支〔2026〕3 号」。",
    )
    note = forms.CharField(
        label="说明",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    scans = FilesField(
        label="扫描件或照片",
        required=False,
        help_text=f"PDF、图片或办公文档，单个不超过 20 MB，最多 {MOST_FILES} 个。",
    )

    def paper(self) -> Paper:
        values = self.cleaned_data
        return Paper(
            happened_on=values["happened_on"],
            document=values["document"],
            note=values["note"],
            files=values["scans"],
        )


class AttachForm(forms.Form):
    scans = FilesField(
        label="扫描件或照片",
        help_text=f"PDF、图片或办公文档，单个不超过 20 MB，最多 {MOST_FILES} 个。",
    )
