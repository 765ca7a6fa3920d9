"""Shapes of the API of members, input and output apart.  Sealed values go out masked."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.members.models import Category, Export

_GENDERS = ["", "M", "F"]


class MemberOutput(serializers.Serializer[Any]):
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


class MemberPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MemberOutput(many=True)


class MemberInput(Input):
    name = serializers.CharField(max_length=60)
    category = serializers.ChoiceField(choices=Category.choices)
    gender = serializers.ChoiceField(choices=_GENDERS)
    ethnicity = serializers.CharField(max_length=20, allow_blank=True)
    birth_on = serializers.DateField(allow_null=True)
    education = serializers.CharField(max_length=40, allow_blank=True)
    joined_on = serializers.DateField(allow_null=True)
    full_on = serializers.DateField(allow_null=True)
    posts = serializers.CharField(max_length=80, allow_blank=True)
    phone = serializers.CharField(
        max_length=20, allow_blank=True, help_text="不发送则不变，空字符串为清除"
    )
    reason = serializers.CharField(max_length=120, required=False, help_text="更改人员类别时必填")


class MoveMemberInput(Input):
    org_id = serializers.UUIDField()


class MoveMemberOutput(serializers.Serializer[Any]):
    move_id = serializers.UUIDField(help_text="10 分钟内可凭此撤销")
    count = serializers.IntegerField()


class RevealInput(Input):
    what = serializers.ChoiceField(choices=["identity", "phone"])
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
