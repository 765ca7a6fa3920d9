"""The filters of the list as an address carries them, and how the list is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from kernel.actor import Actor
from tenant_apps.members.models import Category
from tenant_apps.members.selectors import SORTS, ColumnProvider, Filters, Listing, columns_for

PAGE_SIZES: Final = (20, 50, 100, 200)
_PHONES: Final = (("", "手机号码：不限"), ("yes", "已登记手机号"), ("no", "未登记手机号"))


class ListForm(forms.Form):
    """The filters of the list as they stand in the address; what is wrong is left out."""

    q = forms.CharField(required=False, max_length=60)
    org = forms.UUIDField(required=False)
    tab = forms.CharField(required=False, max_length=60)
    sort = forms.ChoiceField(required=False, choices=[(key, key) for key in SORTS])
    size = forms.TypedChoiceField(
        required=False, coerce=int, choices=[(size, size) for size in PAGE_SIZES]
    )
    page = forms.IntegerField(required=False, min_value=1)
    category = forms.ChoiceField(required=False, choices=[("", ""), *Category.choices])
    joined_from = forms.DateField(required=False)
    joined_to = forms.DateField(required=False)
    phone = forms.ChoiceField(required=False, choices=_PHONES)
    posts = forms.CharField(required=False, max_length=20)

    def __init__(self, data: QueryDict, *, actor: Actor) -> None:
        super().__init__(data)
        self.providers: Sequence[ColumnProvider] = [p for p in columns_for(actor) if p.choices]
        for provider in self.providers:
            choices = [("", ""), *provider.choices]
            self.fields[provider.key] = forms.ChoiceField(required=False, choices=choices)
        self.is_valid()

    def value(self, name: str) -> Any:
        """What was sent, if it was right; else nothing."""
        return self.cleaned_data.get(name) or None

    @property
    def include_sub(self) -> bool:
        """Sub-organisations are in unless the switch was sent turned off."""
        return "sub_shown" not in self.data or self.data.get("sub") == "1"

    @property
    def size_chosen(self) -> int:
        return self.value("size") or PAGE_SIZES[0]

    def listing(self, *, org_path: str = "", chosen: tuple[str, ...] = ()) -> Listing:
        """The list that the address describes."""
        phone = self.value("phone")
        return Listing(
            org_path=org_path,
            include_sub=self.include_sub,
            filters=Filters(
                q=self.value("q") or "",
                category=self.value("category") or "",
                joined_from=self.value("joined_from"),
                joined_to=self.value("joined_to"),
                has_phone=None if phone is None else phone == "yes",
                posts=self.value("posts") or "",
                added={p.key: self.value(p.key) for p in self.providers if self.value(p.key)},
            ),
            tab=self.value("tab") or "all",
            sort=self.value("sort") or "name",
            chosen=chosen,
        )

    def chips(self) -> list[tuple[str, tuple[str, ...]]]:
        """The filters in force in words, each with the names to take out of the address."""
        found: list[tuple[str, tuple[str, ...]]] = []
        if text := self.value("q"):
            found.append((f"搜索 {text}", ("q",)))
        if category := self.value("category"):
            found.append((f"类别 {Category(category).label}", ("category",)))
        joined = (self.value("joined_from"), self.value("joined_to"))
        if any(joined):
            first, last = (day.isoformat() if day else "" for day in joined)
            span = f"{first or '最早'} 至{' ' + last if last else '今'}"
            found.append((f"入党日期 {span}", ("joined_from", "joined_to")))
        if phone := self.value("phone"):
            found.append((dict(_PHONES)[phone], ("phone",)))
        if posts := self.value("posts"):
            found.append((f"党内职务含 {posts}", ("posts",)))
        for provider in self.providers:
            if choice := self.value(provider.key):
                label = dict(provider.choices)[choice]
                found.append((f"{provider.label} {label}", (provider.key,)))
        return found


class ExportForm(forms.Form):
    """How the list is taken away."""

    form = forms.ChoiceField(
        label="文件格式",
        choices=[("xlsx", "Excel 工作簿（.xlsx）"), ("csv", "CSV 文本（.csv，UTF-8）")],
        initial="xlsx",
        widget=forms.RadioSelect,
    )
    is_full = forms.BooleanField(label="包含完整的身份证号和手机号码", required=False)
    reason = forms.CharField(
        label="导出事由",
        max_length=120,
        required=False,
        help_text="包含完整号码时必填，会记入每名党员的档案。",
    )

    def __init__(self, *args: Any, may_be_full: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_full:
            del self.fields["is_full"], self.fields["reason"]
