"""Shapes of the API of members, input and output apart.  Sealed values go out masked."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.members.models import Category, Export
from tenant_apps.members.selectors.fields import FIELDS, OPEN, FileField, Kind

_GENDERS = ["", "M", "F"]


class MemberOutput(serializers.Serializer[Any]):
    """A member as lists give it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    org_id = serializers.UUIDField()
    org_name = serializers.CharField(source="org.name")
    category = serializers.ChoiceField(choices=Category.choices)
    posts = serializers.CharField()
    gender = serializers.ChoiceField(choices=_GENDERS)
    ethnicity = serializers.CharField()
    birth_on = serializers.DateField(allow_null=True)
    education = serializers.CharField()
    joined_on = serializers.DateField(allow_null=True)
    full_on = serializers.DateField(allow_null=True)
    identity_masked = serializers.CharField()
    phone_masked = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())


class MemberFileOutput(MemberOutput):
    """The whole file of a member."""

    version = serializers.IntegerField(help_text="更正时发送，防止覆盖他人的更正")
    address_masked = serializers.CharField()
    standing = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        given = super().get_fields()
        return {**given, **{one.key: _output(one) for one in OPEN if one.key not in given}}


def _output(one: FileField) -> Any:
    if one.kind is Kind.DAY:
        return serializers.DateField(allow_null=True)
    if one.kind is Kind.FLAG:
        return serializers.BooleanField()
    return serializers.IntegerField() if one.kind is Kind.NUMBER else serializers.CharField()


class MemberPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MemberOutput(many=True)


class MemberInput(Input):
    """Any of the fields of a file; what is not sent stays.  What is sealed is taken away by ""."""

    version = serializers.IntegerField(
        required=False, help_text="读取时的版本；发送时，此后他人已更正则返回 409"
    )
    reason = serializers.CharField(
        max_length=200, required=False, help_text="更改人员类别、身份证号时必填"
    )

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **{one.key: _input(one) for one in FIELDS}}


def _input(one: FileField) -> Any:
    """A field of the file as the API takes it; values of code tables are checked by the service."""
    if one.kind is Kind.DAY:
        return serializers.DateField(allow_null=True)
    if one.kind is Kind.FLAG:
        return serializers.BooleanField()
    if one.kind is Kind.NUMBER:
        return serializers.IntegerField()
    if one.kind is Kind.CHOICE:
        is_blank = one.key != "category"
        return serializers.ChoiceField(choices=list(one.choices), allow_blank=is_blank)
    is_sealed = one.kind is Kind.SEALED
    return serializers.CharField(
        max_length=one.longest,
        allow_blank=one.key != "name",
        help_text="不发送则不变，空字符串为清除" if is_sealed else one.label,
    )


class MoveMemberInput(Input):
    org_id = serializers.UUIDField()


class MoveMemberOutput(serializers.Serializer[Any]):
    move_id = serializers.UUIDField(help_text="10 分钟内可凭此撤销")
    count = serializers.IntegerField()


class RevealInput(Input):
    what = serializers.ChoiceField(choices=["identity", "phone", "address", "relative"])
    entry = serializers.UUIDField(required=False, help_text="relative 时为家庭成员记录")
    field = serializers.CharField(required=False, help_text="relative 时为 identity 或 phone")
    reason = serializers.CharField(max_length=120)


class RevealOutput(serializers.Serializer[Any]):
    value = serializers.CharField()


class ExportInput(Input):
    address = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="名册页面地址中问号后的部分"
    )
    columns = serializers.ListField(child=serializers.CharField(), required=False)
    form = serializers.ChoiceField(choices=["xlsx", "csv"], default="xlsx")
    is_full = serializers.BooleanField(default=False, help_text="含完整号码，需要专门的权限和事由")
    reason = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class ExportOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Export.State.choices)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    file_name = serializers.CharField()
    requested_at = serializers.DateTimeField()
