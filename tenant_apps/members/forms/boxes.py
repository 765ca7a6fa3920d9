"""Fields as browsers draw them."""

from __future__ import annotations

from typing import Any

from django import forms


class DateBox(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs or None, format="%Y-%m-%d")
