"""Shapes of the API of elections, input and output apart."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.elections.models import (
    Act,
    Assembly,
    CaseKind,
    Election,
    Excuse,
    Office,
    Profile,
    Reason,
)
from tenant_apps.elections.selectors.composition import POSTS
from tenant_apps.elections.selectors.procedure import state_of
from tenant_apps.elections.services.acting import Paper
from tenant_apps.elections.services.counting import CandidateCount, CountSheet, OtherCount
from tenant_apps.elections.services.meeting import Exclusion, Roll
from tenant_apps.elections.services.preparing import Nominee, Plan

CODES = list(POSTS.items())


class PersonShape(serializers.Serializer[Any]):
    member = serializers.UUIDField()
    name = serializers.CharField()


class NomineeOutput(PersonShape):
    office = serializers.ChoiceField(choices=Office.choices)


class ElectionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    org_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=CaseKind.choices)
    act = serializers.ChoiceField(choices=Act.choices, help_text="下一步")
    state = serializers.SerializerMethodField(help_text="已完成到哪一状态，0 至 11")
    profile = serializers.ChoiceField(choices=Profile.choices)
    assembly = serializers.ChoiceField(choices=Assembly.choices)
    has_committee = serializers.BooleanField()
    seats = serializers.IntegerField()
    secretaries = serializers.IntegerField()
    deputies = serializers.IntegerField()
    inspectors = serializers.IntegerField(help_text="纪委委员名额，不选举纪委的为 0")
    place = serializers.CharField(help_text="开会地点")
    planned_on = serializers.DateField(allow_null=True)
    notice_until = serializers.DateField(allow_null=True)
    held_on = serializers.DateField(allow_null=True)
    expected = serializers.IntegerField(allow_null=True)
    present = serializers.IntegerField(allow_null=True)
    old_ends_on = serializers.DateField(allow_null=True)
    new_ends_on = serializers.DateField(allow_null=True)
    nominees = NomineeOutput(many=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_state(self, case: Election) -> int:
        return int(state_of(case))


class StepOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    act = serializers.ChoiceField(choices=Act.choices)
    state = serializers.IntegerField()
    verdict = serializers.CharField()
    happened_on = serializers.DateField()
    document = serializers.CharField()
    note = serializers.CharField()
    by_name = serializers.CharField()
    at = serializers.DateTimeField()


class CandidateShape(serializers.Serializer[Any]):
    member = serializers.UUIDField()
    votes_for = serializers.IntegerField(min_value=0, source="for")
    against = serializers.IntegerField(min_value=0)
    abstained = serializers.IntegerField(min_value=0)


class BallotOutput(serializers.Serializer[Any]):
    office = serializers.ChoiceField(choices=Office.choices)
    round = serializers.IntegerField()
    seats = serializers.IntegerField()
    expected = serializers.IntegerField()
    present = serializers.IntegerField()
    issued = serializers.IntegerField()
    returned = serializers.IntegerField()
    valid = serializers.IntegerField()
    candidates = CandidateShape(many=True)
    elected = serializers.ListField(child=serializers.UUIDField())
    tied = serializers.ListField(child=serializers.UUIDField())
    is_void = serializers.BooleanField()
    reduced_to = serializers.IntegerField(allow_null=True)


class ElectionSheetOutput(ElectionOutput):
    steps = StepOutput(many=True)
    ballots = BallotOutput(many=True)


class TermOutput(serializers.Serializer[Any]):
    org_id = serializers.UUIDField(source="org.pk")
    name = serializers.CharField(source="org.name")
    kind = serializers.CharField(source="org.kind")
    ends_on = serializers.DateField(allow_null=True)
    level = serializers.CharField(source="level.name")
    days = serializers.IntegerField(allow_null=True)
    election_id = serializers.UUIDField(source="case.pk", default=None)


class PostOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    org_id = serializers.UUIDField()
    code = serializers.ChoiceField(choices=CODES)
    title = serializers.CharField()
    began_on = serializers.DateField()
    ended_on = serializers.DateField(allow_null=True)
    reason = serializers.ChoiceField(choices=Reason.choices)
    document = serializers.CharField()
    end_reason = serializers.CharField()


class PaperInput(Input):
    """What every act carries; scans are added to its step afterwards."""

    happened_on = serializers.DateField()
    document = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")

    def paper(self) -> Paper:
        values = self.validated_data
        return Paper(values["happened_on"], values["document"], values["note"])


class StartInput(PaperInput):
    org_id = serializers.UUIDField()
    kind = serializers.ChoiceField(
        choices=[(one.value, one.label) for one in (CaseKind.REELECTION, CaseKind.BY_ELECTION)]
    )


class ExtendInput(PaperInput):
    org_id = serializers.UUIDField()
    until = serializers.DateField()


class PlanInput(PaperInput):
    planned_on = serializers.DateField()
    has_committee = serializers.BooleanField()
    seats = serializers.IntegerField(min_value=0, max_value=21)
    secretaries = serializers.IntegerField(min_value=0, max_value=1, default=1)
    deputies = serializers.IntegerField(min_value=0, max_value=2, default=0)
    inspectors = serializers.IntegerField(min_value=0, max_value=11, default=0)
    profile = serializers.ChoiceField(choices=Profile.choices, default=Profile.GENERAL)
    assembly = serializers.ChoiceField(choices=Assembly.choices, default=Assembly.MEETING)

    def plan(self) -> Plan:
        values = self.validated_data
        return Plan(
            planned_on=values["planned_on"],
            has_committee=values["has_committee"],
            seats=values["seats"],
            secretaries=values["secretaries"],
            deputies=values["deputies"],
            profile=Profile(values["profile"]),
            assembly=Assembly(values["assembly"]),
            inspectors=values["inspectors"],
        )


class AnswerInput(PaperInput):
    is_approved = serializers.BooleanField()


class ReplyInput(AnswerInput):
    approves_shift = serializers.BooleanField(default=False)
    allows_delegates = serializers.BooleanField(default=False)


class NomineeInput(Input):
    member = serializers.UUIDField()
    office = serializers.ChoiceField(choices=Office.choices)


class NominateInput(PaperInput):
    nominees = NomineeInput(many=True)

    def listed(self) -> list[Nominee]:
        return [
            Nominee(one["member"], Office(one["office"])) for one in self.validated_data["nominees"]
        ]


class PublicInput(PaperInput):
    notice_until = serializers.DateField()
    place = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class ExclusionInput(Input):
    member = serializers.UUIDField()
    excuse = serializers.ChoiceField(choices=Excuse.choices)
    approved_by = serializers.CharField(max_length=120, allow_blank=True, default="")


class RollInput(PaperInput):
    """By name in a general meeting, by number in an assembly of delegates."""

    present = serializers.ListField(child=serializers.UUIDField(), default=list)
    excluded = ExclusionInput(many=True, default=list)
    delegates_expected = serializers.IntegerField(min_value=0, default=0)
    delegates_present = serializers.IntegerField(min_value=0, default=0)

    def roll(self) -> Roll:
        values = self.validated_data
        return Roll(
            present=frozenset(values["present"]),
            excluded={
                one["member"]: Exclusion(Excuse(one["excuse"]), one["approved_by"])
                for one in values["excluded"]
            },
            delegates_expected=values["delegates_expected"],
            delegates_present=values["delegates_present"],
        )


class CandidateInput(Input):
    member = serializers.UUIDField()
    votes_for = serializers.IntegerField(min_value=0)
    against = serializers.IntegerField(min_value=0)
    abstained = serializers.IntegerField(min_value=0)


class OtherInput(Input):
    name = serializers.CharField(max_length=60)
    votes_for = serializers.IntegerField(min_value=0)


class CountInput(Input):
    """A count sheet.  ``present`` is asked for the plenum; the assembly's is on its roll."""

    office = serializers.ChoiceField(choices=Office.choices)
    present = serializers.IntegerField(min_value=0, default=0)
    issued = serializers.IntegerField(min_value=0)
    returned = serializers.IntegerField(min_value=0)
    valid = serializers.IntegerField(min_value=0)
    candidates = CandidateInput(many=True)
    others = OtherInput(many=True, default=list)

    def sheet(self, names: dict[str, str]) -> CountSheet:
        values = self.validated_data
        return CountSheet(
            expected=0,
            present=values["present"],
            issued=values["issued"],
            returned=values["returned"],
            valid=values["valid"],
            candidates=tuple(
                CandidateCount(
                    one["member"],
                    names.get(str(one["member"]), ""),
                    one["votes_for"],
                    one["against"],
                    one["abstained"],
                )
                for one in values["candidates"]
            ),
            others=tuple(OtherCount(one["name"], one["votes_for"]) for one in values["others"]),
        )


class OfficeInput(Input):
    office = serializers.ChoiceField(choices=Office.choices)


class ReduceInput(OfficeInput):
    agreed = serializers.IntegerField(min_value=0)


class DivisionInput(Input):
    member = serializers.UUIDField()
    code = serializers.ChoiceField(choices=CODES)


class ReportInput(PaperInput):
    division = DivisionInput(many=True, default=list)

    def divided(self) -> dict[UUID, str]:
        return {one["member"]: one["code"] for one in self.validated_data["division"]}


class CancelInput(Input):
    reason = serializers.CharField(max_length=400)


class AppointInput(Input):
    org_id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    code = serializers.ChoiceField(choices=CODES)
    title = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    began_on = serializers.DateField()
    document = serializers.CharField(max_length=80)


class EndPostInput(Input):
    ended_on = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class OrgInput(Input):
    org = serializers.UUIDField()


class FilesInput(serializers.Serializer[Any]):
    files = serializers.ListField(child=serializers.FileField(), allow_empty=False)
