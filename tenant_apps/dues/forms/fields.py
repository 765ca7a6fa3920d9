"""What people type: an amount, a month."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from kernel.clock import Month
from kernel.errors import DomainError
from kernel.money import parse_yuan


class YuanField(forms.CharField):
    """An amount typed in yuan; cleaned to fen, None when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_yuan(text)
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error


class MonthField(forms.CharField):
    """A month as browsers give it: 2026-11."""

    widget = forms.TextInput(attrs={"type": "month"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Month.parse(text)
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error
