"""The API of the own case: what the phone shows and takes."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.papers import Upload
from kernel.web.downloads import handed_in
from tenant_apps.admissions import selectors
from tenant_apps.admissions.api import serializers as shapes
from tenant_apps.admissions.api.views import AdmissionEndpoint, bytes_of
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import notes, papers


class OwnCase(AdmissionEndpoint):
    """``GET`` the own way; ``POST`` hands a thought report in."""

    permission = AdmissionPermission.OWN

    @extend_schema(operation_id="own_admission_retrieve", responses=shapes.OwnCaseOutput)
    def get(self, request: Request) -> Response:
        own = selectors.own_view(selectors.own_case(self.actor), today=clock.today())
        return Response(
            {
                **shapes.CaseOutput(own.case).data,
                "acts": shapes.OwnActOutput(own.view.acts, many=True).data,
                "asked": shapes.AskedOutput(own.asked, many=True).data,
                "next_report_on": own.report.next_due if own.report else None,
                "told": shapes.ToldOutput(own.told, many=True).data,
            }
        )

    @extend_schema(
        operation_id="own_admission_report",
        request=shapes.OwnReportInput,
        responses={201: shapes.NoteOutput},
    )
    def post(self, request: Request) -> Response:
        values = self.given(shapes.OwnReportInput)
        sent = values["content"]
        file = Upload(values["file_name"], bytes_of(sent)) if sent else None
        case = selectors.own_case(self.actor)
        note = notes.report_own(case=case, text=values["text"], file=file, **self.times())
        return Response(shapes.NoteOutput(note).data, status=201)


class OwnPapers(AdmissionEndpoint):
    """``GET`` what the person handed in; ``POST`` hands in a document that is asked for."""

    permission = AdmissionPermission.OWN

    @extend_schema(operation_id="own_admission_papers", responses=shapes.PaperOutput(many=True))
    def get(self, request: Request) -> Response:
        own = selectors.own_view(selectors.own_case(self.actor), today=clock.today())
        return Response(shapes.PaperOutput(own.handed, many=True).data)

    @extend_schema(
        operation_id="own_admission_hand_in",
        request=shapes.OwnPaperInput,
        responses={201: shapes.PaperOutput},
    )
    def post(self, request: Request) -> Response:
        values = self.given(shapes.OwnPaperInput)
        file = Upload(values["file_name"], bytes_of(values["content"]))
        paper = papers.hand_in_own(
            case=selectors.own_case(self.actor), act=values["act"], kind=values["kind"],
            file=file, actor=self.actor, now=clock.now(),
        )  # fmt: skip
        return Response(shapes.PaperOutput(paper).data, status=201)


class OwnPaper(AdmissionEndpoint):
    """``GET /admissions/own/papers/<id>/``: a file that the person handed in."""

    permission = AdmissionPermission.OWN

    @extend_schema(
        operation_id="own_admission_paper_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, paper_id: UUID) -> HttpResponse:
        paper = selectors.own_paper_for(self.actor, paper_id)
        return handed_in(papers.read(paper), name=paper.file_name)
