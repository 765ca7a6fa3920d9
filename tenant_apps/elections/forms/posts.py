"""Posts between elections, and the reason of giving a case up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from tenant_apps.elections.forms.papers import DateBox
from tenant_apps.elections.selectors.composition import POSTS
from tenant_apps.elections.services.taking_over import Choice


class AppointForm(forms.Form):
    member = forms.ChoiceField(label="党员")
    code = forms.ChoiceField(label="职务", choices=list(POSTS.items()))
    title = forms.CharField(
        label="职务名称",
        max_length=30,
        required=False,
        help_text="与上面不同时填写，例如「保密委员」。",
    )
    began_on = forms.DateField(label="任职日期", widget=DateBox())
    document = forms.CharField(label="任职批复或通知文号", max_length=80)

    def __init__(self, *args: Any, voters: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"] = forms.ChoiceField(
            label="党员", choices=[(str(pk), name) for pk, name in voters]
        )
        self.order_fields(["member"])


class EndPostForm(forms.Form):
    ended_on = forms.DateField(label="离任日期", widget=DateBox())
    reason = forms.CharField(
        label="离任原因", max_length=200, help_text="例如「工作调动」「退休」「辞去职务」。"
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 3}))


class TakeOverForm(forms.Form):
    """One part of a member's line, and the day from which the post is held."""

    member = forms.UUIDField()
    text = forms.CharField(max_length=80)
    since = forms.DateField(label="任职日期", widget=DateBox())

    def choice(self) -> Choice:
        values = self.cleaned_data
        return Choice(values["member"], values["text"], values["since"])
