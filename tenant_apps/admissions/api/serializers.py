"""Shapes of the API of admissions, input and output apart.  Sealed values go out masked."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.admissions.models import Category, NoteKind, State, StepState
from tenant_apps.admissions.services.closing import ENDINGS
from tenant_apps.admissions.services.opening import LAYOUTS
from tenant_apps.admissions.services.revealing import WHAT


class CaseOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    org_id = serializers.UUIDField()
    org_name = serializers.CharField(source="org.name")
    gender = serializers.ChoiceField(choices=["M", "F"])
    birth_on = serializers.DateField()
    ethnicity = serializers.CharField()
    education = serializers.CharField()
    occupation = serializers.CharField()
    workplace = serializers.CharField()
    identity_masked = serializers.CharField()
    phone_masked = serializers.CharField()
    category = serializers.ChoiceField(choices=Category.choices)
    state = serializers.ChoiceField(choices=State.choices)
    layout = serializers.ChoiceField(choices=list(LAYOUTS))
    stage = serializers.CharField()
    act = serializers.CharField(help_text="下一步要办理的步骤")
    act_version = serializers.CharField(help_text="这一步适用的规则版本")
    act_began_on = serializers.DateField()
    applied_on = serializers.DateField()
    activist_on = serializers.DateField(allow_null=True)
    candidate_on = serializers.DateField(allow_null=True)
    joined_on = serializers.DateField(allow_null=True)
    approved_on = serializers.DateField(allow_null=True)
    converted_on = serializers.DateField(allow_null=True)
    conversion = serializers.CharField()
    member_id = serializers.UUIDField(allow_null=True)
    closed_on = serializers.DateField(allow_null=True)


class CasePageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CaseOutput(many=True)


class ClockOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField(source="label")
    article = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    hard_on = serializers.DateField(allow_null=True)
    is_provisional = serializers.BooleanField()
    explanation = serializers.CharField()


class StepOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    act = serializers.CharField()
    attempt = serializers.IntegerField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=StepState.choices)
    on = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)
    answers = serializers.DictField(source="data")
    verdict = serializers.CharField()
    opinion = serializers.CharField()
    late_reason = serializers.CharField()
    given_by_name = serializers.CharField()
    decided_by_name = serializers.CharField()


class ActOutput(serializers.Serializer[Any]):
    key = serializers.CharField(source="act.key")
    number = serializers.IntegerField()
    name = serializers.CharField(source="act.name")
    handling = serializers.CharField(source="act.handling")
    article = serializers.CharField(source="act.article")
    version = serializers.CharField()
    progress = serializers.CharField()
    opens_on = serializers.DateField(allow_null=True)
    is_overdue = serializers.BooleanField()
    clocks = ClockOutput(many=True)
    tries = StepOutput(many=True)
    missing_papers = serializers.ListField(child=serializers.CharField())


class CaseDetailOutput(CaseOutput):
    acts = ActOutput(many=True)


class ApplicantInput(Input):
    name = serializers.CharField(max_length=60)
    identity = serializers.CharField(max_length=24)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    gender = serializers.ChoiceField(choices=["", "M", "F"], required=False)
    birth_on = serializers.DateField(required=False, allow_null=True)
    ethnicity = serializers.CharField(max_length=20, required=False, allow_blank=True)
    education = serializers.CharField(max_length=40, required=False, allow_blank=True)
    occupation = serializers.CharField(max_length=20, required=False, allow_blank=True)
    front_line = serializers.CharField(max_length=20, required=False, allow_blank=True)
    stratum = serializers.CharField(max_length=20, required=False, allow_blank=True)
    workplace = serializers.CharField(max_length=120, required=False, allow_blank=True)


class CorrectInput(ApplicantInput):
    identity = serializers.CharField(
        max_length=24, required=False, allow_blank=True, default="", help_text="空则不变"
    )


class OpenInput(ApplicantInput):
    org_id = serializers.UUIDField()
    applied_on = serializers.DateField()
    layout = serializers.ChoiceField(choices=list(LAYOUTS), default=LAYOUTS[0])
    answers = serializers.DictField(required=False, default=dict)


class StepInput(Input):
    on = serializers.DateField()
    answers = serializers.DictField(
        required=False, default=dict, help_text="按这一步的规则要求填写的内容"
    )
    late_reason = serializers.CharField(
        max_length=400, required=False, allow_blank=True, default=""
    )


class NoticeEndInput(Input):
    on = serializers.DateField()
    answers = serializers.DictField(required=False, default=dict)


class DecisionInput(Input):
    verdict = serializers.ChoiceField(choices=["AGREE", "RETURN", "REFUSE"])
    on = serializers.DateField()
    answers = serializers.DictField(required=False, default=dict)
    opinion = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class ReasonInput(Input):
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class NoteInput(Input):
    kind = serializers.ChoiceField(choices=NoteKind.choices)
    on = serializers.DateField()
    by = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=4000)
    by_text = serializers.BooleanField(
        default=False, help_text="通知本人时，同时发短信提醒登录查看；短信不含通知内容"
    )


class NoteOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=NoteKind.choices)
    on = serializers.DateField()
    by = serializers.CharField()
    text = serializers.CharField()
    struck_at = serializers.DateTimeField(allow_null=True)


class OwnActOutput(serializers.Serializer[Any]):
    key = serializers.CharField(source="act.key")
    number = serializers.IntegerField()
    name = serializers.CharField(source="act.name")
    law = serializers.CharField(help_text="依据")
    progress = serializers.CharField()
    done_on = serializers.DateField(source="done.done_on", default=None, allow_null=True)
    opens_on = serializers.DateField(allow_null=True)
    clocks = ClockOutput(many=True)


class AskedOutput(serializers.Serializer[Any]):
    act = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField(source="label")
    law = serializers.CharField()


class ToldOutput(serializers.Serializer[Any]):
    on = serializers.DateField()
    title = serializers.CharField()
    text = serializers.CharField()


class OwnCaseOutput(CaseOutput):
    acts = OwnActOutput(many=True)
    asked = AskedOutput(many=True, help_text="请本人提交、尚未提交的材料")
    next_report_on = serializers.DateField(allow_null=True, help_text="下一篇思想汇报的期限")
    told = ToldOutput(many=True, help_text="办理情况和党支部的通知，新的在前")


class OwnReportInput(Input):
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    file_name = serializers.CharField(max_length=120, required=False, default="")
    content = serializers.CharField(required=False, default="", help_text="手写稿的 Base64，可不传")


class OwnPaperInput(Input):
    act = serializers.CharField(max_length=30)
    kind = serializers.CharField(max_length=30)
    file_name = serializers.CharField(max_length=120)
    content = serializers.CharField(help_text="文件内容的 Base64")


class RevealInput(Input):
    what = serializers.ChoiceField(choices=list(WHAT.items()))
    reason = serializers.CharField(max_length=120)


class RevealedOutput(serializers.Serializer[Any]):
    value = serializers.CharField()


class PaperInput(Input):
    act = serializers.CharField(max_length=30)
    kind = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    title = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    file_name = serializers.CharField(max_length=120)
    content = serializers.CharField(help_text="文件内容的 Base64")


class PaperOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    act = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    file_name = serializers.CharField()
    size = serializers.IntegerField()
    digest = serializers.CharField(help_text="SM3 摘要")
    struck_at = serializers.DateTimeField(allow_null=True)


class CloseInput(Input):
    state = serializers.ChoiceField(choices=[(one.value, one.label) for one in ENDINGS])
    on = serializers.DateField()
    reason = serializers.CharField(max_length=400)


class MoveInput(Input):
    org_id = serializers.UUIDField()


class WorkOutput(serializers.Serializer[Any]):
    case_id = serializers.UUIDField(source="case.pk")
    name = serializers.CharField(source="case.name")
    step = serializers.IntegerField(source="number")
    text = serializers.CharField()
    waits = serializers.CharField(help_text="branch 或 committee")
    due_on = serializers.DateField(allow_null=True)
    is_overdue = serializers.BooleanField()
    basis = serializers.CharField()
