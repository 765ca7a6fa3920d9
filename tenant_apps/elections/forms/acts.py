"""A form for each act of a case.  Forms never save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms

from tenant_apps.elections.forms.papers import DateBox, PaperForm
from tenant_apps.elections.models import (
    WITHOUT_VOTE,
    Assembly,
    CaseKind,
    Excuse,
    Office,
    Profile,
)
from tenant_apps.elections.selectors.composition import DEPUTY, POSTS, SECRETARY, is_of_board
from tenant_apps.elections.services.meeting import Exclusion, Roll
from tenant_apps.elections.services.preparing import Nominee, Plan


class StartForm(PaperForm):
    kind = forms.ChoiceField(
        label="事项",
        choices=[(one.value, one.label) for one in (CaseKind.REELECTION, CaseKind.BY_ELECTION)],
        help_text="换届开始新的一届任期；增补只补选缺额，任期随本届届满。",
    )
    is_reminder = forms.BooleanField(
        label="上级发出换届提醒",
        required=False,
        help_text="由上级党组织提醒的勾选，本组织自行启动的不勾。",
    )

    field_order = ("kind", "happened_on", "is_reminder", "document", "note", "scans")


class ExtendForm(PaperForm):
    until = forms.DateField(
        label="申请延至", widget=DateBox(), help_text="不超过本届原届满日之后一年。"
    )

    field_order = ("until", "happened_on", "document", "note", "scans")


class PlanForm(PaperForm):
    planned_on = forms.DateField(label="计划召开大会日期", widget=DateBox())
    profile = forms.ChoiceField(label="任期类别", choices=Profile.choices)
    assembly = forms.ChoiceField(
        label="大会形式",
        choices=Assembly.choices,
        help_text="党员 500 名以上或分散的，经上级同意可开党员代表大会。",
    )
    has_committee = forms.BooleanField(
        label="设委员会", required=False, help_text="正式党员 7 人以上的支部应设委员会。"
    )
    seats = forms.IntegerField(label="委员名额", min_value=0, max_value=21, required=False)
    secretaries = forms.IntegerField(label="书记名额", min_value=0, max_value=1)
    deputies = forms.IntegerField(label="副书记名额", min_value=0, max_value=2)
    inspectors = forms.IntegerField(
        label="纪委委员名额",
        min_value=0,
        max_value=11,
        required=False,
        help_text="纪委在同一次大会上选举产生，任期与党委相同；不选举的填 0。",
    )

    field_order = (
        "happened_on", "planned_on", "profile", "assembly", "has_committee", "seats",
        "secretaries", "deputies", "inspectors", "document", "note", "scans",
    )  # fmt: skip

    def plan(self) -> Plan:
        values = self.cleaned_data
        return Plan(
            planned_on=values["planned_on"],
            has_committee=values["has_committee"],
            seats=values["seats"] or 0,
            secretaries=values["secretaries"],
            deputies=values["deputies"],
            profile=Profile(values["profile"]),
            assembly=Assembly(values["assembly"]),
            inspectors=values.get("inspectors") or 0,
        )


class AnswerForm(PaperForm):
    """An answer of the committee above: agree, or return with a reason."""

    answer = forms.ChoiceField(
        label="意见",
        choices=[("approve", "同意"), ("return", "退回")],
        widget=forms.RadioSelect,
        help_text="退回的须在说明中写明理由，本组织修改后重新呈报。",
    )

    field_order = (
        "answer", "approves_shift", "allows_delegates", "happened_on", "document", "note", "scans",
    )  # fmt: skip

    @property
    def is_approved(self) -> bool:
        return bool(self.cleaned_data["answer"] == "approve")


class ReplyForm(AnswerForm):
    approves_shift = forms.BooleanField(
        label="同意提前或延期召开",
        required=False,
        help_text="大会日期早于届满前六个月或晚于届满日的，须勾选。",
    )
    allows_delegates = forms.BooleanField(label="同意召开党员代表大会", required=False)


class NominateForm(PaperForm):
    """Candidates per office, chosen among those who may stand for it."""

    def __init__(
        self,
        *args: Any,
        offices: Sequence[tuple[Office, int]],
        voters: Mapping[Office, Sequence[tuple[UUID, str]]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offices = [office for office, _ in offices]
        for office, seats in offices:
            self.fields[office.value] = forms.MultipleChoiceField(
                label=f"{office.label}候选人预备人选（应选 {seats} 名）",
                choices=[(str(pk), name) for pk, name in voters[office]],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        self.order_fields([*(office.value for office in self.offices), "happened_on"])

    def nominees(self) -> list[Nominee]:
        return [
            Nominee(UUID(pk), office)
            for office in self.offices
            for pk in self.cleaned_data[office.value]
        ]


class PublicForm(PaperForm):
    notice_until = forms.DateField(
        label="通知期至",
        widget=DateBox(),
        help_text="各地一般为 3 至 5 个工作日，期满次日起可以开会。",
    )

    place = forms.CharField(
        label="开会地点",
        max_length=120,
        required=False,
        help_text="写在会议通知里，党员在手机上也能看到。",
    )

    field_order = ("happened_on", "notice_until", "place", "document", "note", "scans")


class RollForm(PaperForm):
    """Who came.  In a general meeting every voter has a line; delegates are counted."""

    delegates_expected = forms.IntegerField(label="应到代表", min_value=1, required=False)
    delegates_present = forms.IntegerField(label="实到代表", min_value=0, required=False)
    approved_by = forms.CharField(
        label="批准不计入应到会的上级党组织",
        max_length=120,
        required=False,
        help_text="有五类情形人员不计入应到会时填写，并须经大会同意。",
    )

    def __init__(self, *args: Any, voters: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.voters = list(voters)
        for pk, name in self.voters:
            self.fields[f"voter_{pk}"] = forms.ChoiceField(
                label=name, choices=_PRESENCE, initial="PRESENT"
            )
        if self.voters:
            del self.fields["delegates_expected"], self.fields["delegates_present"]
        else:
            del self.fields["approved_by"]

    @property
    def lines(self) -> list[Any]:
        """The voters' lines, for the template."""
        return [self[f"voter_{pk}"] for pk, _ in self.voters]

    def counted(self) -> tuple[int, int]:
        """Expected and present as far as they are filled in."""
        values = self.cleaned_data
        if not self.voters:
            return values.get("delegates_expected") or 0, values.get("delegates_present") or 0
        chosen = [values.get(f"voter_{pk}") for pk, _ in self.voters]
        return sum(one in ("PRESENT", "ABSENT") for one in chosen), chosen.count("PRESENT")

    def roll(self) -> Roll:
        values = self.cleaned_data
        if not self.voters:
            return Roll(
                delegates_expected=values["delegates_expected"] or 0,
                delegates_present=values["delegates_present"] or 0,
            )
        chosen = {pk: values[f"voter_{pk}"] for pk, _ in self.voters}
        return Roll(
            present=frozenset(pk for pk, choice in chosen.items() if choice == "PRESENT"),
            excluded={
                pk: Exclusion(Excuse(choice), values["approved_by"])
                for pk, choice in chosen.items()
                if choice in Excuse.values
            },
        )


_PRESENCE = [
    ("PRESENT", "实到"),
    ("ABSENT", "未到"),
    ("不计入应到会", [(one.value, one.label) for one in Excuse if one not in WITHOUT_VOTE]),
    ("没有表决权", [(one.value, one.label) for one in WITHOUT_VOTE]),
]


class ReportForm(PaperForm):
    """The result with the division of work among the members who lead nothing."""

    def __init__(self, *args: Any, members: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = members
        choices = [
            (code, label)
            for code, label in POSTS.items()
            if is_of_board(code) and code not in (SECRETARY, DEPUTY)
        ]
        for pk, name in members:
            self.fields[f"post_{pk}"] = forms.ChoiceField(
                label=f"{name}的分工", choices=choices, initial="19"
            )
        self.order_fields([f"post_{pk}" for pk, _ in members])

    def division(self) -> dict[UUID, str]:
        return {UUID(pk): self.cleaned_data[f"post_{pk}"] for pk, _ in self.members}
