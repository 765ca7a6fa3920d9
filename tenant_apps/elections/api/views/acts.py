"""The acts of a case in the API, one endpoint each."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.elections import selectors
from tenant_apps.elections.api import serializers as shapes
from tenant_apps.elections.api.views.cases import given
from tenant_apps.elections.models import Act, Election, Office
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.services import confirming, counting, meeting, opening, preparing


class CaseEndpoint(Endpoint, abstract=True):
    """An act of a case; answers with the case as it stands afterwards."""

    permission = ElectionPermission.PREPARE

    def case(self, election_id: UUID) -> Election:
        return selectors.election_for(self.actor, election_id, to=self.permission)

    def told(self, election: Election) -> Response:
        return Response(shapes.ElectionOutput(election).data)


class Cancellation(CaseEndpoint):
    @extend_schema(
        operation_id="elections_cancel",
        request=shapes.CancelInput,
        responses=shapes.ElectionOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        reason = given(shapes.CancelInput, request).validated_data["reason"]
        return self.told(
            opening.cancel(election=case, reason=reason, actor=self.actor, now=clock.now())
        )


class Decide(CaseEndpoint):
    @extend_schema(
        operation_id="elections_decide", request=shapes.PlanInput, responses=shapes.ElectionOutput
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.PlanInput, request)
        done = preparing.decide(
            election=case,
            plan=sent.plan(),
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class RequestReply(CaseEndpoint):
    @extend_schema(
        operation_id="elections_request", request=shapes.PaperInput, responses=shapes.ElectionOutput
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.PaperInput, request)
        done = preparing.request(
            election=case, paper=sent.paper(), actor=self.actor, now=clock.now()
        )
        return self.told(done)


class Reply(CaseEndpoint):
    permission = ElectionPermission.DECIDE

    @extend_schema(
        operation_id="elections_reply", request=shapes.ReplyInput, responses=shapes.ElectionOutput
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.ReplyInput, request)
        done = preparing.reply(
            election=case,
            is_approved=sent.validated_data["is_approved"],
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
            approves_shift=sent.validated_data["approves_shift"],
            allows_delegates=sent.validated_data["allows_delegates"],
        )
        return self.told(done)


class Propose(CaseEndpoint):
    @extend_schema(
        operation_id="elections_propose",
        request=shapes.NominateInput,
        responses=shapes.ElectionOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.NominateInput, request)
        done = preparing.propose(
            election=case,
            nominees=sent.listed(),
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class Examine(CaseEndpoint):
    permission = ElectionPermission.DECIDE

    @extend_schema(
        operation_id="elections_examine",
        request=shapes.AnswerInput,
        responses=shapes.ElectionOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.AnswerInput, request)
        done = preparing.examine(
            election=case,
            is_approved=sent.validated_data["is_approved"],
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class Publicise(CaseEndpoint):
    @extend_schema(
        operation_id="elections_publicise",
        request=shapes.PublicInput,
        responses=shapes.ElectionOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.PublicInput, request)
        done = preparing.publicise(
            election=case,
            notice_until=sent.validated_data["notice_until"],
            place=sent.validated_data["place"],
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class Assemble(CaseEndpoint):
    @extend_schema(
        operation_id="elections_assemble", request=shapes.RollInput, responses=shapes.ElectionOutput
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.RollInput, request)
        done = meeting.assemble(
            election=case,
            roll=sent.roll(),
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class Ballots(CaseEndpoint):
    """``POST`` keeps a round of a vote, ``DELETE`` takes the last one back."""

    @extend_schema(
        operation_id="elections_count",
        request=shapes.CountInput,
        responses={201: shapes.BallotOutput},
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.CountInput, request)
        act = Act.PLENUM if case.act == Act.PLENUM else Act.ELECT
        names = {
            member: name for one in counting.seeking(case, act) for member, name in one.candidates
        }
        ballot = meeting.count(
            election=case,
            office=Office(sent.validated_data["office"]),
            sheet=sent.sheet(names),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.BallotOutput(ballot).data, status=201)

    @extend_schema(
        operation_id="elections_count_strike",
        parameters=[OpenApiParameter("office", str, enum=Office.values, required=True)],
        responses={204: None},
    )
    def delete(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = shapes.OfficeInput(data=request.query_params.dict())
        sent.is_valid(raise_exception=True)
        meeting.strike(
            election=case,
            office=Office(sent.validated_data["office"]),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(status=204)


class Reduction(CaseEndpoint):
    @extend_schema(
        operation_id="elections_reduce_seats",
        request=shapes.ReduceInput,
        responses=shapes.BallotOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        values = given(shapes.ReduceInput, request).validated_data
        ballot = meeting.reduce_seats(
            election=case,
            office=Office(values["office"]),
            agreed=values["agreed"],
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.BallotOutput(ballot).data)


class Conclude(CaseEndpoint):
    @extend_schema(
        operation_id="elections_conclude",
        request=shapes.PaperInput,
        responses=shapes.ElectionOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.PaperInput, request)
        done = meeting.conclude(
            election=case, paper=sent.paper(), actor=self.actor, now=clock.now()
        )
        return self.told(done)


class Report(CaseEndpoint):
    @extend_schema(
        operation_id="elections_report", request=shapes.ReportInput, responses=shapes.ElectionOutput
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.ReportInput, request)
        done = confirming.report(
            election=case,
            division=sent.divided(),
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class Confirm(CaseEndpoint):
    permission = ElectionPermission.DECIDE

    @extend_schema(
        operation_id="elections_confirm",
        request=shapes.AnswerInput,
        responses=shapes.ElectionOutput,
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.AnswerInput, request)
        done = confirming.confirm(
            election=case,
            is_approved=sent.validated_data["is_approved"],
            paper=sent.paper(),
            actor=self.actor,
            now=clock.now(),
        )
        return self.told(done)


class Archive(CaseEndpoint):
    @extend_schema(
        operation_id="elections_archive", request=shapes.PaperInput, responses=shapes.ElectionOutput
    )
    def post(self, request: Request, election_id: UUID) -> Response:
        case = self.case(election_id)
        sent = given(shapes.PaperInput, request)
        done = confirming.archive(
            election=case, paper=sent.paper(), actor=self.actor, now=clock.now()
        )
        return self.told(done)
