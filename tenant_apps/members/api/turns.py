"""The API of memberships that begin, rest and end."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.views import Endpoint
from tenant_apps.members.api.turn_serializers import (
    ChangeOutput,
    DecideExportInput,
    EndsOutput,
    EnterInput,
    ExportDecided,
    FormerOutput,
    FormerPageOutput,
    LeaveInput,
    MadeOutput,
    NoteInput,
    ProposalOutput,
    SubmittedOutput,
    UndoInput,
    given,
)
from tenant_apps.members.models import Change, ChangeKind, Proposal
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import former, member_for
from tenant_apps.members.selectors.files import awaiting_export_for
from tenant_apps.members.services import changes, departures, exporting, proposals
from tenant_apps.members.services.changes import NewMember
from tenant_apps.organizations import selectors as organizations


class Enter(Endpoint):
    """``POST`` takes somebody into the roll who is missing there (补录)."""

    permission = MemberPermission.ENTER

    @extend_schema(operation_id="members_enter", request=EnterInput, responses={201: MadeOutput})
    def post(self, request: Request) -> Response:
        values = given(EnterInput, request)
        org = organizations.organization_for(
            self.actor, values.pop("org_id"), to=MemberPermission.ENTER
        )
        apart = {key: values.pop(key) for key in ("category", "on", "document")}
        made = changes.enter(
            person=NewMember(**{key: value for key, value in values.items() if value is not None}),
            org=org,
            kind=ChangeKind.SUPPLEMENTED,
            actor=self.actor,
            now=clock.now(),
            **apart,
        )
        return Response(MadeOutput(made).data, status=201)


class Leave(Endpoint):
    """``GET`` what would end with the membership; ``POST`` records a death, submits any other
    end, rest or return.
    """

    permission = MemberPermission.LEAVE

    @extend_schema(operation_id="members_leave_preview", responses=EndsOutput)
    def get(self, request: Request, member_id: UUID) -> Response:
        member = former.counting_or_resting_for(self.actor, member_id)
        return Response(EndsOutput(departures.preview(member, actor=self.actor)).data)

    @extend_schema(operation_id="members_leave", request=LeaveInput, responses=SubmittedOutput)
    def post(self, request: Request, member_id: UUID) -> Response:
        member = former.counting_or_resting_for(self.actor, member_id)
        values = given(LeaveInput, request)
        values["kind"] = ChangeKind(values["kind"])
        values["details"] = proposals.Details(values.pop("ground"), values.pop("applied_on"))
        done = proposals.submit(member=member, actor=self.actor, now=clock.now(), **values)
        is_change = isinstance(done, Change)
        shown = {"change": done if is_change else None, "proposal": None if is_change else done}
        return Response(SubmittedOutput(shown).data)


class MemberChanges(Endpoint):
    """``GET`` the increases, decreases and turns of one file."""

    permission = MemberPermission.STATES

    @extend_schema(operation_id="members_changes", responses=ChangeOutput(many=True))
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        return Response(ChangeOutput(former.changes_of(member), many=True).data)


class ChangeUndo(Endpoint):
    """``POST`` takes back an event recorded by mistake."""

    permission = MemberPermission.DECIDE

    @extend_schema(operation_id="members_change_undo", request=UndoInput, responses=MadeOutput)
    def post(self, request: Request, change_id: UUID) -> Response:
        change = former.change_for(self.actor, change_id)
        values = given(UndoInput, request)
        member = changes.undo(change=change, actor=self.actor, now=clock.now(), **values)
        return Response(MadeOutput(member).data)


class Proposals(Endpoint):
    """``GET`` what waits for a second person."""

    permission = MemberPermission.LEAVE

    @extend_schema(operation_id="members_proposals", responses=ProposalOutput(many=True))
    def get(self, request: Request) -> Response:
        found = former.proposals_visible_to(self.actor).filter(state=Proposal.State.WAITING)
        return Response(ProposalOutput(found[:200], many=True).data)


class ProposalApprove(Endpoint):
    """``POST``: the second person's yes."""

    permission = MemberPermission.DECIDE

    @extend_schema(operation_id="members_proposal_approve", request=NoteInput,
                   responses=ChangeOutput)  # fmt: skip
    def post(self, request: Request, proposal_id: UUID) -> Response:
        held = former.proposal_for(self.actor, proposal_id)
        change = proposals.approve(
            proposal=held, actor=self.actor, now=clock.now(), **given(NoteInput, request)
        )
        return Response(ChangeOutput(change).data)


class ProposalRefuse(Endpoint):
    """``POST``: the second person's no, with the reason."""

    permission = MemberPermission.DECIDE

    @extend_schema(operation_id="members_proposal_refuse", request=NoteInput,
                   responses=ProposalOutput)  # fmt: skip
    def post(self, request: Request, proposal_id: UUID) -> Response:
        held = former.proposal_for(self.actor, proposal_id)
        refused = proposals.refuse(
            proposal=held, actor=self.actor, now=clock.now(), **given(NoteInput, request)
        )
        return Response(ProposalOutput(refused).data)


class ProposalWithdraw(Endpoint):
    """``POST``: who submitted takes it back."""

    permission = MemberPermission.LEAVE

    @extend_schema(operation_id="members_proposal_withdraw", request=None,
                   responses=ProposalOutput)  # fmt: skip
    def post(self, request: Request, proposal_id: UUID) -> Response:
        held = former.proposal_for(self.actor, proposal_id)
        back = proposals.withdraw(proposal=held, actor=self.actor, now=clock.now())
        return Response(ProposalOutput(back).data)


class Former(Endpoint):
    """``GET`` those who left or whose membership rests, by cursor."""

    permission = MemberPermission.FORMER

    @extend_schema(
        operation_id="members_former",
        parameters=[
            OpenApiParameter("q", str, description="姓名、拼音、身份证号或手机号"),
            OpenApiParameter("kind", str, description="离开方式的代码"),
        ],
        responses=FormerPageOutput,
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        found = former.former_visible_to(
            self.actor, q=query.get("q", ""), kind=query.get("kind", "")
        )
        pages: CursorPagination = Pages()
        rows = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(FormerOutput(rows, many=True).data)


class DecideExport(Endpoint):
    """``POST``: a second administrator's word on a file with full numbers."""

    permission = MemberPermission.EXPORT_FULL

    @extend_schema(operation_id="members_export_decide", request=DecideExportInput,
                   responses=ExportDecided)  # fmt: skip
    def post(self, request: Request, export_id: UUID) -> Response:
        export = awaiting_export_for(self.actor, export_id)
        decided = exporting.decide(
            export=export, actor=self.actor, now=clock.now(), **given(DecideExportInput, request)
        )
        return Response(ExportDecided(decided).data)
