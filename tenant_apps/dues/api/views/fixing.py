"""The API of standards in depth: settings, reliefs, the year, what-if, answers, arrears."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from kernel.clock import Month
from kernel.models import uuid7
from tenant_apps.dues import selectors
from tenant_apps.dues.api.fixing_serializers import (
    AnswerInput,
    AnswerOutput,
    DuesSettingInput,
    DuesSettingOutput,
    LateOutput,
    OutlookOutput,
    ReliefInput,
    ReliefOutput,
    ReliefPageOutput,
    WhatIfQuery,
    YearFixedOutput,
    YearInput,
)
from tenant_apps.dues.api.serializers import WithdrawnOutput
from tenant_apps.dues.models import ReliefKind, Standard
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.arrears import late_members
from tenant_apps.dues.selectors.reliefs import relief_for, reliefs_visible_to
from tenant_apps.dues.selectors.settings import setting_in_force
from tenant_apps.dues.selectors.years import proposal_of_year, what_if
from tenant_apps.dues.services import answers, reliefs, settings, years
from tenant_apps.dues.services.answers import NoStandardYet
from tenant_apps.members import selectors as members

_ORG = OpenApiParameter("org", str, description="组织路径，含下级")


class Settings(Endpoint):
    """``GET`` how the unit keeps its dues, ``PUT`` chooses."""

    permission = DuesPermission.SETTING

    @extend_schema(operation_id="dues_setting", responses=DuesSettingOutput)
    def get(self, request: Request) -> Response:
        return Response(DuesSettingOutput(setting_in_force()).data)

    @extend_schema(
        operation_id="dues_setting_choose", request=DuesSettingInput, responses=DuesSettingOutput
    )
    def put(self, request: Request) -> Response:
        values = given(DuesSettingInput, request.data)
        chosen = settings.choose(actor=self.actor, now=clock.now(), **values)
        return Response(DuesSettingOutput(chosen).data)


class Reliefs(Endpoint):
    """``GET`` reductions and deferrals of the actor's sub-trees."""

    permission = DuesPermission.EXEMPT

    @extend_schema(operation_id="dues_reliefs_list", parameters=[_ORG], responses=ReliefPageOutput)
    def get(self, request: Request) -> Response:
        rows = reliefs_visible_to(self.actor, below=request.query_params.get("org", ""))
        pages: Any = Pages()
        page = pages.paginate_queryset(rows, request, view=self)
        answer: Response = pages.get_paginated_response(ReliefOutput(page, many=True).data)
        return answer


class MemberReliefs(Endpoint):
    """``POST`` enters a reduction or a deferral of a member."""

    permission = DuesPermission.EXEMPT

    @extend_schema(
        operation_id="dues_reliefs_enter", request=ReliefInput, responses={201: ReliefOutput}
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        member = members.member_for(self.actor, member_id, to=self.permission)
        values = given(ReliefInput, request.data)
        common = {
            "member": member,
            "first": values["first_month"],
            "last": values["last_month"],
            "reason": values["reason"],
            "approved_by": values["approved_by"],
            "actor": self.actor,
            "now": clock.now(),
        }
        if values["kind"] == ReliefKind.REDUCED:
            made = reliefs.reduce(amount_fen=values["amount_fen"] or 0, **common)
        else:
            made = reliefs.defer(pay_by=values["pay_by_month"] or values["last_month"], **common)
        return Response(ReliefOutput(made).data, status=201)


class Relief(Endpoint):
    """``DELETE`` ends a relief: open bills are due in full again."""

    permission = DuesPermission.EXEMPT

    @extend_schema(operation_id="dues_reliefs_end", responses=ReliefOutput)
    def delete(self, request: Request, relief_id: UUID) -> Response:
        relief = relief_for(self.actor, relief_id, to=self.permission)
        ended = reliefs.end(relief=relief, actor=self.actor, now=clock.now())
        return Response(ReliefOutput(ended).data)


class Year(Endpoint):
    """``GET`` what the year lacks, ``POST`` fixes it."""

    permission = DuesPermission.ISSUE

    @extend_schema(operation_id="dues_year_proposal", parameters=[_ORG], responses=OutlookOutput)
    def get(self, request: Request, year: int) -> Response:
        years.refuse_year(year, clock.now())
        found = proposal_of_year(self.actor, year, below=request.query_params.get("org", ""))
        return Response(OutlookOutput(found).data)

    @extend_schema(
        operation_id="dues_year_fix", request=YearInput, responses={201: YearFixedOutput}
    )
    def post(self, request: Request, year: int) -> Response:
        below, batch_id = given(YearInput, request.data)["org"], uuid7()
        count = years.fix_year(
            year=year, below=below, batch_id=batch_id, actor=self.actor, now=clock.now()
        )
        return Response({"batch_id": batch_id, "count": count}, status=201)


class YearBatch(Endpoint):
    """``DELETE`` takes back what was fixed together, while no bill stands under it."""

    permission = DuesPermission.ISSUE

    @extend_schema(operation_id="dues_year_take_back", responses=WithdrawnOutput)
    def delete(self, request: Request, batch_id: UUID) -> Response:
        count = years.take_back(batch_id=batch_id, actor=self.actor, now=clock.now())
        return Response({"count": count})


class WhatIf(Endpoint):
    """``GET`` what another rule or other bases would make of this year's standards."""

    permission = DuesPermission.STANDARD

    @extend_schema(
        operation_id="dues_what_if", parameters=[WhatIfQuery, _ORG], responses=OutlookOutput
    )
    def get(self, request: Request) -> Response:
        asked = {key: value for key, value in request.query_params.items() if key != "org"}
        below = request.query_params.get("org", "")
        values = given(WhatIfQuery, asked)
        found = what_if(self.actor, clock.today().year, below=below, **values)
        return Response(OutlookOutput(found).data)


class Arrears(Endpoint):
    """``GET`` who has not paid for how many months in a row."""

    permission = DuesPermission.BROWSE

    @extend_schema(operation_id="dues_arrears", parameters=[_ORG], responses=LateOutput(many=True))
    def get(self, request: Request) -> Response:
        below = request.query_params.get("org", "")
        found = late_members(self.actor, today=clock.today(), below=below)
        return Response(LateOutput(found, many=True).data)


class MyStandard(Endpoint):
    """``GET`` one's own standard, ``POST`` confirms it or objects."""

    permission = DuesPermission.PAY

    @extend_schema(operation_id="my_standard", responses=AnswerOutput)
    def get(self, request: Request) -> Response:
        return Response(AnswerOutput(self._mine()).data)

    @extend_schema(operation_id="my_standard_answer", request=AnswerInput, responses=AnswerOutput)
    def post(self, request: Request) -> Response:
        values = given(AnswerInput, request.data)
        made = answers.answer(standard=self._mine(), actor=self.actor, now=clock.now(), **values)
        return Response(AnswerOutput(made).data)

    def _mine(self) -> Standard:
        member = members.own_file(self.actor)
        found = selectors.standard_in_force(member.pk, Month.of(clock.today()))
        if found is None:
            raise NoStandardYet
        return found
