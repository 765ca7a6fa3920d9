"""Shapes of the API of roles, invitations and members' sign-in, input and output apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tenant_apps.access.selectors import ROLE_LABELS

ROLES = list(ROLE_LABELS)


class PhoneInput(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=20)


class PhoneCodeInput(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=20)
    code = serializers.CharField(max_length=6)


class NewPasswordInput(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class ChoiceInput(serializers.Serializer[Any]):
    choice = serializers.UUIDField()


class ChoiceOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    unit_name = serializers.CharField()
    masked_name = serializers.CharField()
    is_applicant = serializers.BooleanField(help_text="真：以入党申请人身份登录，不是党员")


class MemberStepOutput(serializers.Serializer[Any]):
    choices = ChoiceOutput(many=True, help_text="为空表示已登录；否则须提交其中一个")


class GrantInput(serializers.Serializer[Any]):
    person_id = serializers.UUIDField(help_text="已在本单位任职的人员")
    role = serializers.ChoiceField(choices=ROLES)
    scope = serializers.CharField(max_length=80, allow_blank=True)


class GrantOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    person_id = serializers.UUIDField()
    person_name = serializers.CharField()
    role = serializers.CharField()
    scope = serializers.CharField()
    granted_at = serializers.DateTimeField()


class InvitationInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    phone = serializers.CharField(max_length=20)
    role = serializers.ChoiceField(choices=ROLES)
    scope = serializers.CharField(max_length=80, allow_blank=True)


class InvitationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    phone_masked = serializers.CharField()
    role = serializers.CharField()
    scope = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class InvitedOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    link = serializers.CharField(help_text="一次性链接，只返回这一次")
    expires_at = serializers.DateTimeField()


class InviteeOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    role = serializers.CharField()
    scope = serializers.CharField()
    phone_masked = serializers.CharField()
    expires_at = serializers.DateTimeField()
    has_password = serializers.BooleanField()


class TokenInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=100)


class TokenCodeInput(TokenInput):
    code = serializers.CharField(max_length=6)


class ProofOutput(serializers.Serializer[Any]):
    proof = serializers.CharField(help_text="15 分钟内有效，用于接受邀请")


class AcceptInput(TokenInput):
    proof = serializers.CharField(max_length=400)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class PermissionOutput(serializers.Serializer[Any]):
    permission = serializers.CharField()
    sentence = serializers.CharField()
    roles = serializers.DictField(
        child=serializers.ChoiceField(choices=["scope", "own", ""]),
        help_text="scope：在其管理范围内；own：仅本人；空：不可以",
    )
