"""The shape of what people send about admissions.  The fields of an act come from its rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django import forms

from kernel.actor import Actor
from kernel.permissions import can
from shared_apps.rules.selectors import codes
from shared_apps.rules.selectors.admission import Act, Input
from tenant_apps.admissions.models import Case, NoteKind
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors import full_members_of, groups_of, voters_of
from tenant_apps.admissions.services.closing import ENDINGS
from tenant_apps.admissions.services.deciding import AGREE, REFUSE, RETURN
from tenant_apps.admissions.services.opening import LAYOUTS, Applicant
from tenant_apps.admissions.services.revealing import SHORTEST_REASON, WHAT

_PICK: Final = ("", "请选择")
_LAYOUT_LABELS: Final = {"25": "25 步", "29": "29 个环节（公示和各次通知单列）"}
_OWN_KINDS: Final = ("INSPECTION", "THOUGHT", "TRAINING", "NOTICE", "OTHER")


class DateBox(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs or None, format="%Y-%m-%d")


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateBox(), **more)


class PersonForm(forms.Form):
    """Who somebody is; birthday and gender are read from the identity number."""

    name = forms.CharField(label="姓名", max_length=60)
    identity = forms.CharField(
        label="身份证号", max_length=24, help_text="性别和出生日期由身份证号得出，加密保存"
    )
    phone = forms.CharField(
        label="手机号码", max_length=20, required=False,
        help_text="本人凭此号码登录手机端，查看进度、提交思想汇报和材料",
    )  # fmt: skip
    ethnicity = forms.ChoiceField(label="民族", required=False)
    education = forms.ChoiceField(label="学历", required=False)
    occupation = forms.ChoiceField(label="工作岗位", required=False)
    front_line = forms.ChoiceField(label="一线情况", required=False)
    stratum = forms.ChoiceField(label="新社会阶层", required=False)
    workplace = forms.CharField(label="工作单位及职务", max_length=120, required=False)

    def __init__(self, *args: Any, case: Case | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("ethnicity", "education"):
            _choose(self.fields[name], [(label, label) for label in codes.table(name).labels])
        for name in ("occupation", "front_line", "stratum"):
            _choose(self.fields[name], codes.table(name).choices)
        if case is None:
            self.fields["ethnicity"].initial = "汉族"
            return
        for name in self.fields:
            if name not in {"identity", "phone"}:
                self.fields[name].initial = getattr(case, name)
        for name, kept in (("identity", case.identity_masked), ("phone", case.phone_masked)):
            self.fields[name].required = False
            self.fields[name].help_text = f"已登记 {kept or '（空）'}，不更改则留空"

    def applicant(self) -> Applicant:
        given = {name: self.cleaned_data[name] for name in PersonForm.base_fields}
        return Applicant(**given)


class ApplicationForm(PersonForm):
    """A new application."""

    applied_on = _day("递交申请书日期")
    layout = forms.ChoiceField(
        label="步骤", choices=[(key, _LAYOUT_LABELS[key]) for key in LAYOUTS], initial="25"
    )
    handed_to = forms.CharField(label="接收申请的党组织", max_length=200, required=False)
    note = forms.CharField(
        label="说明", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def given(self) -> dict[str, str]:
        """The answers for the first act."""
        return {key: self.cleaned_data[key] for key in ("handed_to", "note")}


class InputsForm(forms.Form):
    """Fields as the rules ask for them.  ``day`` is the field of the day."""

    day = _day("日期")

    def __init__(
        self,
        *args: Any,
        case: Case,
        inputs: Sequence[Input],
        day_label: str,
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [one.key for one in inputs]
        self.fields["day"].label = day_label
        self.fields["day"].initial = today
        self.fields["day"].widget.attrs["max"] = today.isoformat()
        for one in inputs:
            self.fields[one.key] = _field(one, case)

    def given(self) -> dict[str, Any]:
        """What was filled in, as the service reads it."""
        return {key: self.cleaned_data[key] for key in self.keys if key in self.cleaned_data}


class ActForm(InputsForm):
    """An act of the branch or of the committee."""

    late_reason = forms.CharField(
        label="逾期原因", max_length=400, required=False,
        help_text="超过规定期限的须填写，记入档案",
    )  # fmt: skip

    def __init__(
        self, *args: Any, case: Case, act: Act, today: dt.date, has_term: bool, **kwargs: Any
    ) -> None:
        super().__init__(
            *args, case=case, inputs=act.inputs, day_label=act.day_label, today=today, **kwargs
        )
        if act.vote:
            self.fields["expected"].initial = voters_of(case.org_path) or None
            self.fields["written"].initial = 0
        if has_term:
            self.fields["late_reason"] = self.fields.pop("late_reason")
        else:
            del self.fields["late_reason"]

    @property
    def late(self) -> str:
        return str(self.cleaned_data.get("late_reason", ""))


class NoticeEndForm(InputsForm):
    """The end of a notice."""

    def __init__(self, *args: Any, case: Case, act: Act, today: dt.date, **kwargs: Any) -> None:
        super().__init__(
            *args, case=case, inputs=act.closing, day_label="公示结束日期", today=today, **kwargs
        )


class DecisionForm(InputsForm):
    """The committee's decision; what is asked for agreement may be empty otherwise."""

    verdict = forms.ChoiceField(label="审批结果", widget=forms.RadioSelect)
    opinion = forms.CharField(
        label="意见", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="退回或不同意的必须写明",
    )  # fmt: skip

    def __init__(self, *args: Any, case: Case, act: Act, today: dt.date, **kwargs: Any) -> None:
        super().__init__(
            *args, case=case, inputs=act.decision, day_label="审批日期", today=today, **kwargs
        )
        verdict = self.fields["verdict"]
        assert isinstance(verdict, forms.ChoiceField)  # noqa: S101 - told to the type checker
        verdict.choices = [(key, act.verdicts[key]) for key in (AGREE, RETURN, REFUSE)]
        for one in act.decision:
            self.fields[one.key].required = False
        self.order_fields(["verdict", "day", *self.keys, "opinion"])


