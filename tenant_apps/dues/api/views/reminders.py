"""The API of reminders: who would be told, and telling them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.dues.api.serializers import ReminderInput, ReminderOutput
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.services import reminding
from tenant_apps.members import selectors as members


class Reminders(Endpoint):
    """``POST`` sends members a message about what they owe; with ``is_preview`` only counts."""

    permission = DuesPermission.REMIND

    @extend_schema(
        operation_id="dues_remind",
        request=ReminderInput,
        responses={200: ReminderOutput, 201: ReminderOutput},
    )
    def post(self, request: Request) -> Response:
        given = ReminderInput(data=request.data)
        given.is_valid(raise_exception=True)
        asked, now = given.validated_data, clock.now()
        chosen = members.members_for(self.actor, asked["members"], to=self.permission)
        if asked["is_preview"]:
            found = reminding.preview(members=chosen, now=now)
        else:
            found = reminding.remind(members=chosen, actor=self.actor, now=now)
        shown = {"told": len(found.told), "fen": found.fen, "left_out": found.counts}
        return Response(ReminderOutput(shown).data, status=200 if asked["is_preview"] else 201)
