"""The filters of the list as an address carries them, and how the list is taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict

from kernel.actor import Actor
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import Category
from tenant_apps.members.selectors import (
    SORTS,
    ColumnProvider,
    Filters,
    Listing,
    columns_for,
    filters,
)

PAGE_SIZES: Final = (20, 50, 100, 200)
_PHONES: Final = (("", "手机号码：不限"), ("yes", "已登记手机号"), ("no", "未登记手机号"))
_AGES: Final = ("-30", "31-35", "36-40", "41-45", "46-50", "51-55", "56-60", "61-")
_PARTY_AGES: Final = ("0-4", "5-9", "10-19", "20-29", "30-39", "40-49", "50-")
_PLAIN: Final = (
    "category", "gender", "ethnicity", "education", "occupation", "stratum", "front_line",
    "age", "party_age", "state", "posts", "mark",
)  # fmt: skip
"""Filters that the address and ``Filters`` name alike."""


class CodedField(forms.ChoiceField):
    """A code or a group of a code table, or one of a few words more; the table is read late."""

    def __init__(self, name: str, more: Mapping[str, str]) -> None:
        self._name, self._more = name, more
        super().__init__(required=False, choices=self._choices_now)

    def _choices_now(self) -> list[tuple[str, str]]:
        table = codes.table(self._name)
        rows = [*table.groups, *table.entries] if self._name == "education" else table.entries
        return [("", ""), *self._more.items(), *((one.code, one.label) for one in rows)]

    @property
    def offered(self) -> list[tuple[str, str]]:
        """What a select shows: groups stand for their codes, where the table has groups."""
        table = codes.table(self._name)
        shown = table.groups if self._name == "education" else table.entries
        return [*self._more.items(), *((one.code, one.label) for one in shown)]


class SpanField(forms.CharField):
    """Years from and to: ``31-35``, ``61-``, ``-30``."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=7)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and filters.span(text) is None:
            raise forms.ValidationError("应写作 31-35、61- 或 -30。")
        return str(text)


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
    gender = forms.ChoiceField(
        required=False, choices=[("", ""), ("M", "男"), ("F", "女"), ("none", "未登记性别")]
    )
    ethnicity = CodedField("ethnicity", {"minority": "少数民族", "none": "未登记民族"})
    education = CodedField("education", {"college": "大专及以上", "none": "未登记学历"})
    occupation = CodedField("occupation", {"none": "未登记职业"})
    stratum = CodedField("stratum", {"any": "新社会阶层（全部）"})
    front_line = CodedField("front_line", {"any": "在一线（全部）"})
    age = SpanField()
    joined_from = forms.DateField(required=False)
    joined_to = forms.DateField(required=False)
    party_age = SpanField()
    state = forms.ChoiceField(required=False, choices=[("", ""), *filters.STATES.items()])
    phone = forms.ChoiceField(required=False, choices=_PHONES)
    posts = forms.CharField(required=False, max_length=20)
    mark = forms.ChoiceField(required=False, choices=[("", ""), *filters.MARKS.items()])

    def __init__(self, data: QueryDict, *, actor: Actor) -> None:
        super().__init__(data)
        self.providers: Sequence[ColumnProvider] = [p for p in columns_for(actor) if p.choices]
        for provider in self.providers:
            choices = [("", ""), *provider.choices]
            self.fields[provider.key] = forms.ChoiceField(required=False, choices=choices)
        self.is_valid()

    def clean(self) -> dict[str, Any]:
        """Days of a span that come the wrong way round are turned round."""
        given: dict[str, Any] = super().clean() or {}
        first, last = given.get("joined_from"), given.get("joined_to")
        if first and last and first > last:
            given |= {"joined_from": last, "joined_to": first}
        return given

    @property
    def joined_words(self) -> str:
        """The span of the day of joining as the filter bar shows it; empty without one."""
        first, last = self.value("joined_from"), self.value("joined_to")
        if first and last:
            return f"{first} ~ {last}"
        return f"{first} 以后" if first else f"{last} 以前" if last else ""

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

    def narrowing(self) -> Filters:
        """The filters of the address."""
        phone = self.value("phone")
        plain: dict[str, Any] = {name: self.value(name) or "" for name in _PLAIN}
        return Filters(
            q=self.value("q") or "",
            joined_from=self.value("joined_from"),
            joined_to=self.value("joined_to"),
            has_phone=None if phone is None else phone == "yes",
            added={p.key: self.value(p.key) for p in self.providers if self.value(p.key)},
            **plain,
        )

    def listing(self, *, org_path: str = "", chosen: tuple[str, ...] = ()) -> Listing:
        """The list that the address describes."""
        return Listing(
            org_path=org_path,
            include_sub=self.include_sub,
            filters=self.narrowing(),
            tab=self.value("tab") or "all",
            sort=self.value("sort") or "name",
            chosen=chosen,
        )

    def selects(self) -> list[Select]:
        """The further filters as the drawer of the list shows them."""
        rows: list[tuple[str, str, list[tuple[str, str]]]] = [
            ("gender", "性别", [("M", "男"), ("F", "女"), ("none", "未登记")]),
            ("age", "年龄", _spans(_AGES, "岁")),
            ("ethnicity", "民族", self._offered("ethnicity")),
            ("education", "学历", self._offered("education")),
            ("occupation", "职业", self._offered("occupation")),
            ("party_age", "党龄", _spans(_PARTY_AGES, "年")),
            ("state", "特殊情形", list(filters.STATES.items())),
            ("stratum", "新社会阶层", self._offered("stratum")),
            ("front_line", "一线情况", self._offered("front_line")),
            ("mark", "其他标记", list(filters.MARKS.items())),
        ]
        found = []
        words = dict(filters.words_of(self.narrowing()))
        for name, label, offered in rows:
            chosen = self.value(name) or ""
            more = [(chosen, words[name])] if chosen and chosen not in dict(offered) else []
            found.append(Select(name, label, chosen, [*offered, *more]))
        return found

    def chips(self) -> list[tuple[str, tuple[str, ...]]]:
        """The filters in force in words, each with the names to take out of the address."""
        found: list[tuple[str, tuple[str, ...]]] = []
        if text := self.value("q"):
            found.append((f"搜索 {text}", ("q",)))
        found += [(words, (name,)) for name, words in filters.words_of(self.narrowing())]
        joined = (self.value("joined_from"), self.value("joined_to"))
        if any(joined):
            first, last = (day.isoformat() if day else "" for day in joined)
            between = f"{first or '最早'} 至{' ' + last if last else '今'}"
            found.append((f"入党日期 {between}", ("joined_from", "joined_to")))
        if phone := self.value("phone"):
            found.append((dict(_PHONES)[phone], ("phone",)))
        for provider in self.providers:
            if choice := self.value(provider.key):
                label = dict(provider.choices)[choice]
                found.append((f"{provider.label} {label}", (provider.key,)))
        return found

    def _offered(self, name: str) -> list[tuple[str, str]]:
        field = self.fields[name]
        return field.offered if isinstance(field, CodedField) else []


@dataclass(frozen=True, slots=True)
class Select:
    """One of the further filters: its name in the address, its words, what it offers."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]]


def _spans(spans: Sequence[str], unit: str) -> list[tuple[str, str]]:
    return [(text, filters.years_in_words(text, unit)) for text in spans]


class SaveListForm(forms.Form):
    """A name for the list as it stands."""

    name = forms.CharField(label="名称", max_length=30)
    address = forms.CharField(max_length=1000, required=False)


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
