"""Shapes of the API of statistics, input and output apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.insight.models import Cut, State
from tenant_apps.insight.services.taking import FIRST_YEAR


class SnapshotOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    year = serializers.IntegerField()
    cut = serializers.ChoiceField(choices=Cut.choices)
    as_of = serializers.DateField()
    state = serializers.ChoiceField(choices=State.choices)
    people = serializers.IntegerField()
    rules = serializers.CharField()
    requested_at = serializers.DateTimeField()
    requested_by_name = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True)
    submitted_by_name = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    filed_by_name = serializers.CharField()
    filed_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()


class TakeInput(Input):
    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=2999)
    cut = serializers.ChoiceField(choices=Cut.choices, default=Cut.YEAR)


class NoteInput(Input):
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class SheetOutput(serializers.Serializer[Any]):
    """``cells[row][column]``; null where nothing is kept, which is something else than 0."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    unit = serializers.CharField()
    basis = serializers.CharField()
    rows = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    columns = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    cells = serializers.DictField(
        child=serializers.DictField(child=serializers.FloatField(allow_null=True))
    )


class CheckOutput(serializers.Serializer[Any]):
    table = serializers.IntegerField()
    title = serializers.CharField()
    left = serializers.FloatField(allow_null=True)
    right = serializers.FloatField(allow_null=True)
    text = serializers.CharField()
    result = serializers.ChoiceField(choices=["ok", "late", "open"], source="mark")


class PersonOutput(serializers.Serializer[Any]):
    """Masked; without a name for somebody outside the caller's sub-trees today."""

    member_id = serializers.SerializerMethodField()
    name = serializers.CharField()
    identity_masked = serializers.CharField()
    org_name = serializers.CharField()
    is_probationary = serializers.BooleanField()
    age = serializers.IntegerField(allow_null=True)
    joined_on = serializers.DateField(allow_null=True)
    party_years = serializers.IntegerField(allow_null=True)
    what = serializers.CharField()

    def get_member_id(self, person: Any) -> str | None:
        return str(person.member_id) if person.name and not person.is_organization else None


class PeopleOutput(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    people = PersonOutput(many=True)


class BarOutput(serializers.Serializer[Any]):
    name = serializers.CharField(source="label")
    count = serializers.IntegerField()
    query = serializers.CharField(help_text="名册的筛选条件；空为没有对应的筛选")


class ChartOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    bars = BarOutput(many=True)


class DistributionOutput(serializers.Serializer[Any]):
    org_id = serializers.UUIDField()
    name = serializers.CharField()
    total = serializers.IntegerField()
    full = serializers.IntegerField()
    probationary = serializers.IntegerField()
    women = serializers.IntegerField()
    minority = serializers.IntegerField()
    college = serializers.IntegerField()
    young = serializers.IntegerField()
    charts = ChartOutput(many=True)
