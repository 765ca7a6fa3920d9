"""The API of a member's growth, year by year."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import Endpoint
from tenant_apps.members.api.file_serializers import GrowthYearOutput
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for, own_file
from tenant_apps.members.selectors.growth import growth_of


class Growth(Endpoint):
    """``GET`` the way in, posts, rewards, training and appraisals by year, the latest first."""

    permission = MemberPermission.READ

    @extend_schema(operation_id="members_growth", responses=GrowthYearOutput(many=True))
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        return Response(GrowthYearOutput(growth_of(self.actor, member).years, many=True).data)


class OwnGrowth(Endpoint):
    """``GET`` the same of oneself."""

    permission = MemberPermission.SELF

    @extend_schema(operation_id="me_growth", responses=GrowthYearOutput(many=True))
    def get(self, request: Request) -> Response:
        found = growth_of(self.actor, own_file(self.actor))
        return Response(GrowthYearOutput(found.years, many=True).data)
