"""The API of elections: cases, terms, posts, scans."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.views import Endpoint
from tenant_apps.elections import selectors
from tenant_apps.elections.api import serializers as shapes
from tenant_apps.elections.models import CaseKind
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import papers, terms, work
from tenant_apps.elections.services import appointing, filing, opening
from tenant_apps.elections.services.acting import Upload
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission

_S = TypeVar("_S", bound=Serializer[Any])


def given(shape: type[_S], request: Request) -> _S:
    """What was sent, checked."""
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return sent


class Elections(Endpoint):
    """``GET`` the cases (``open=1``: under way), ``POST`` opens one."""

    permission = ElectionPermission.BROWSE

    @extend_schema(
        operation_id="elections_list",
        parameters=[OpenApiParameter("open", bool)],
        responses=shapes.ElectionOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = selectors.elections_visible_to(self.actor)
        if request.query_params.get("open") in ("1", "true"):
            rows = rows.filter(closed_at__isnull=True)
        pages: Any = Pages()
        page = pages.paginate_queryset(rows, self.request, view=self)
        answer: Response = pages.get_paginated_response(shapes.ElectionOutput(page, many=True).data)
        return answer

    @extend_schema(
        operation_id="elections_start",
        request=shapes.StartInput,
        responses={201: shapes.ElectionOutput},
    )
    def post(self, request: Request) -> Response:
        sent = given(shapes.StartInput, request)
        org = selectors.organization_for(
            self.actor, sent.validated_data["org_id"], to=ElectionPermission.PREPARE
        )
        made = opening.start(
            org=org,
            kind=CaseKind(sent.validated_data["kind"]),
            paper=sent.paper(),
            is_reminder=False,
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.ElectionOutput(made).data, status=201)


class Extensions(Endpoint):
    """``POST`` asks for a longer term."""

    permission = ElectionPermission.PREPARE

    @extend_schema(
        operation_id="elections_extend",
        request=shapes.ExtendInput,
        responses={201: shapes.ElectionOutput},
    )
    def post(self, request: Request) -> Response:
        sent = given(shapes.ExtendInput, request)
        org = selectors.organization_for(
            self.actor, sent.validated_data["org_id"], to=self.permission
        )
        made = opening.ask_extension(
            org=org,
            until=sent.validated_data["until"],
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.ElectionOutput(made).data, status=201)


class ElectionDetail(Endpoint):
    """``GET`` a case with its steps and votes."""

    permission = ElectionPermission.BROWSE

    @extend_schema(operation_id="elections_retrieve", responses=shapes.ElectionSheetOutput)
    def get(self, request: Request, election_id: UUID) -> Response:
        election = selectors.election_for(self.actor, election_id, to=self.permission)
        answer = {
            **shapes.ElectionOutput(election).data,
            "steps": shapes.StepOutput(election.steps.all(), many=True).data,
            "ballots": shapes.BallotOutput(election.ballots.all(), many=True).data,
        }
        return Response(answer)


class Terms(Endpoint):
    """``GET`` the terms of the bodies that are elected (``level``)."""

    permission = ElectionPermission.BROWSE

    @extend_schema(
        operation_id="elections_terms",
        parameters=[OpenApiParameter("level", str, enum=[level.name for level in terms.Level])],
        responses=shapes.TermOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        today = clock.today()
        bodies = terms.bodies_visible_to(self.actor)
        asked = request.query_params.get("level", "")
        if asked in terms.Level.__members__:
            bodies = terms.due_by(bodies, terms.Level[asked], today)
        pages: Any = Pages()
        page = pages.paginate_queryset(bodies, self.request, view=self)
        told = work.terms_of(page, today=today)
        answer: Response = pages.get_paginated_response(shapes.TermOutput(told, many=True).data)
        return answer


class Posts(Endpoint):
    """``GET`` the posts of an organisation (``org``), ``POST`` appoints to one."""

    permission = ElectionPermission.BROWSE

    @extend_schema(
        operation_id="elections_posts_list",
        parameters=[OpenApiParameter("org", UUID, required=True)],
        responses=shapes.PostOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        sent = shapes.OrgInput(data=request.query_params.dict())
        sent.is_valid(raise_exception=True)
        org = selectors.organization_for(self.actor, sent.validated_data["org"], to=self.permission)
        rows = selectors.posts_of(org.pk, on=clock.today())
        return Response(shapes.PostOutput(rows, many=True).data)

    @extend_schema(
        operation_id="elections_appoint",
        request=shapes.AppointInput,
        responses={201: shapes.PostOutput},
    )
    def post(self, request: Request) -> Response:
        values = given(shapes.AppointInput, request).validated_data
        org = selectors.organization_for(
            self.actor, values.pop("org_id"), to=ElectionPermission.APPOINT
        )
        member = members.member_for(self.actor, values.pop("member_id"), to=MemberPermission.READ)
        made = appointing.appoint(
            org=org, member=member, actor=self.actor, now=clock.now(), **values
        )
        return Response(shapes.PostOutput(made).data, status=201)


class PostEnd(Endpoint):
    permission = ElectionPermission.APPOINT

    @extend_schema(
        operation_id="elections_post_end",
        request=shapes.EndPostInput,
        responses=shapes.PostOutput,
    )
    def post(self, request: Request, post_id: UUID) -> Response:
        post = selectors.post_for(self.actor, post_id)
        selectors.organization_for(self.actor, post.org_id, to=self.permission)
        values = given(shapes.EndPostInput, request).validated_data
        ended = appointing.end(post=post, actor=self.actor, now=clock.now(), **values)
        return Response(shapes.PostOutput(ended).data)


class StepFiles(Endpoint):
    """``POST`` adds scans to a step that was done (multipart, ``files``)."""

    permission = ElectionPermission.PREPARE
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="elections_files_add",
        request=shapes.FilesInput,
        responses=shapes.StepOutput,
    )
    def post(self, request: Request, step_id: UUID) -> Response:
        step = papers.step_for(self.actor, step_id)
        sent = given(shapes.FilesInput, request)
        files = tuple(Upload(one.name, one.read()) for one in sent.validated_data["files"])
        done = filing.attach(step=step, files=files, actor=self.actor, now=clock.now())
        return Response(shapes.StepOutput(done).data)
