"""Shapes of the API of one member's file.  Sealed values go out masked."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.members.models import EntryKind
from tenant_apps.members.selectors.fields import OPEN


class EntryInput(Input):
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    data = serializers.DictField(  # type: ignore[assignment]  # taken off the class
        help_text="按类别的项目填写；日期写作 YYYY-MM-DD，金额为分；加密项不发送则不变"
    )
    began_on = serializers.DateField(required=False, allow_null=True, default=None)
    ended_on = serializers.DateField(required=False, allow_null=True, default=None)
    year = serializers.IntegerField(required=False, allow_null=True, default=None)


class ScanOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="字节")
    digest = serializers.CharField(help_text="SM3 摘要，十六进制")


class ScanInput(Input):
    file = serializers.FileField(allow_empty_file=True, help_text="multipart；PDF、Word 或图片")


class EntryOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="entry.id")
    kind = serializers.ChoiceField(source="entry.kind", choices=EntryKind.choices)
    heading = serializers.CharField()
    data = serializers.DictField(source="entry.data")  # type: ignore[assignment]
    began_on = serializers.DateField(source="entry.began_on", allow_null=True)
    ended_on = serializers.DateField(source="entry.ended_on", allow_null=True)
    year = serializers.IntegerField(source="entry.year", allow_null=True)
    struck_at = serializers.DateTimeField(source="entry.struck_at", allow_null=True)
    scans = ScanOutput(many=True)


class StrikeInput(Input):
    reason = serializers.CharField(max_length=200)


class FieldChangeOutput(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    old = serializers.CharField()
    new = serializers.CharField()
    key = serializers.CharField(help_text="可恢复时为项目名，否则为空")


class VersionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    who = serializers.CharField()
    what = serializers.CharField()
    reason = serializers.CharField()
    changes = FieldChangeOutput(many=True)


class MomentOutput(serializers.Serializer[Any]):
    on = serializers.DateField(allow_null=True, help_text="只知道年份时为空")
    sort = serializers.CharField(help_text="类别：发展历程、党籍、党内任职、表彰奖励……")
    title = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    hours = serializers.IntegerField(help_text="培训学时，其余为 0")


class GrowthYearOutput(serializers.Serializer[Any]):
    year = serializers.IntegerField()
    hours = serializers.IntegerField(help_text="当年培训学时合计")
    moments = MomentOutput(many=True)


class FileAsOfOutput(serializers.Serializer[Any]):
    on = serializers.DateField()
    org = serializers.CharField(allow_blank=True)
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]


class RestoreInput(Input):
    field = serializers.ChoiceField(choices=[field.key for field in OPEN])
    reason = serializers.CharField(max_length=200)


class LackOutput(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    who = serializers.CharField()
    key = serializers.CharField()
    may_ask = serializers.BooleanField()


class CompletenessOutput(serializers.Serializer[Any]):
    score = serializers.IntegerField(help_text="整数百分比")
    needed = serializers.IntegerField()
    lacking = LackOutput(many=True)


class PhotoInput(Input):
    photo = serializers.FileField(help_text="JPG 或 PNG，不超过 3 MB")


class CheckedOutput(serializers.Serializer[Any]):
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    verdict = serializers.CharField(source="verdict.value")
    is_paper = serializers.BooleanField()
    name = serializers.CharField(source="member.name", default="")
    org_name = serializers.CharField(source="member.org.name", default="")


class CorrectionInput(Input):
    field = serializers.CharField(
        max_length=40, help_text="档案项目，或扩展信息的类别；photo 为照片，随 proof 上传"
    )
    wanted = serializers.DictField(
        required=False, default=dict, help_text="项目为 {value}，扩展信息为该类别的各项"
    )
    reason = serializers.CharField(max_length=400)
    proof = serializers.FileField(
        required=False, default=None, help_text="证明材料：JPG、PNG 或 PDF，以 multipart 上传"
    )


class CorrectionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="row.id")
    member_id = serializers.UUIDField(source="row.member_id")
    label = serializers.CharField()  # type: ignore[assignment]
    wanted = serializers.DictField(source="row.wanted")
    old = serializers.CharField(source="row.old")
    reason = serializers.CharField(source="row.reason")
    state = serializers.CharField(source="row.state")
    asked_at = serializers.DateTimeField(source="row.asked_at")
    decided_at = serializers.DateTimeField(source="row.decided_at", allow_null=True)
    answer = serializers.CharField(source="row.answer")


class DecisionInput(Input):
    decision = serializers.ChoiceField(choices=["accept", "refuse"])
    answer = serializers.CharField(
        max_length=400, required=False, allow_blank=True, default="", help_text="不采纳时必填"
    )
