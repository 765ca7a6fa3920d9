"""What the control cell answers to other cells, and the cells for operators.

Other cells have no session: what they say is signed (``tenants.cells.letters``), and so is what
they are told.  Nothing of a letter is looked at before its signature is right.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.errors import DomainError
from kernel.permissions import PUBLIC
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.services import summaries
from shared_apps.people.services import events
from tenants.cells import directory, letters, names, registry
from tenants.cells.letters import Letter

_BYTES = (200, "application/octet-stream")
_LETTER: dict[str, Any] = {
    "request": {"application/octet-stream": OpenApiTypes.BINARY},
    "responses": {_BYTES: OpenApiTypes.BINARY},
    "parameters": [
        OpenApiParameter("X-Cell", str, OpenApiParameter.HEADER, description="来信的分区"),
        OpenApiParameter(
            "X-Cell-Signature", str, OpenApiParameter.HEADER, description="来信的签名（HMAC-SM3）"
        ),
    ],
    "auth": [],
}


class Desk(Endpoint, abstract=True):
    """Reads a letter, has it ``handled`` and signs the answer; notes why it refused one."""

    keeps_answers: ClassVar[bool] = False

    @abstractmethod
    def handled(self, letter: Letter, now: dt.datetime) -> dict[str, Any]:
        """What the letter asks for, done; the answer's content."""

    def take(self, request: Request) -> HttpResponse:
        now, cell = clock.now(), request.headers.get("X-Cell", "")[:20]
        signature = request.headers.get("X-Cell-Signature", "")
        try:
            registry.require_control()
            letter = letters.read(request._request.body, signature, cell=cell, now=now)
            registry.require_listed(cell)
            said = self.handled(letter, now)
        except DomainError as refused:
            self._note(cell, refused, now)
            raise
        content, answer_signature = letters.answer(letter, said)
        return HttpResponse(
            content,
            content_type="application/json",
            headers={"X-Cell-Signature": answer_signature, "Cache-Control": "no-store"},
        )

    def _note(self, cell: str, refused: DomainError, now: dt.datetime) -> None:
        if registry.turned_away(cell=cell, code=refused.code, now=now):
            events.record("cell.refused", actor=self.actor, now=now, cell=cell, reason=refused.code)


class CellNames(Desk):
    """``POST`` takes a label and a credit code for the cell that asks."""

    permission = PUBLIC

    @extend_schema(operation_id="cells_names", **_LETTER)
    def post(self, request: Request) -> HttpResponse:
        return self.take(request)

    def handled(self, letter: Letter, now: dt.datetime) -> dict[str, Any]:
        try:
            names.take(
                cell=letter.cell,
                label=names.checked(letter.said.get("label")),
                credit_code=names.checked(letter.said.get("credit_code")),
                now=now,
            )
        except names.NameElsewhere as held:
            return {"taken": False, **held.data}
        return {"taken": True}


class CellDirectory(Desk):
    """``POST`` the number of a copy; the answer is the directory when it is another."""

    permission = PUBLIC

    @extend_schema(operation_id="cells_directory", **_LETTER)
    def post(self, request: Request) -> HttpResponse:
        return self.take(request)

    def handled(self, letter: Letter, now: dt.datetime) -> dict[str, Any]:
        return directory.published_to(letter)


class CellSummary(Desk):
    """``POST`` the units of the cell that asks, in the place of its last summary."""

    permission = PUBLIC

    @extend_schema(operation_id="cells_summary", **_LETTER)
    def post(self, request: Request) -> HttpResponse:
        return self.take(request)

    def handled(self, letter: Letter, now: dt.datetime) -> dict[str, Any]:
        summaries.take_in(letter, now=now)
        return {"serial": letter.said["serial"]}


class CellOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    console = serializers.CharField(help_text="该分区控制台的地址")
    as_of = serializers.DateTimeField(allow_null=True, help_text="数据截至")
    is_old = serializers.BooleanField(help_text="汇总超过 10 分钟没有更新")
    conflicts = serializers.ListField(child=serializers.CharField(), help_text="名称冲突")
    refused_code = serializers.CharField(help_text="最近一次被拒绝的原因；没有时为空")


class Cells(Endpoint):
    """``GET`` the other cells and how fresh what is shown of them is."""

    permission = FleetPermission.VIEW

    @extend_schema(operation_id="fleet_cells_list", responses=CellOutput(many=True))
    def get(self, request: Request) -> Response:
        now = clock.now()
        for cell in (found := registry.others()):
            cell.is_old = registry.is_old(cell, now=now)  # type: ignore[attr-defined]
        return Response(CellOutput(found, many=True).data)
