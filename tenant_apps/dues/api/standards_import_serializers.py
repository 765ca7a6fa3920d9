"""Shapes of the API of standards by a file.  Amounts are integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.dues.api.serializers import MonthField
from tenant_apps.dues.models import ImportState, StandardsImport
from tenant_apps.dues.selectors.standards_import import changes_of
from tenant_apps.dues.services.standards_reading import Fault


class StandardsFileInput(Input):
    file = serializers.FileField(allow_empty_file=True)
    month = MonthField(help_text="起始月份")
    reason = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class StandardsFileLine(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    file_name = serializers.CharField()
    month = MonthField()
    state = serializers.ChoiceField(choices=ImportState.choices)
    processed = serializers.IntegerField()
    total = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    before_fen = serializers.IntegerField()
    after_fen = serializers.IntegerField()
    message = serializers.CharField()


class ChangeOutput(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    name = serializers.CharField()
    member_id = serializers.UUIDField()
    category = serializers.CharField()
    base_fen = serializers.IntegerField(allow_null=True)
    before_fen = serializers.IntegerField(allow_null=True)
    amount_fen = serializers.IntegerField()
    is_capped = serializers.BooleanField()


class FaultOutput(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    name = serializers.CharField()
    field = serializers.CharField()
    given = serializers.CharField()
    rule = serializers.CharField()
    way = serializers.CharField()


class StandardsFileOutput(StandardsFileLine):
    changes = serializers.SerializerMethodField()
    faults = serializers.SerializerMethodField()

    def get_changes(self, held: StandardsImport) -> list[dict[str, Any]]:
        return [dict(ChangeOutput(one).data) for one in changes_of(held)]

    def get_faults(self, held: StandardsImport) -> list[dict[str, Any]]:
        return [dict(FaultOutput(Fault(*one)).data) for one in held.faults]
