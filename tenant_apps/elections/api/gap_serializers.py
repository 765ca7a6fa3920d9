"""Shapes of the API: vacancies, reminders, posts that a roster tells of, and what members see
of the elections of their own organisations.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input


class VacancyOutput(serializers.Serializer[Any]):
    org_id = serializers.UUIDField(source="org.pk")
    name = serializers.CharField(source="org.name")
    people = serializers.IntegerField(help_text="在任班子人数")
    least = serializers.IntegerField(help_text="一般不少于，0 为不设委员会")
    has_secretary = serializers.BooleanField()
    left_on = serializers.DateField(source="gone.ended_on", help_text="最近离任日期")
    reason = serializers.CharField(source="gone.end_reason")


class ReminderOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    org_id = serializers.UUIDField()
    occasion = serializers.CharField()
    ends_on = serializers.DateField()
    messages = serializers.SerializerMethodField(help_text="发出的短信条数")
    by_name = serializers.CharField()
    at = serializers.DateTimeField()

    def get_messages(self, reminder: Any) -> int:
        return len(reminder.people)


class ProposalOutput(serializers.Serializer[Any]):
    member_id = serializers.UUIDField(source="member.pk")
    name = serializers.CharField(source="member.name")
    text = serializers.CharField(source="part.text", help_text="名册原文中的一项")
    code = serializers.CharField(source="part.code")
    post = serializers.CharField(source="label")
    org_id = serializers.UUIDField(source="org.pk", default=None, allow_null=True)
    since = serializers.DateField(allow_null=True)
    basis = serializers.CharField(source="source", help_text="任职日期的依据")
    problem = serializers.CharField(help_text="不能接收的原因，空为可以接收")


class ChoiceInput(Input):
    member_id = serializers.UUIDField()
    text = serializers.CharField(max_length=80)
    since = serializers.DateField(required=False, allow_null=True, default=None)


class TakeOverInput(Input):
    choices = ChoiceInput(many=True, allow_empty=False)


class OwnElectionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organization = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.IntegerField(help_text="已完成到哪一状态，0 至 11")
    state_label = serializers.CharField()
    planned_on = serializers.DateField(allow_null=True)
    held_on = serializers.DateField(allow_null=True)
    place = serializers.CharField()
    may_vote = serializers.BooleanField()
    candidates = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    elected = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    ends_on = serializers.DateField(allow_null=True)
