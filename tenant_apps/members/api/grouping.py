"""The API of Party groups: who is in which, who leads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.grouping import grouping_of
from tenant_apps.members.services import grouping
from tenant_apps.organizations import selectors as organizations


class GroupedOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    is_full = serializers.BooleanField()
    is_leader = serializers.BooleanField()


class PartyGroupOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="label")
    members = GroupedOutput(many=True)


class GroupingOutput(serializers.Serializer[Any]):
    groups = PartyGroupOutput(many=True)
    loose = GroupedOutput(many=True, help_text="未编组的党员")


class AssignInput(Input):
    group_id = serializers.UUIDField(allow_null=True, help_text="为空则移出党小组")
    members = serializers.ListField(child=serializers.UUIDField(), max_length=500)


class AssignOutput(serializers.Serializer[Any]):
    act = serializers.UUIDField(help_text="10 分钟内可凭此撤销")
    count = serializers.IntegerField()


class LeaderInput(Input):
    member_id = serializers.UUIDField(allow_null=True, help_text="为空则暂无组长")


class LeaderOutput(serializers.Serializer[Any]):
    member_id = serializers.UUIDField(allow_null=True)


class UngroupOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class _OfBranch(Endpoint, abstract=True):
    permission = MemberPermission.MOVE

    def one(self, org_id: UUID) -> Any:
        return organizations.organization_for(self.actor, org_id, to=self.permission)


class Groups(_OfBranch):
    """``GET`` the groups of a branch, ``POST`` members into one of them."""

    @extend_schema(operation_id="groups_retrieve", responses=GroupingOutput)
    def get(self, request: Request, org_id: UUID) -> Response:
        return Response(GroupingOutput(grouping_of(self.one(org_id).pk)).data)

    @extend_schema(operation_id="groups_assign", request=AssignInput, responses=AssignOutput)
    def post(self, request: Request, org_id: UUID) -> Response:
        branch = self.one(org_id)
        given = AssignInput(data=request.data)
        given.is_valid(raise_exception=True)
        act, count = grouping.assign(
            branch=branch, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(AssignOutput({"act": act, "count": count}).data)


class GroupLeader(_OfBranch):
    """``POST``: names who leads a group."""

    @extend_schema(operation_id="groups_leader", request=LeaderInput, responses=LeaderOutput)
    def post(self, request: Request, org_id: UUID) -> Response:
        group = self.one(org_id)
        given = LeaderInput(data=request.data)
        given.is_valid(raise_exception=True)
        chosen = grouping.name_leader(
            group=group, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(LeaderOutput({"member_id": chosen.pk if chosen else None}).data)


class GroupingUndo(Endpoint):
    """``POST``: calls off what oneself assigned within the last ten minutes."""

    permission = MemberPermission.MOVE

    @extend_schema(operation_id="groups_undo", request=None, responses=UngroupOutput)
    def post(self, request: Request, move_id: UUID) -> Response:
        count = grouping.assign_back(act_id=move_id, actor=self.actor, now=clock.now())
        return Response(UngroupOutput({"count": count}).data)
