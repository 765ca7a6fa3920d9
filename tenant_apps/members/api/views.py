"""The API of members.  Filters are those of the list page, with the same names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.views import Endpoint
from kernel.errors import Invalid
from tenant_apps.members.api.serializers import (
    ExportInput,
    ExportOutput,
    MemberFileOutput,
    MemberInput,
    MemberOutput,
    MemberPageOutput,
    MoveMemberInput,
    MoveMemberOutput,
    RevealInput,
    RevealOutput,
)
from tenant_apps.members.forms import ListForm
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import columns_of, export_for, member_for
from tenant_apps.members.selectors.entries import EntryNotFound, entry_for
from tenant_apps.members.services import exporting, filing, looking, moving, revealing
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission

_FILTERS = {
    "q": "姓名、拼音、身份证号或手机号（完整或后四位）", "org": "组织，含下级",
    "category": "FULL 或 PROBATIONARY", "joined_from": "入党日期起", "joined_to": "入党日期止",
    "phone": "yes 已登记手机号，no 未登记", "posts": "党内职务含", "tab": "incomplete 资料待完善",
    "limit": "每页条数，最多 200", "cursor": "翻页游标",
}  # fmt: skip


class UnknownFilter(Invalid):
    code = "unknown_filter"
    sentence = "没有「{names}」这样的查询条件，或取值不正确。"


class Members(Endpoint):
    """``GET`` members by cursor, oldest row first."""

    permission = MemberPermission.BROWSE

    @extend_schema(
        operation_id="members_list",
        parameters=[
            OpenApiParameter(name, str, description=text) for name, text in _FILTERS.items()
        ],
        responses=MemberPageOutput,
    )
    def get(self, request: Request) -> Response:
        state = _state(request.query_params, self.actor)
        listing = state.listing(org_path=_path_of(state, self.actor))
        pages: CursorPagination = Pages()
        rows = pages.paginate_queryset(
            listing.rows(self.actor, today=clock.today()), request, view=self
        )
        return pages.get_paginated_response(MemberOutput(rows, many=True).data)


class MemberDetail(Endpoint):
    """``GET`` and ``PATCH`` one file."""

    permission = MemberPermission.READ

    @extend_schema(operation_id="members_retrieve", responses=MemberFileOutput)
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        looking.opened(member=member, actor=self.actor, now=clock.now())
        return Response(MemberFileOutput(member).data)

    @extend_schema(
        operation_id="members_correct",
        request=MemberInput(partial=True),
        responses=MemberFileOutput,
    )
    def patch(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        given = MemberInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        reason, version = values.pop("reason", ""), values.pop("version", None)
        corrected = filing.correct(
            member=member,
            sheet=replace(filing.sheet_of(member), **values),
            reason=reason,
            actor=self.actor,
            today=clock.today(),
            now=clock.now(),
            version=version,
        )
        return Response(MemberFileOutput(corrected).data)


class MemberMove(Endpoint):
    """``POST /members/<id>/move/``."""

    permission = MemberPermission.MOVE

    @extend_schema(operation_id="members_move", request=MoveMemberInput, responses=MoveMemberOutput)
    def post(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.MOVE)
        given = MoveMemberInput(data=request.data)
        given.is_valid(raise_exception=True)
        org = organizations.organization_for(
            self.actor, given.validated_data["org_id"], to=MemberPermission.MOVE
        )
        move_id, count = moving.move(members=[member], org=org, actor=self.actor, now=clock.now())
        return Response(MoveMemberOutput({"move_id": move_id, "count": count}).data)


class MemberMoveUndo(Endpoint):
    """``POST /members/moves/<id>/undo/``."""

    permission = MemberPermission.MOVE

    @extend_schema(operation_id="members_move_undo", request=None, responses=MoveMemberOutput)
    def post(self, request: Request, move_id: UUID) -> Response:
        count = moving.move_back(move_id=move_id, actor=self.actor, now=clock.now())
        return Response(MoveMemberOutput({"move_id": move_id, "count": count}).data)


class MemberReveal(Endpoint):
    """``POST /members/<id>/reveal/``: one masked value in the clear; recorded, never kept."""

    permission = MemberPermission.REVEAL

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Without the answers kept for ``Idempotency-Key``: each look is a look."""
        return APIView.dispatch(self, request, *args, **kwargs)

    @extend_schema(operation_id="members_reveal", request=RevealInput, responses=RevealOutput)
    def post(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.REVEAL)
        given = RevealInput(data=request.data)
        given.is_valid(raise_exception=True)
        sent, now = given.validated_data, clock.now()
        reason = sent["reason"]
        if sent["what"] == "relative":
            key = sent.get("entry") or member_id
            entry = entry_for(self.actor, key, to=MemberPermission.REVEAL)
            if entry.member_id != member.pk:
                raise EntryNotFound
            value = revealing.reveal_relative(
                entry=entry, field=sent.get("field", ""), reason=reason, actor=self.actor, now=now
            )
        else:
            open_it = revealing.REVEALS[sent["what"]]
            value = open_it(member=member, reason=reason, actor=self.actor, now=now)
        return Response(RevealOutput({"value": value}).data, headers={"Cache-Control": "no-store"})


class Exports(Endpoint):
    """``POST`` orders a file; it is fetched from ``/members/exports/<id>/file/``."""

    permission = MemberPermission.EXPORT
    is_kept_open = True

    @extend_schema(
        operation_id="members_export", request=ExportInput, responses={201: ExportOutput}
    )
    def post(self, request: Request) -> Response:
        given = ExportInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        state = _state(QueryDict(values["address"]), self.actor)
        columns = columns_of(self.actor, today=clock.today())
        wanted = values.get("columns", [column.key for column in columns])
        export = exporting.request(
            listing=state.listing(org_path=_path_of(state, self.actor)),
            columns=[column for column in columns if column.key in wanted],
            form=cast(exporting.Form, values["form"]),
            reason=values["reason"],
            is_full=values["is_full"],
            actor=self.actor,
            now=clock.now(),
        )
        return Response(ExportOutput(export).data, status=201)


class ExportDetail(Endpoint):
    """``GET`` how far a file is."""

    permission = MemberPermission.EXPORT
    is_kept_open = True

    @extend_schema(operation_id="members_export_retrieve", responses=ExportOutput)
    def get(self, request: Request, export_id: UUID) -> Response:
        return Response(ExportOutput(export_for(self.actor, export_id)).data)


def _state(query: QueryDict, actor: Any) -> ListForm:
    """The filters; unlike the page, the API refuses what it does not understand."""
    state = ListForm(query, actor=actor)
    known = set(state.fields) | {"limit", "cursor", "sub", "sub_shown"}
    wrong = sorted((set(query) - known) | set(state.errors))
    if wrong:
        raise UnknownFilter(names="、".join(wrong))
    return state


def _path_of(state: ListForm, actor: Any) -> str:
    org_id = state.value("org")
    if org_id is None:
        return ""
    org = organizations.organization_for(actor, org_id, to=OrganizationPermission.BROWSE)
    return org.path
