"""The count sheet of one round."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms

from tenant_apps.elections.services.counting import (
    CandidateCount,
    CountSheet,
    OtherCount,
    Seeking,
)

OTHER_LINES: Final = 2
"""Lines for names that voters wrote in."""


class CountForm(forms.Form):
    """One round of one vote, as the tellers counted it."""

    expected = forms.IntegerField(label="应到", min_value=0, disabled=True, required=False)
    present = forms.IntegerField(label="实到", min_value=0)
    issued = forms.IntegerField(label="发出选票", min_value=0)
    returned = forms.IntegerField(label="收回选票", min_value=0)
    valid = forms.IntegerField(label="有效票", min_value=0)

    def __init__(
        self, *args: Any, sought: Seeking, expected: int, present: int | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sought = sought
        self.fields["expected"].initial = expected
        if present is not None:
            self.fields["present"].initial = present
            self.fields["present"].disabled = True
        for number in range(sought.choices):
            self._add_candidate(number)
        for number in range(0 if sought.is_runoff else OTHER_LINES):
            self.fields[f"other_{number}"] = forms.CharField(
                label="另选他人姓名", max_length=60, required=False
            )
            self.fields[f"other_for_{number}"] = _count("票数", required=False)

    def _add_candidate(self, number: int) -> None:
        choices = [(member, name) for member, name in self.sought.candidates]
        if self.sought.choices == len(choices):
            choices = choices[number : number + 1]
        self.fields[f"who_{number}"] = forms.ChoiceField(
            label="候选人", choices=choices, initial=choices[min(number, len(choices) - 1)][0]
        )
        for name, label in (("for", "赞成"), ("against", "反对"), ("abstained", "弃权")):
            self.fields[f"{name}_{number}"] = _count(label)

    @property
    def candidate_lines(self) -> list[dict[str, Any]]:
        """Name or choice, and the three boxes, of each candidate."""
        names = dict(self.sought.candidates)
        lines = []
        for number in range(self.sought.choices):
            who = self[f"who_{number}"]
            choices = self.fields[f"who_{number}"].choices  # type: ignore[attr-defined]  # a ChoiceField
            lines.append(
                {
                    "who": who,
                    "name": names[choices[0][0]] if len(choices) == 1 else "",
                    "member": choices[0][0],
                    "boxes": [self[f"{name}_{number}"] for name in ("for", "against", "abstained")],
                }
            )
        return lines

    @property
    def other_lines(self) -> list[tuple[Any, Any]]:
        lines = 0 if self.sought.is_runoff else OTHER_LINES
        return [(self[f"other_{number}"], self[f"other_for_{number}"]) for number in range(lines)]

    def sheet(self) -> CountSheet:
        values = self.cleaned_data
        names = dict(self.sought.candidates)
        return CountSheet(
            expected=values["expected"] or 0,
            present=values["present"],
            issued=values["issued"],
            returned=values["returned"],
            valid=values["valid"],
            candidates=tuple(
                CandidateCount(
                    UUID(values[f"who_{n}"]),
                    names[values[f"who_{n}"]],
                    values[f"for_{n}"],
                    values[f"against_{n}"],
                    values[f"abstained_{n}"],
                )
                for n in range(self.sought.choices)
            ),
            others=tuple(
                OtherCount(values[f"other_{n}"].strip(), values[f"other_for_{n}"] or 0)
                for n in range(len(self.other_lines))
                if values[f"other_{n}"] or values[f"other_for_{n}"]
            ),
        )


def _count(label: str, *, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        required=required,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "form-control num"}),
    )


class ReduceForm(forms.Form):
    agreed = forms.IntegerField(label="同意减少名额的人数", min_value=0)
