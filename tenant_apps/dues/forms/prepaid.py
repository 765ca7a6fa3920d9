"""Up to which month a member pays ahead, and the way to pay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from kernel.clock import Month
from shared_apps.payments.selectors import Channel


class AheadForm(forms.Form):
    until = forms.TypedChoiceField(label="交到")  # choices: the months that may be paid
    way = forms.TypedChoiceField()  # choices: what the unit has

    def __init__(
        self,
        *args: Any,
        offered: Sequence[tuple[int, str]],
        ways: Sequence[Channel],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"] = forms.TypedChoiceField(
            label="交到",
            coerce=lambda text: Month(int(text)),
            choices=offered,
            error_messages={
                "required": "请选择交到哪个月。",
                "invalid_choice": "请选择列出的月份。",
            },
        )
        self.fields["way"] = forms.TypedChoiceField(
            coerce=Channel,
            choices=[(way.value, way.label) for way in ways],
            required=len(ways) > 1,
            empty_value=ways[0] if ways else Channel.WECHAT,
            error_messages={"required": "请选择交纳方式。", "invalid_choice": "请选择交纳方式。"},
        )
