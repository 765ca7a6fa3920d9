"""The API of the special states with their contacts, and of people with two files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.members.api.turn_serializers import (
    BeginStateInput,
    ChangeOutput,
    ContactInput,
    EndStateInput,
    EntryMadeOutput,
    MadeOutput,
    MergeInput,
    PairOutput,
    StateOutput,
    given,
)
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import duplicates, member_for
from tenant_apps.members.selectors import states as reading
from tenant_apps.members.selectors.entry_sets import SETS, Shape
from tenant_apps.members.selectors.states import STATES, StateKind
from tenant_apps.members.services import merging, states


class States(Endpoint):
    """``GET`` the members in one special state with what is due."""

    permission = MemberPermission.STATES

    @extend_schema(
        operation_id="members_states",
        parameters=[OpenApiParameter("kind", str, enum=[str(kind) for kind in StateKind])],
        responses=StateOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.get("kind", "")
        kind = StateKind(asked) if asked in set(StateKind) else StateKind.AWAY
        rows = reading.rows_of(reading.in_state(self.actor, kind)[:500], kind)
        return Response(StateOutput(rows, many=True).data)


class BeginState(Endpoint):
    """``POST`` registers a special state."""

    permission = MemberPermission.STATES

    @extend_schema(operation_id="members_state_begin", request=BeginStateInput,
                   responses={201: EntryMadeOutput})  # fmt: skip
    def post(self, request: Request, member_id: UUID, kind: str) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        values = given(BeginStateInput, request)
        state = state_named(kind)
        made = states.begin(
            member=member,
            kind=state,
            on=values["on"],
            data=_dated(state, values["details"]),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(EntryMadeOutput(made).data, status=201)


class EndState(Endpoint):
    """``POST`` ends a special state."""

    permission = MemberPermission.STATES

    @extend_schema(operation_id="members_state_end", request=EndStateInput, responses=MadeOutput)
    def post(self, request: Request, member_id: UUID, kind: str) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        values = given(EndStateInput, request)
        ended = states.end(
            member=member, kind=state_named(kind), actor=self.actor, now=clock.now(), **values
        )
        return Response(MadeOutput(ended).data)


class Contact(Endpoint):
    """``POST`` records one contact with a member."""

    permission = MemberPermission.STATES

    @extend_schema(operation_id="members_contact", request=ContactInput,
                   responses={201: EntryMadeOutput})  # fmt: skip
    def post(self, request: Request, member_id: UUID) -> Response:
        member = member_for(self.actor, member_id, to=MemberPermission.STATES)
        made = states.contact(
            member=member, actor=self.actor, now=clock.now(), **given(ContactInput, request)
        )
        return Response(EntryMadeOutput(made).data, status=201)


class Duplicates(Endpoint):
    """``GET`` pairs of files that look like one person's."""

    permission = MemberPermission.MERGE

    @extend_schema(operation_id="members_duplicates", responses=PairOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(PairOutput(duplicates.pairs_visible_to(self.actor), many=True).data)


class Merge(Endpoint):
    """``POST`` makes one file of two."""

    permission = MemberPermission.MERGE

    @extend_schema(operation_id="members_merge", request=MergeInput, responses=ChangeOutput)
    def post(self, request: Request, member_id: UUID, other_id: UUID) -> Response:
        kept, gone = duplicates.pair_for(self.actor, member_id, other_id)
        take = sorted(given(MergeInput, request).get("take", ()))
        change = merging.merge(kept=kept, gone=gone, take=take, actor=self.actor, now=clock.now())
        return Response(ChangeOutput(change).data)


class TellApart(Endpoint):
    """``POST`` notes that two files are of two people."""

    permission = MemberPermission.MERGE

    @extend_schema(operation_id="members_tell_apart", request=None, responses={204: None})
    def post(self, request: Request, member_id: UUID, other_id: UUID) -> Response:
        first, second = duplicates.pair_for(self.actor, member_id, other_id)
        merging.tell_apart(first=first, second=second, actor=self.actor, now=clock.now())
        return Response(status=204)


class MergeUndo(Endpoint):
    """``POST`` makes two files again."""

    permission = MemberPermission.MERGE

    @extend_schema(operation_id="members_merge_undo", request=None, responses=MadeOutput)
    def post(self, request: Request, change_id: UUID) -> Response:
        change = duplicates.merger_for(self.actor, change_id)
        member = merging.undo(change=change, actor=self.actor, now=clock.now())
        return Response(MadeOutput(member).data)


def state_named(text: str) -> StateKind:
    """The state that an address names; raises StateNotValid for none."""
    if text not in set(StateKind):
        raise states.StateNotValid(problem=f"没有「{text}」这种情形。")
    return StateKind(text)


def _dated(kind: StateKind, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a state as the service takes them: days as days."""
    entry = STATES[kind].entry
    days = {
        field.key for field in (SETS[entry].fields if entry else ()) if field.shape is Shape.DAY
    }
    return {key: _day(value) if key in days else value for key, value in data.items()}


def _day(value: Any) -> Any:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return value
