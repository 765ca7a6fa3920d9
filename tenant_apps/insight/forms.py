"""The shape of what people send about statistics.  Forms never save."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from tenant_apps.insight.models import Cut
from tenant_apps.insight.services.taking import FIRST_YEAR

_YEARS_OFFERED = 5


class TakeForm(forms.Form):
    """Which period is frozen."""

    year = forms.TypedChoiceField(label="统计年度", coerce=int)
    cut = forms.ChoiceField(label="报表", choices=Cut.choices, initial=Cut.YEAR)

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["year"]
        field.choices = [
            (year, f"{year} 年")
            for year in range(today.year, max(FIRST_YEAR, today.year - _YEARS_OFFERED) - 1, -1)
        ]


class NoteForm(forms.Form):
    """What whoever submits or returns says."""

    note = forms.CharField(required=False, max_length=200)


class PlaceForm(forms.Form):
    """The organisation in the address; what is wrong is left out."""

    org = forms.UUIDField(required=False)
    compare = forms.BooleanField(required=False)

    @property
    def org_id(self) -> Any:
        return self.cleaned_data.get("org") if self.is_valid() else None


class CellForm(PlaceForm):
    """A cell by its keys (without them, the table's total), and a page of the people in it."""

    row = forms.CharField(required=False, max_length=40)
    column = forms.CharField(required=False, max_length=40)
    page = forms.IntegerField(required=False, min_value=1)
    size = forms.TypedChoiceField(
        required=False, coerce=int, choices=[(size, size) for size in (20, 50, 100)]
    )
