"""The API of admissions: the verbs of the pages, with the same rules."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from kernel.web.downloads import handed_in
from tenant_apps.admissions import selectors
from tenant_apps.admissions.api import serializers as shapes
from tenant_apps.admissions.models import Case, NoteKind
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import (
    acting,
    closing,
    deciding,
    moving,
    notes,
    opening,
    papers,
    revealing,
    texting,
)
from tenant_apps.admissions.services.opening import Applicant
from tenant_apps.organizations import selectors as organizations


class AdmissionEndpoint(Endpoint, abstract=True):
    """What the endpoints of one case share."""

    def case(self, case_id: UUID) -> Case:
        return selectors.case_for(self.actor, case_id, to=self.permission)

    def given(self, shape: type[Input]) -> dict[str, Any]:
        """What was sent, checked for its shape."""
        sent = shape(data=self.request.data)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)

    def times(self) -> dict[str, Any]:
        return {"actor": self.actor, "today": clock.today(), "now": clock.now()}


def bytes_of(text: str) -> bytes:
    """A file as it was sent.  Raises PaperRefused."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as wrong:
        raise papers.PaperRefused(problem="文件内容不是有效的 Base64。") from wrong


class Cases(AdmissionEndpoint):
    """``GET`` cases by cursor, oldest first; ``POST`` opens one."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_list",
        parameters=[OpenApiParameter("state", str, description="OPEN、DONE 等")],
        responses=shapes.CasePageOutput,
    )
    def get(self, request: Request) -> Response:
        cases = selectors.cases_visible_to(self.actor)
        if state := request.query_params.get("state", ""):
            cases = cases.filter(state=state)
        pages = Pages()
        rows = pages.paginate_queryset(cases, request, view=self)
        return pages.get_paginated_response(shapes.CaseOutput(rows, many=True).data)

    @extend_schema(
        operation_id="admissions_open",
        request=shapes.OpenInput,
        responses={201: shapes.CaseOutput},
    )
    def post(self, request: Request) -> Response:
        values = self.given(shapes.OpenInput)
        org = organizations.organization_for(self.actor, values.pop("org_id"), to=self.permission)
        case = opening.open_case(
            org=org,
            applied_on=values.pop("applied_on"),
            layout=values.pop("layout"),
            given=values.pop("answers"),
            applicant=Applicant(**values),
            **self.times(),
        )
        return Response(shapes.CaseOutput(case).data, status=201)


class CaseDetail(AdmissionEndpoint):
    """``GET`` one person's way; ``PUT`` corrects who it is about."""

    permission = AdmissionPermission.RECORD

    @extend_schema(operation_id="admissions_retrieve", responses=shapes.CaseDetailOutput)
    def get(self, request: Request, case_id: UUID) -> Response:
        case = self.case(case_id)
        view = selectors.view_of(case, today=clock.today())
        told = shapes.CaseOutput(case).data
        return Response({**told, "acts": shapes.ActOutput(view.acts, many=True).data})

    @extend_schema(
        operation_id="admissions_correct", request=shapes.CorrectInput, responses=shapes.CaseOutput
    )
    def put(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.CorrectInput)
        corrected = opening.correct(case=case, applicant=Applicant(**values), **self.times())
        return Response(shapes.CaseOutput(corrected).data)


class CaseWork(AdmissionEndpoint):
    """``GET`` what waits, the most pressing first."""

    permission = AdmissionPermission.BROWSE

    @extend_schema(operation_id="admissions_work", responses=shapes.WorkOutput(many=True))
    def get(self, request: Request) -> Response:
        work = selectors.work_of(self.actor, today=clock.today())
        return Response(shapes.WorkOutput(work, many=True).data)


class CaseStep(AdmissionEndpoint):
    """``POST /admissions/<id>/steps/<act>/``: records, submits or begins the next act."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_act",
        request=shapes.StepInput,
        responses={201: shapes.StepOutput},
    )
    def post(self, request: Request, case_id: UUID, act: str) -> Response:
        case, values = self.case(case_id), self.given(shapes.StepInput)
        step = acting.record(
            case=case,
            act=act,
            on=values["on"],
            given=values["answers"],
            late_reason=values["late_reason"],
            **self.times(),
        )
        return Response(shapes.StepOutput(step).data, status=201)


class CaseNotice(AdmissionEndpoint):
    """``POST`` ends the notice."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_end_notice",
        request=shapes.NoticeEndInput,
        responses=shapes.StepOutput,
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.NoticeEndInput)
        step = acting.end_notice(
            case=case, on=values["on"], given=values["answers"], **self.times()
        )
        return Response(shapes.StepOutput(step).data)


class CaseDecision(AdmissionEndpoint):
    """``POST`` the committee's decision."""

    permission = AdmissionPermission.DECIDE

    @extend_schema(
        operation_id="admissions_decide",
        request=shapes.DecisionInput,
        responses=shapes.StepOutput,
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.DecisionInput)
        values["given"] = values.pop("answers")
        step = deciding.decide(case=case, **values, **self.times())
        return Response(shapes.StepOutput(step).data)


