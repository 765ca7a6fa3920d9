"""Shapes of the API of organisations, input and output apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.organizations.models import Kind
from tenant_apps.organizations.selectors import rules


class OrganizationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    parent_id = serializers.UUIDField(allow_null=True)
    path = serializers.CharField(help_text="在组织树中的位置，下级以上级的位置开头")
    name = serializers.CharField()
    short_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    code = serializers.CharField()
    national_code = serializers.CharField(allow_null=True)
    founded_on = serializers.DateField(allow_null=True)
    term_ends_on = serializers.DateField(allow_null=True)
    ended_on = serializers.DateField(allow_null=True)
    temporary_until = serializers.DateField(allow_null=True)
    appointed_secretary = serializers.CharField()
    unit_situation = serializers.CharField()
    region = serializers.CharField()
    contact = serializers.CharField()
    contact_phone_masked = serializers.CharField()


class WarningOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    source = serializers.CharField(help_text="依据的条款")  # type: ignore[assignment]  # a field


class WorkplaceOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    nature = serializers.CharField()
    credit_code = serializers.CharField()


class WorkplaceInput(Input):
    name = serializers.CharField(max_length=120)
    nature = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="",
        help_text="代码表 unit_nature 的名称，党内统计按此归类",
    )  # fmt: skip
    credit_code = serializers.CharField(max_length=18, required=False, allow_blank=True, default="")


class OrganizationSheetOutput(OrganizationOutput):
    members_direct = serializers.IntegerField()
    members_within = serializers.IntegerField(help_text="含下级组织")
    secretary = serializers.CharField()
    workplaces = WorkplaceOutput(many=True)
    warnings = WarningOutput(many=True)


def paper_field() -> serializers.FileField:
    """The approval document of a decision; whether it may be kept is the domain's to say."""
    return serializers.FileField(
        required=False, allow_null=True, allow_empty_file=True, default=None,
        help_text="批复文件（multipart）：PDF、Word 或 JPG、PNG 图片，不超过 20 MB",
    )  # fmt: skip


class OrganizationInput(Input):
    name = serializers.CharField(max_length=120)
    short_name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Kind.choices)
    code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    national_code = serializers.CharField(
        max_length=20, required=False, allow_null=True, default=None
    )
    founded_on = serializers.DateField(required=False, allow_null=True, default=None)
    term_ends_on = serializers.DateField(required=False, allow_null=True, default=None)
    temporary_until = serializers.DateField(required=False, allow_null=True, default=None)
    appointed_secretary = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default=""
    )
    unit_situation = serializers.CharField(
        max_length=20, required=False, allow_blank=True, default=""
    )
    region = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    contact = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    contact_phone = serializers.CharField(
        max_length=20, required=False, allow_blank=True, allow_null=True, default=None,
        help_text="不填则不变",
    )  # fmt: skip
    document = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="批准文号"
    )


class NewOrganizationInput(OrganizationInput):
    parent_id = serializers.UUIDField()
    paper = paper_field()


class DecisionInput(Input):
    on = serializers.DateField(help_text="生效日期，不晚于今天")
    reason = serializers.CharField(max_length=400)
    document = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="批复文号"
    )
    paper = paper_field()


class MoveInput(DecisionInput):
    parent_id = serializers.UUIDField()


class MergeInput(DecisionInput):
    into_id = serializers.UUIDField()


class DissolveInput(DecisionInput):
    into_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class RetypeInput(DecisionInput):
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in rules.CONVERTIBLE])
    branch = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default="",
        help_text="原有党员编入的党支部名称",
    )  # fmt: skip


class SplitInput(DecisionInput):
    name = serializers.CharField(max_length=120)
    short_name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Kind.choices)
    members = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)
    children = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)


class ActOutput(serializers.Serializer[Any]):
    act = serializers.UUIDField(help_text="十分钟内可凭此撤销")
    organization = OrganizationOutput()


class LineOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    parent_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    short_name = serializers.CharField()
    kind = serializers.CharField()
    depth = serializers.IntegerField(help_text="第几级，本单位最高党组织为 1")


class PastOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    short_name = serializers.CharField()
    kind = serializers.CharField()
    parent_id = serializers.UUIDField(allow_null=True)
    has_children = serializers.BooleanField()
    has_ended = serializers.BooleanField(help_text="今天已不存在")


class TurnOutput(serializers.Serializer[Any]):
    day = serializers.DateField()
    org_id = serializers.UUIDField()
    organization = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    reason = serializers.CharField()
    document = serializers.CharField()
    act = serializers.UUIDField()
    paper = serializers.CharField(help_text="批复文件名；空为没有上传")


class ContactRevealInput(Input):
    reason = serializers.CharField(max_length=120)


class ContactRevealOutput(serializers.Serializer[Any]):
    contact_phone = serializers.CharField()


class EffectOutput(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    count = serializers.IntegerField()
    text = serializers.CharField()


class MatterOutput(serializers.Serializer[Any]):
    text = serializers.CharField()
    count = serializers.IntegerField()
    carries = serializers.BooleanField(help_text="随同转入；否则须先办结或终止")


class PreviewOutput(serializers.Serializer[Any]):
    organizations = serializers.IntegerField()
    members = serializers.IntegerField()
    effects = EffectOutput(many=True)
    following = serializers.ListField(child=serializers.CharField(), help_text="随同的管理权限")
    ending = serializers.ListField(child=serializers.CharField(), help_text="将收回的管理权限")
    gaining = serializers.ListField(child=serializers.CharField(), help_text="将能管理的人员")
    losing = serializers.ListField(child=serializers.CharField(), help_text="不再管理的人员")
    warnings = WarningOutput(many=True)
    closing = serializers.ListField(child=serializers.CharField(), help_text="将随之结束的任职")
    matters = MatterOutput(many=True, help_text="将结束的组织中未办结的事项")
