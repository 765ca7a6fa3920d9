"""Shapes of the API of openings, input and output apart.  Money is fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from onboarding.models import ImportState
from onboarding.roster.fields import Field
from onboarding.roster.understanding import Role
from onboarding.services.blockers import Blocker
from tenants.models import UnitProfile, UnitState


class RegistrationInput(Input):
    name = serializers.CharField(max_length=60)
    credit_code = serializers.CharField(max_length=24)
    region_code = serializers.RegexField(r"^\d{6}$")
    label = serializers.CharField(max_length=30, help_text="域名前缀：小写字母、数字、连字符")  # type: ignore[assignment]  # a field
    contact_name = serializers.CharField(max_length=30)
    contact_phone = serializers.CharField(max_length=20)
    agreed_on = serializers.DateField()
    agreement_ends_on = serializers.DateField()
    bank_branch = serializers.CharField(max_length=40)
    profile = serializers.ChoiceField(
        choices=UnitProfile.choices, default=UnitProfile.ENTERPRISE, help_text="单位类型"
    )


class UnitOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="unit.id")
    name = serializers.CharField(source="unit.name")
    host = serializers.CharField(help_text="单位的访问地址")
    credit_code = serializers.CharField(source="unit.credit_code")
    region_code = serializers.CharField(source="unit.region_code")
    state = serializers.ChoiceField(source="unit.state", choices=UnitState.choices)
    blocker = serializers.ChoiceField(
        source="standing.blocker", choices=[one.value for one in Blocker], allow_null=True
    )
    since = serializers.DateTimeField(source="standing.since")
    officer = serializers.CharField(source="opening.officer_name")
    bank_branch = serializers.CharField(source="unit.bank_branch")
    profile = serializers.ChoiceField(source="unit.profile", choices=UnitProfile.choices)
    agreed_on = serializers.DateField(source="opening.agreed_on")
    agreement_ends_on = serializers.DateField(source="opening.agreement_ends_on")
    registered_at = serializers.DateTimeField(source="opening.registered_at")
    organizations = serializers.IntegerField(source="figures.organizations")
    members = serializers.IntegerField(
        source="figures.shown_members", allow_null=True, help_text="少于 5 人时为空"
    )
    activated = serializers.IntegerField(
        source="figures.shown_activated", allow_null=True, help_text="少于 5 人时为空"
    )
    month_due_fen = serializers.IntegerField(
        source="figures.shown_month_due_fen", allow_null=True, help_text="党员少于 5 人时为空"
    )
    month_paid_fen = serializers.IntegerField(
        source="figures.shown_month_paid_fen", allow_null=True, help_text="党员少于 5 人时为空"
    )
    as_of = serializers.DateTimeField(source="figures.as_of", allow_null=True)


class UnitPageOutput(serializers.Serializer[Any]):
    results = UnitOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 after，没有则为空")


class RosterInput(serializers.Serializer[Any]):
    roster = serializers.FileField(help_text=".xlsx、.xls 或 .csv")
    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", help_text="文件的 SHA-256，用来确认上传没有中断"
    )


class RosterOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    unit_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ImportState.choices)
    size = serializers.IntegerField()
    organization_count = serializers.IntegerField()
    accepted_count = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    skipped_count = serializers.IntegerField()
    known_elsewhere_count = serializers.IntegerField()
    monthly_dues_fen = serializers.IntegerField()
    done_rows = serializers.IntegerField()
    made_count = serializers.IntegerField()
    already_known_count = serializers.IntegerField()
    percent = serializers.IntegerField()
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    undo_until = serializers.DateTimeField(allow_null=True)


class ColumnOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    heading = serializers.CharField()
    field = serializers.ChoiceField(choices=[one.value for one in Field], allow_null=True)
    confidence = serializers.FloatField()
    samples = serializers.ListField(child=serializers.CharField())


class SheetOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=[one.value for one in Role])
    reason = serializers.CharField()
    header_rows = serializers.ListField(child=serializers.IntegerField())
    rows = serializers.IntegerField()
    columns = ColumnOutput(many=True)


class OrganizationNodeOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    parent_key = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    existing = serializers.BooleanField()


class RejectionOutput(serializers.Serializer[Any]):
    sheet = serializers.CharField()
    row = serializers.IntegerField()
    column = serializers.CharField()
    rule = serializers.CharField()
    value = serializers.CharField(help_text="证件号码和手机号码隐去中段")
    message = serializers.CharField()
    remedy = serializers.CharField()


class NoticeOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    sheet = serializers.CharField()
    rows = serializers.ListField(child=serializers.IntegerField())
    count = serializers.IntegerField()


class UnderstandingOutput(serializers.Serializer[Any]):
    sheets = SheetOutput(many=True)
    organisations = OrganizationNodeOutput(many=True)
    rejections = RejectionOutput(many=True)
    notices = NoticeOutput(many=True)
    known_elsewhere = serializers.ListField(
        child=serializers.ListField(), help_text="其他单位也有的证件号码所在的 [工作表, 行]"
    )


class SheetCorrectionInput(Input):
    role = serializers.ChoiceField(
        choices=[one.value for one in Role], required=False, allow_null=True
    )
    header_rows = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, allow_null=True
    )
    columns = serializers.DictField(
        child=serializers.IntegerField(min_value=0, allow_null=True),
        required=False,
        help_text="字段对应的列号（从 0 起），空表示名册里没有",
    )


class CorrectionsInput(Input):
    sheets = serializers.DictField(child=SheetCorrectionInput(), required=False)
    org_parents = serializers.DictField(child=serializers.CharField(), required=False)


class UndoInput(Input):
    unit_name = serializers.CharField(help_text="输入单位名称以确认")


class InvitationInput(Input):
    name = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=11, required=False, allow_blank=True, default="")


class InvitationOutput(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="只在此处给出一次")
    expires_at = serializers.DateTimeField()
    phone_masked = serializers.CharField()


class StageOutput(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    reached = serializers.IntegerField()
    stuck = serializers.IntegerField()
    blocker = serializers.CharField(allow_null=True)


class TotalsOutput(serializers.Serializer[Any]):
    organizations = serializers.IntegerField()
    members = serializers.IntegerField(source="members.over_everything")
    activated = serializers.IntegerField(source="activated.over_everything")
    units_left_out = serializers.IntegerField(
        source="members.left_out", help_text="党员少于 5 人、未计入合计的单位数"
    )
    paid_fen = serializers.IntegerField(source="all_ever_paid_fen")
    month_due_fen = serializers.IntegerField(source="all_due_fen")
    month_paid_fen = serializers.IntegerField(source="all_paid_fen")


class OperationsOutput(serializers.Serializer[Any]):
    month = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True)
    units = serializers.IntegerField()
    serving = serializers.IntegerField()
    opened_this_month = serializers.IntegerField()
    totals = TotalsOutput()
    funnel = StageOutput(many=True)