class CaseTakeBack(AdmissionEndpoint):
    """``POST`` takes back what was submitted, or the last act."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_take_back",
        request=shapes.ReasonInput,
        responses=shapes.StepOutput,
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.ReasonInput)
        step = acting.take_back(case=case, **values, actor=self.actor, now=clock.now())
        return Response(shapes.StepOutput(step).data)


class CaseNotes(AdmissionEndpoint):
    """``GET`` and ``POST`` inspections, reports, objections."""

    permission = AdmissionPermission.RECORD

    @extend_schema(operation_id="admissions_notes", responses=shapes.NoteOutput(many=True))
    def get(self, request: Request, case_id: UUID) -> Response:
        found = self.case(case_id).notes.order_by("-on", "-id")
        return Response(shapes.NoteOutput(found, many=True).data)

    @extend_schema(
        operation_id="admissions_add_note",
        request=shapes.NoteInput,
        responses={201: shapes.NoteOutput},
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.NoteInput)
        if values.pop("by_text") and values["kind"] == NoteKind.NOTICE:
            del values["kind"]
            note, _ = notes.notify(case=case, **values, **self.times())
        else:
            note = notes.add(case=case, **values, **self.times())
        return Response(shapes.NoteOutput(note).data, status=201)


class NoteStrike(AdmissionEndpoint):
    """``POST /admissions/notes/<id>/strike/``."""

    permission = AdmissionPermission.RECORD

    @extend_schema(operation_id="admissions_strike_note", request=None, responses=shapes.NoteOutput)
    def post(self, request: Request, note_id: UUID) -> Response:
        note = selectors.note_for(self.actor, note_id, to=self.permission)
        struck = notes.strike(note=note, actor=self.actor, now=clock.now())
        return Response(shapes.NoteOutput(struck).data)


class CasePapers(AdmissionEndpoint):
    """``GET`` the papers, ``POST`` hands one in."""

    permission = AdmissionPermission.RECORD

    @extend_schema(operation_id="admissions_papers", responses=shapes.PaperOutput(many=True))
    def get(self, request: Request, case_id: UUID) -> Response:
        found = self.case(case_id).papers.order_by("uploaded_at")
        return Response(shapes.PaperOutput(found, many=True).data)

    @extend_schema(
        operation_id="admissions_hand_in",
        request=shapes.PaperInput,
        responses={201: shapes.PaperOutput},
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.PaperInput)
        values["content"] = bytes_of(values["content"])
        paper = papers.hand_in(case=case, **values, actor=self.actor, now=clock.now())
        return Response(shapes.PaperOutput(paper).data, status=201)


class PaperFile(AdmissionEndpoint):
    """``GET /admissions/papers/<id>/``: the file as it was handed in."""

    permission = AdmissionPermission.BROWSE

    @extend_schema(
        operation_id="admissions_paper_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, paper_id: UUID) -> HttpResponse:
        paper = selectors.paper_for(self.actor, paper_id, to=self.permission)
        return handed_in(papers.read(paper), name=paper.file_name)


class PaperStrike(AdmissionEndpoint):
    """``POST /admissions/papers/<id>/strike/``."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_strike_paper", request=None, responses=shapes.PaperOutput
    )
    def post(self, request: Request, paper_id: UUID) -> Response:
        paper = selectors.paper_for(self.actor, paper_id, to=self.permission)
        struck = papers.strike(paper=paper, actor=self.actor, now=clock.now())
        return Response(shapes.PaperOutput(struck).data)


class CaseInvite(AdmissionEndpoint):
    """``POST`` asks the person by text message to sign in to the own case."""

    permission = AdmissionPermission.RECORD

    @extend_schema(operation_id="admissions_invite", request=None, responses=shapes.CaseOutput)
    def post(self, request: Request, case_id: UUID) -> Response:
        case = texting.invite(case=self.case(case_id), actor=self.actor, now=clock.now())
        return Response(shapes.CaseOutput(case).data)


class CaseClose(AdmissionEndpoint):
    """``POST`` ends a case before somebody is a member."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_close", request=shapes.CloseInput, responses=shapes.CaseOutput
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.CloseInput)
        closed = closing.close(case=case, **values, **self.times())
        return Response(shapes.CaseOutput(closed).data)


class CaseMove(AdmissionEndpoint):
    """``POST`` hands a case over to another branch."""

    permission = AdmissionPermission.RECORD

    @extend_schema(
        operation_id="admissions_move", request=shapes.MoveInput, responses=shapes.CaseOutput
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.MoveInput)
        org = organizations.organization_for(self.actor, values["org_id"], to=self.permission)
        moved = moving.move(case=case, org=org, actor=self.actor, now=clock.now())
        return Response(shapes.CaseOutput(moved).data)


class CaseReveal(AdmissionEndpoint):
    """``POST`` shows one masked value, with a reason that stays in the history."""

    permission = AdmissionPermission.REVEAL

    @extend_schema(
        operation_id="admissions_reveal",
        request=shapes.RevealInput,
        responses=shapes.RevealedOutput,
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        case, values = self.case(case_id), self.given(shapes.RevealInput)
        value = revealing.reveal(case=case, **values, actor=self.actor, now=clock.now())
        return Response(shapes.RevealedOutput({"value": value}).data)
