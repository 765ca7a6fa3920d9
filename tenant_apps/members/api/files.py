"""The API of one member's file: its sets, versions, photo and card, requests of the member."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.web.downloads import handed_in
from tenant_apps.members.api.file_serializers import (
    CheckedOutput,
    CompletenessOutput,
    CorrectionInput,
    CorrectionOutput,
    DecisionInput,
    EntryInput,
    EntryOutput,
    FileAsOfOutput,
    PhotoInput,
    RestoreInput,
    StrikeInput,
    VersionOutput,
)
from tenant_apps.members.models import Correction, Entry, EntryKind
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for, own_file
from tenant_apps.members.selectors.completeness import completeness_of
from tenant_apps.members.selectors.corrections import (
    correction_for,
    corrections_of,
    corrections_visible_to,
    own_correction_for,
    shown_correction,
)
from tenant_apps.members.selectors.entries import entry_for, kinds_of, sets_of, shown_entry
from tenant_apps.members.selectors.entry_sets import SETS
from tenant_apps.members.selectors.versions import as_of, old_value, version_for, versions_of
from tenant_apps.members.services import cards, corrections, entries, filing, photos

_MOST = 200


class EntryOfDecision(entries.EntryNotValid):
    code = "member_entry_by_decision"
    sentence = "{label}由相应的业务办理登记，不能直接填写。"


class Entries(Endpoint):
    """``GET`` the extended sets of a file, ``POST`` a row."""

    permission = MemberPermission.READ

    @extend_schema(operation_id="members_entries", responses=EntryOutput(many=True))
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        rows = [row for one in sets_of(self.actor, member) for row in one.rows]
        return Response(EntryOutput(rows, many=True).data)

    @extend_schema(
        operation_id="members_entry_add", request=EntryInput, responses={201: EntryOutput}
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        given = EntryInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        kind = EntryKind(values.pop("kind"))
        _refuse_decision(kind)
        entry = entries.add(member=member, kind=kind, actor=self.actor, now=clock.now(), **values)
        return Response(EntryOutput(shown_entry(entry)).data, status=201)


class EntryDetail(Endpoint):
    """``PUT`` a row anew, ``DELETE`` strikes it out, ``POST`` takes it back."""

    permission = MemberPermission.EDIT

    @extend_schema(operation_id="members_entry_change", request=EntryInput, responses=EntryOutput)
    def put(self, request: Request, entry_id: UUID) -> Response:
        entry = self._entry(entry_id)
        sent = {"kind": entry.kind, **cast("dict[str, Any]", request.data)}
        given = EntryInput(data=sent)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        values.pop("kind")
        changed = entries.change(entry=entry, actor=self.actor, now=clock.now(), **values)
        return Response(EntryOutput(shown_entry(changed)).data)

    @extend_schema(operation_id="members_entry_strike", request=StrikeInput, responses=EntryOutput)
    def delete(self, request: Request, entry_id: UUID) -> Response:
        entry = self._entry(entry_id)
        given = StrikeInput(data=request.data)
        given.is_valid(raise_exception=True)
        struck = entries.strike(
            entry=entry,
            reason=given.validated_data["reason"],
            actor=self.actor,
            now=clock.now(),
        )
        return Response(EntryOutput(shown_entry(struck)).data)

    @extend_schema(operation_id="members_entry_restore", request=None, responses=EntryOutput)
    def post(self, request: Request, entry_id: UUID) -> Response:
        entry = self._entry(entry_id)
        back = entries.take_back(entry=entry, actor=self.actor, now=clock.now())
        return Response(EntryOutput(shown_entry(back)).data)

    def _entry(self, entry_id: UUID) -> Entry:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.EDIT)
        _refuse_decision(EntryKind(entry.kind))
        return entry


class Versions(Endpoint):
    """``GET`` what changed in a file, newest first."""

    permission = MemberPermission.READ

    @extend_schema(operation_id="members_versions", responses=VersionOutput(many=True))
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        return Response(VersionOutput(versions_of(member), many=True).data)


class FileAsOf(Endpoint):
    """``GET`` a file as it was at the end of a day."""

    permission = MemberPermission.READ

    @extend_schema(
        operation_id="members_as_of",
        parameters=[OpenApiParameter("on", OpenApiTypes.DATE, required=True)],
        responses=FileAsOfOutput,
    )
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        day = FileAsOfOutput(data={"on": request.query_params.get("on"), "fields": {}, "org": ""})
        day.is_valid(raise_exception=True)
        on: dt.date = day.validated_data["on"]
        rows, org = as_of(member, on)
        told = {field.key: text for field, text in rows}
        return Response(FileAsOfOutput({"on": on, "org": org, "fields": told}).data)


class VersionRestore(Endpoint):
    """``POST`` puts one field back to what it was before a correction."""

    permission = MemberPermission.EDIT

    @extend_schema(
        operation_id="members_version_restore",
        request=RestoreInput,
        responses=VersionOutput(many=True),
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        member, event = version_for(self.actor, event_id, to=MemberPermission.EDIT)
        given = RestoreInput(data=request.data)
        given.is_valid(raise_exception=True)
        key = given.validated_data["field"]
        value = old_value(event, key)
        restored = filing.correct(
            member=member,
            sheet=replace(filing.sheet_of(member), **{key: value}),
            reason=given.validated_data["reason"],
            actor=self.actor,
            today=clock.today(),
            now=clock.now(),
        )
        return Response(VersionOutput(versions_of(restored), many=True).data)


class CompletenessDetail(Endpoint):
    """``GET`` how complete a file is, and who fills in what is missing."""

    permission = MemberPermission.READ

    @extend_schema(operation_id="members_completeness", responses=CompletenessOutput)
    def get(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        found = completeness_of(member, kinds=kinds_of(member))
        return Response(CompletenessOutput(found).data)


class Photo(Endpoint):
    """``PUT`` a photo, ``DELETE`` it."""

    permission = MemberPermission.EDIT
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="members_photo_put",
        request={"multipart/form-data": PhotoInput},
        responses={204: None},
    )
    def put(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        given = PhotoInput(data=request.data)
        given.is_valid(raise_exception=True)
        content = given.validated_data["photo"].read()
        photos.put(member=member, content=content, actor=self.actor, now=clock.now())
        return Response(status=204)

    @extend_schema(operation_id="members_photo_remove", request=None, responses={204: None})
    def delete(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        photos.remove(member=member, actor=self.actor, now=clock.now())
        return Response(status=204)


class CardCheck(Endpoint):
    """``GET`` whether the code of a card holds today."""

    permission = MemberPermission.CHECK_CARD

    @extend_schema(
        operation_id="members_card_check",
        parameters=[OpenApiParameter("c", str, required=True, description="二维码中的编码")],
        responses=CheckedOutput,
    )
    def get(self, request: Request) -> Response:
        checked = cards.check(code=request.query_params.get("c", ""), now=clock.now())
        return Response(CheckedOutput(checked).data)


class Corrections(Endpoint):
    """``GET`` the requests that wait for the actor's decision."""

    permission = MemberPermission.EDIT

    @extend_schema(operation_id="members_corrections", responses=CorrectionOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = corrections_visible_to(self.actor, is_waiting=True)[:_MOST]
        return Response(CorrectionOutput([shown_correction(row) for row in rows], many=True).data)


class CorrectionDetail(Endpoint):
    """``POST`` decides a request: accept, or refuse with an answer."""

    permission = MemberPermission.EDIT

    @extend_schema(
        operation_id="members_correction_decide", request=DecisionInput, responses=CorrectionOutput
    )
    def post(self, request: Request, correction_id: UUID) -> Response:
        row = correction_for(self.actor, correction_id)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        sent, now = given.validated_data, clock.now()
        if sent["decision"] == "accept":
            row = corrections.accept(correction=row, actor=self.actor, today=clock.today(), now=now)
        else:
            row = corrections.refuse(
                correction=row, answer=sent["answer"], actor=self.actor, now=now
            )
        return Response(CorrectionOutput(shown_correction(row)).data)


class CorrectionFile(Endpoint):
    """``GET`` what the member attached to a request."""

    permission = MemberPermission.EDIT

    @extend_schema(
        operation_id="members_correction_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, correction_id: UUID) -> HttpResponse:
        return _attached(correction_for(self.actor, correction_id))


class OwnCorrectionFile(Endpoint):
    """``GET`` what one attached to the own request."""

    permission = MemberPermission.SELF

    @extend_schema(
        operation_id="own_correction_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, correction_id: UUID) -> HttpResponse:
        return _attached(own_correction_for(self.actor, correction_id))


class OwnCorrections(Endpoint):
    """``GET`` what the member asked for, ``POST`` another request, with its proof as a form."""

    permission = MemberPermission.SELF
    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(operation_id="own_corrections", responses=CorrectionOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = corrections_of(own_file(self.actor))
        return Response(CorrectionOutput(rows, many=True).data)

    @extend_schema(
        operation_id="own_correction_ask",
        request={"application/json": CorrectionInput, "multipart/form-data": CorrectionInput},
        responses={201: CorrectionOutput},
    )
    def post(self, request: Request) -> Response:
        given = CorrectionInput(data=request.data)
        given.is_valid(raise_exception=True)
        sent: dict[str, Any] = given.validated_data
        proof = sent["proof"]
        row = corrections.ask(
            member=own_file(self.actor),
            field=sent["field"],
            wanted=sent["wanted"],
            reason=sent["reason"],
            proof=corrections.Proof(proof.name or "证明材料", proof.read()) if proof else None,
            actor=self.actor,
            today=clock.today(),
            now=clock.now(),
        )
        return Response(CorrectionOutput(shown_correction(row)).data, status=201)


class OwnCorrectionWithdraw(Endpoint):
    """``POST`` takes a request of one's own back."""

    permission = MemberPermission.SELF

    @extend_schema(operation_id="own_correction_withdraw", request=None, responses=CorrectionOutput)
    def post(self, request: Request, correction_id: UUID) -> Response:
        row = own_correction_for(self.actor, correction_id)
        row = corrections.withdraw(correction=row, actor=self.actor, now=clock.now())
        return Response(CorrectionOutput(shown_correction(row)).data)


def _attached(row: Correction) -> HttpResponse:
    content, name = corrections.proof_of(row)
    return handed_in(content, name=name)


def _refuse_decision(kind: EntryKind) -> None:
    if SETS[kind].by_decision:
        raise EntryOfDecision(label=SETS[kind].label)