class NoteForm(forms.Form):
    """An inspection, a report, an objection."""

    on = _day("日期")
    by = forms.CharField(label="考察（汇报、反映）人", max_length=60, required=False)
    text = forms.CharField(label="内容", max_length=4000, widget=forms.Textarea)
    by_text = forms.BooleanField(
        label="同时发短信提醒本人登录查看", required=False,
        help_text="短信不含通知内容，同一天只发一次",
    )  # fmt: skip

    def __init__(self, *args: Any, kind: NoteKind, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by = {"INSPECTION": "考察人", "OBJECTION": "反映人", "THOUGHT": "汇报人"}
        self.fields["by"].label = by.get(kind, "记录人")
        if kind == NoteKind.THOUGHT:
            self.fields["by"].initial = case.name
        if kind == NoteKind.NOTICE:
            self.fields["text"].help_text = "本人登录手机端即可看到，请勿写入他人情况"
        if kind != NoteKind.NOTICE or not case.phone_masked:
            del self.fields["by_text"]


class PaperForm(forms.Form):
    """A file of a step."""

    kind = forms.ChoiceField(label="材料", required=False)
    title = forms.CharField(label="材料名称", max_length=120, required=False)

    def __init__(self, *args: Any, act: Act, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.key, one.label) for one in act.documents]
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 - told to the type checker
        kind.choices = [*kinds, ("", "其他材料")]
        self.fields["title"].help_text = "选择「其他材料」时填写"


class CloseForm(forms.Form):
    """How a case ends before somebody is a member."""

    state = forms.ChoiceField(
        label="结束方式", widget=forms.RadioSelect,
        choices=[(state.value, state.label) for state in ENDINGS],
    )  # fmt: skip
    on = _day("日期")
    reason = forms.CharField(label="原因", max_length=400, widget=forms.Textarea)


class RevealForm(forms.Form):
    """Why somebody wants to see a masked value."""

    what = forms.ChoiceField(choices=list(WHAT.items()))
    reason = forms.CharField(
        label="查看事由", max_length=120, min_length=SHORTEST_REASON,
        help_text="会连同您的姓名和时间记入办理记录。",
        error_messages={
            "required": "请写明查看的事由。",
            "min_length": "请把事由写得更具体一些（至少 4 个字）。",
        },
    )  # fmt: skip


class ReportForm(forms.Form):
    """A thought report on the phone."""

    text = forms.CharField(
        label="思想汇报", max_length=4000, required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="可以在这里写，也可以上传手写稿的照片或文件",
    )  # fmt: skip


def kinds_to_add(actor: Actor, case: Case, *, has_notice: bool) -> list[tuple[str, str]]:
    """The notes that the actor may add now."""
    if not can(actor, AdmissionPermission.RECORD, case) or not case.is_open:
        return []
    kinds = [*_OWN_KINDS, *(["OBJECTION"] if has_notice else [])]
    return [(kind, NoteKind(kind).label) for kind in kinds]


def _choose(field: forms.Field, choices: Sequence[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - told to the type checker
    field.choices = [_PICK, *choices]


def _field(one: Input, case: Case) -> forms.Field:
    told: dict[str, Any] = {
        "label": one.label, "required": one.is_required, "help_text": one.help
    }  # fmt: skip
    if one.type == "count":
        return forms.IntegerField(min_value=0, max_value=100_000, **told)
    if one.type == "date":
        return forms.DateField(widget=DateBox(), **told)
    if one.type == "choice":
        is_short = len(one.choices) <= 3
        choices = list(one.choices) if is_short else [_PICK, *one.choices]
        widget = forms.RadioSelect if is_short else forms.Select
        return forms.ChoiceField(choices=choices, widget=widget, **told)
    if one.type == "members":
        people = [(str(p.id), p.name) for p in full_members_of(case.org_path)]
        return forms.MultipleChoiceField(
            choices=people, widget=forms.CheckboxSelectMultiple, **told
        )
    if one.type == "group":
        groups = [(str(g.id), g.name) for g in groups_of(case.org_id)]
        return forms.ChoiceField(choices=[("", "未设党小组"), *groups], **told)
    is_long = one.type == "longtext"
    widget_of_text = forms.Textarea(attrs={"rows": 4}) if is_long else forms.TextInput()
    return forms.CharField(max_length=4000 if is_long else 200, widget=widget_of_text, **told)
