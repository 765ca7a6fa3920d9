"""Shapes of the API of memberships that begin, rest and end, of states and of two files."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from kernel.api.serializers import Input
from tenant_apps.members.models import Category, ChangeKind, Proposal
from tenant_apps.members.selectors import duplicates
from tenant_apps.members.selectors import states as reading
from tenant_apps.members.selectors.entry_sets import WAYS


def given(shape: type[Input], request: Request) -> dict[str, Any]:
    """What was sent, checked; raises what the API answers with 422."""
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


class MadeOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()


class FormerOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    org_id = serializers.UUIDField()
    identity_masked = serializers.CharField()
    standing = serializers.CharField()
    left_on = serializers.DateField(allow_null=True)
    left_kind = serializers.CharField()


class FormerPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FormerOutput(many=True)


class ChangeOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    happened_on = serializers.DateField()
    document = serializers.CharField()
    reason = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class ProposalOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    happened_on = serializers.DateField()
    document = serializers.CharField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=Proposal.State.choices)
    submitted_by_name = serializers.CharField()
    decided_by_name = serializers.CharField()
    note = serializers.CharField()


class SubmittedOutput(serializers.Serializer[Any]):
    """Either waits for a second person, or was recorded at once."""

    proposal = ProposalOutput(allow_null=True)
    change = ChangeOutput(allow_null=True)


class EndsOutput(serializers.Serializer[Any]):
    """What ends with a membership, and what somebody else has to end."""

    ended = serializers.ListField(child=serializers.CharField())
    left = serializers.ListField(child=serializers.CharField())


class EnterInput(Input):
    org_id = serializers.UUIDField()
    name = serializers.CharField(max_length=60)
    identity = serializers.CharField(max_length=20)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    gender = serializers.ChoiceField(choices=["", "M", "F"], required=False)
    ethnicity = serializers.CharField(max_length=20, required=False, allow_blank=True)
    birth_on = serializers.DateField(required=False, allow_null=True)
    education = serializers.CharField(max_length=40, required=False, allow_blank=True)
    category = serializers.ChoiceField(choices=Category.choices)
    joined_on = serializers.DateField()
    full_on = serializers.DateField(required=False, allow_null=True)
    on = serializers.DateField(help_text="上级党组织确认补录的日期")
    document = serializers.CharField(max_length=80)


class LeaveInput(Input):
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    on = serializers.DateField()
    document = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    applied_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="恢复党籍的申请日期"
    )
    ground = serializers.CharField(
        max_length=24, required=False, allow_blank=True, default="",
        help_text="代码表 leaving_ground 的代码；除名、取消预备党员资格时必填",
    )  # fmt: skip


class NoteInput(Input):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class UndoInput(Input):
    reason = serializers.CharField(max_length=200, min_length=4)


class BeginStateInput(Input):
    on = serializers.DateField()
    details = serializers.DictField(help_text="该情形的各项内容，日期写作 YYYY-MM-DD")


class EndStateInput(Input):
    on = serializers.DateField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ContactInput(Input):
    on = serializers.DateField()
    way = serializers.ChoiceField(choices=[(way, way) for way in WAYS])
    note = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class StateOutput(serializers.Serializer[Any]):
    member_id = serializers.UUIDField(source="member.id")
    name = serializers.CharField(source="member.name")
    kind = serializers.CharField()
    since = serializers.DateField()
    contacted_on = serializers.DateField(allow_null=True)
    due_on = serializers.SerializerMethodField()
    due = serializers.SerializerMethodField()

    def get_due_on(self, row: reading.StateRow) -> str | None:
        return row.dues[0].on.isoformat() if row.dues else None

    def get_due(self, row: reading.StateRow) -> str:
        return row.dues[0].text if row.dues else ""


class PairOutput(serializers.Serializer[Any]):
    first_id = serializers.UUIDField(source="first.id")
    second_id = serializers.UUIDField(source="second.id")
    name = serializers.CharField(source="first.name")
    signs = serializers.ListField(child=serializers.CharField())


class MergeInput(Input):
    take = serializers.MultipleChoiceField(
        choices=list(duplicates.COMPARED), help_text="取自被并入档案的项目", required=False
    )


class EntryMadeOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    began_on = serializers.DateField(allow_null=True)


class DecideExportInput(Input):
    approve = serializers.BooleanField()


class ExportDecided(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
