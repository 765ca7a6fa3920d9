"""The API about gaps: vacancies, urging, posts that a roster tells of; and one's own elections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.elections import selectors
from tenant_apps.elections.api import gap_serializers as shapes
from tenant_apps.elections.api.serializers import PostOutput
from tenant_apps.elections.api.views.cases import given
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import own
from tenant_apps.elections.selectors.reminders import reminders_of
from tenant_apps.elections.selectors.taking_over import proposals_for
from tenant_apps.elections.selectors.vacancies import vacancies_visible_to
from tenant_apps.elections.services import reminding, taking_over
from tenant_apps.elections.services.taking_over import Choice
from tenant_apps.members.selectors import own_file

_MOST = 500
"""Proposals in one answer; those that were taken over are gone from the next."""


class Vacancies(Endpoint):
    """``GET`` the boards for which a by-election is proposed."""

    permission = ElectionPermission.BROWSE

    @extend_schema(operation_id="elections_vacancies", responses=shapes.VacancyOutput(many=True))
    def get(self, request: Request) -> Response:
        rows: Any = vacancies_visible_to(self.actor)
        return Response(shapes.VacancyOutput(rows, many=True).data)


class Reminders(Endpoint):
    """``GET`` what an organisation was reminded of, ``POST`` urges it (催办)."""

    permission = ElectionPermission.BROWSE

    @extend_schema(operation_id="elections_reminders", responses=shapes.ReminderOutput(many=True))
    def get(self, request: Request, org_id: UUID) -> Response:
        org = selectors.organization_for(self.actor, org_id, to=self.permission)
        return Response(shapes.ReminderOutput(reminders_of(org.pk)[:_MOST], many=True).data)

    @extend_schema(
        operation_id="elections_urge", request=None, responses={201: shapes.ReminderOutput}
    )
    def post(self, request: Request, org_id: UUID) -> Response:
        org = selectors.organization_for(self.actor, org_id, to=ElectionPermission.DECIDE)
        made = reminding.urge(org=org, actor=self.actor, now=clock.now())
        return Response(shapes.ReminderOutput(made).data, status=201)


class RosterPosts(Endpoint):
    """``GET`` what rosters say of posts, ``POST`` takes some of them over."""

    permission = ElectionPermission.APPOINT

    @extend_schema(
        operation_id="elections_roster_posts", responses=shapes.ProposalOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        rows: Any = proposals_for(self.actor)[:_MOST]
        return Response(shapes.ProposalOutput(rows, many=True).data)

    @extend_schema(
        operation_id="elections_roster_take_over",
        request=shapes.TakeOverInput,
        responses={201: PostOutput(many=True)},
    )
    def post(self, request: Request) -> Response:
        sent = given(shapes.TakeOverInput, request).validated_data["choices"]
        made: Any = taking_over.accept(
            choices=[Choice(**one) for one in sent], actor=self.actor, now=clock.now()
        )
        return Response(PostOutput(made, many=True).data, status=201)


class OwnElections(Endpoint):
    """``GET`` the elections of one's own organisations, as members are told of them."""

    permission = ElectionPermission.OWN

    @extend_schema(operation_id="elections_own", responses=shapes.OwnElectionOutput(many=True))
    def get(self, request: Request) -> Response:
        rows: Any = own.elections_of(own_file(self.actor), today=clock.today())
        return Response(shapes.OwnElectionOutput(rows, many=True).data)
