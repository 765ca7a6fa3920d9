"""Shapes of the door's API, input and output apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class PasswordStepInput(serializers.Serializer[Any]):
    login = serializers.CharField(max_length=60, help_text="登录名")
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class PhonePasswordStepInput(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=20)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class NextStepOutput(serializers.Serializer[Any]):
    next = serializers.ChoiceField(
        choices=["second_factor", "enrolment"], help_text="接下来须提交两步验证码，或先绑定验证器"
    )


class CodeInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)


class EnrolmentOutput(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Base32 密钥，只在绑定完成前可读")
    uri = serializers.CharField(help_text="otpauth 地址，用于生成二维码")


class RecoveryCodesOutput(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="10 个恢复码，只返回这一次"
    )


class HoldingOutput(serializers.Serializer[Any]):
    role = serializers.CharField()
    scope = serializers.CharField(help_text="组织路径，空字符串为全单位")


class WhoOutput(serializers.Serializer[Any]):
    person_id = serializers.UUIDField()
    name = serializers.CharField()
    unit_id = serializers.UUIDField(allow_null=True)
    member_id = serializers.UUIDField(allow_null=True)
    session_id = serializers.UUIDField()
    holdings = HoldingOutput(many=True)


class OwnSessionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    place = serializers.CharField()
    device = serializers.CharField()
    ip = serializers.CharField()
    opened_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()
    is_this = serializers.BooleanField()


class ChangePasswordInput(serializers.Serializer[Any]):
    current = serializers.CharField(max_length=200, trim_whitespace=False)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
