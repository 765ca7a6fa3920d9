"""Shapes of the API of organisations, input and output apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.organizations.models import Kind


class OrganizationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    parent_id = serializers.UUIDField(allow_null=True)
    path = serializers.CharField(help_text="在组织树中的位置，下级以上级的位置开头")
    name = serializers.CharField()
    short_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    code = serializers.CharField()
    founded_on = serializers.DateField(allow_null=True)
    term_ends_on = serializers.DateField(allow_null=True)


class WarningOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    source = serializers.CharField(help_text="依据的条款")  # type: ignore[assignment]  # a field


class OrganizationSheetOutput(OrganizationOutput):
    members_direct = serializers.IntegerField()
    members_within = serializers.IntegerField(help_text="含下级组织")
    warnings = WarningOutput(many=True)


class OrganizationInput(Input):
    name = serializers.CharField(max_length=120)
    short_name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Kind.choices)
    code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    founded_on = serializers.DateField(required=False, allow_null=True, default=None)
    term_ends_on = serializers.DateField(required=False, allow_null=True, default=None)


class NewOrganizationInput(OrganizationInput):
    parent_id = serializers.UUIDField()


class MoveInput(Input):
    parent_id = serializers.UUIDField()


class MoveOutput(serializers.Serializer[Any]):
    organization = OrganizationOutput()
    came_from = serializers.UUIDField(help_text="原上级组织，移回即撤销")
