"""The state machine of a transfer as one table (rulebook 3.3).

A line says from where a verb leads whereto, for which side and kinds, and who may do it and where
that is asked.  A line without a permission is done by the system when the other unit's message
arrives.  Nothing else in the product knows which step follows which.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tenant_apps.transfers.models import TRAVELLING, Handover, Kind, Side, State
from tenant_apps.transfers.permissions import TransferPermission as May


class Verb(StrEnum):
    """What can be done to a transfer; the value is what the record calls it."""

    SUBMIT = "submitted"
    APPROVE = "approved"
    REJECT = "rejected"
    DISPATCH = "dispatched"
    ACCEPT = "accepted"
    REFUSE = "refused"
    PLACE = "placed"
    GIVE_BACK = "given_back"
    RECEIPT = "receipt_returned"
    CLOSE = "closed"
    WITHDRAW = "withdrawn"
    EXPIRE = "expired"


LABELS: Final = {
    Verb.SUBMIT: "提交党委审批",
    Verb.APPROVE: "批准转出",
    Verb.REJECT: "不批准",
    Verb.DISPATCH: "交出介绍信",
    Verb.ACCEPT: "同意接收",
    Verb.REFUSE: "不予接收",
    Verb.PLACE: "编入支部",
    Verb.GIVE_BACK: "退回",
    Verb.RECEIPT: "登记回执",
    Verb.CLOSE: "办结归档",
    Verb.WITHDRAW: "撤回",
    Verb.EXPIRE: "作废逾期介绍信",
}


class Where(StrEnum):
    """Of which organisation a permission is asked."""

    BRANCH = "branch"
    """The unit's own branch of the row."""
    COMMITTEE = "committee"
    """The committee above it that may approve probationary members (rulebook 3.1)."""
    TO_COMMITTEE = "to_committee"
    """The committee above the other place within the unit."""
    TO_BRANCH = "to_branch"
    """The other place within the unit itself."""


@dataclass(frozen=True, slots=True)
class Transition:
    verb: Verb
    sources: tuple[State, ...]
    target: State
    sides: Collection[Side]
    kinds: Collection[Kind]
    permission: May | None = None
    where: Where = Where.COMMITTEE
    is_second: bool = False
    """Whether somebody else than who submitted has to do it (rulebook 12.2)."""

    def fits(self, handover: Handover) -> bool:
        return (
            handover.state in self.sources
            and handover.side in self.sides
            and handover.kind in self.kinds
        )


_S = State
DIRECT: Final = (Kind.INTRA_COMMITTEE,)
UNIT: Final = (Kind.INTRA_SYSTEM,)
ONLINE: Final = (Kind.INTER_TENANT,)
PAPER: Final = (Kind.INTRA_PROVINCE, Kind.INTER_PROVINCE, Kind.SPECIAL)
LETTERED: Final = (*ONLINE, *PAPER)
"""Kinds that go with a letter; inside a unit nothing is written (rulebook 3.2)."""
_ANY: Final = (*DIRECT, *UNIT, *LETTERED)
_OUT, _IN, _WITHIN = (Side.OUT,), (Side.IN,), (Side.WITHIN,)
_SENDING: Final = (*_OUT, *_WITHIN)
_UNSENT: Final = (State.DRAFT, State.SUBMITTED)

TABLE: Final[tuple[Transition, ...]] = (
    Transition(
        Verb.SUBMIT, (_S.DRAFT,), _S.SUBMITTED, _SENDING, _ANY, May.PREPARE, Where.BRANCH
    ),
    Transition(Verb.SUBMIT, (_S.DRAFT,), _S.SUBMITTED, _IN, PAPER, May.PREPARE, Where.BRANCH),
    # Within a committee one confirmation does it all.
    Transition(
        Verb.APPROVE, (_S.SUBMITTED,), _S.CLOSED, _WITHIN, DIRECT, May.APPROVE, is_second=True
    ),
    Transition(
        Verb.APPROVE, (_S.SUBMITTED,), _S.IN_TRANSIT, _WITHIN, UNIT, May.APPROVE, is_second=True
    ),
    Transition(
        Verb.APPROVE, (_S.SUBMITTED,), _S.SENDER_APPROVED, _OUT, LETTERED, May.APPROVE,
        is_second=True,
    ),
    Transition(Verb.REJECT, (_S.SUBMITTED,), _S.REJECTED, _SENDING, _ANY, May.APPROVE),
    Transition(
        Verb.DISPATCH, (_S.SENDER_APPROVED,), _S.IN_TRANSIT, _OUT, PAPER, May.PREPARE, Where.BRANCH
    ),
    Transition(Verb.DISPATCH, (_S.SENDER_APPROVED,), _S.IN_TRANSIT, _OUT, ONLINE),
    # The receiving committee.
    Transition(
        Verb.ACCEPT, (_S.IN_TRANSIT,), _S.RECEIVER_ACCEPTED, _WITHIN, UNIT, May.RECEIVE,
        Where.TO_COMMITTEE,
    ),
    Transition(Verb.ACCEPT, (_S.IN_TRANSIT,), _S.RECEIVER_ACCEPTED, _IN, ONLINE, May.RECEIVE),
    Transition(
        Verb.ACCEPT, (_S.SUBMITTED,), _S.RECEIVER_ACCEPTED, _IN, PAPER, May.RECEIVE, is_second=True
    ),
    Transition(
        Verb.REFUSE, (_S.IN_TRANSIT,), _S.REJECTED, _WITHIN, UNIT, May.RECEIVE, Where.TO_COMMITTEE
    ),
    Transition(Verb.REFUSE, (_S.IN_TRANSIT,), _S.REJECTED, _IN, ONLINE, May.RECEIVE),
    Transition(Verb.REFUSE, (_S.SUBMITTED,), _S.REJECTED, _IN, PAPER, May.RECEIVE),
    Transition(
        Verb.GIVE_BACK, (_S.RECEIVER_ACCEPTED,), _S.RETURNED, _WITHIN, UNIT, May.RECEIVE,
        Where.TO_COMMITTEE,
    ),
    Transition(
        Verb.GIVE_BACK, (_S.RECEIVER_ACCEPTED,), _S.RETURNED, _IN, LETTERED, May.RECEIVE
    ),
    Transition(
        Verb.PLACE, (_S.RECEIVER_ACCEPTED,), _S.CLOSED, _WITHIN, UNIT, May.PLACE, Where.TO_BRANCH
    ),
    Transition(
        Verb.PLACE, (_S.RECEIVER_ACCEPTED,), _S.PLACED, _IN, LETTERED, May.PLACE, Where.BRANCH
    ),
    Transition(Verb.RECEIPT, (_S.PLACED,), _S.RECEIPT_RETURNED, _IN, PAPER, May.RECEIVE),
    Transition(Verb.CLOSE, (_S.RECEIPT_RETURNED,), _S.CLOSED, _IN, PAPER, May.RECEIVE),
    Transition(Verb.CLOSE, (_S.PLACED,), _S.CLOSED, _IN, ONLINE),
    # What the sender hears: of another unit by message, on paper by the return slip.
    Transition(Verb.ACCEPT, TRAVELLING, _S.RECEIVER_ACCEPTED, _OUT, ONLINE),
    Transition(Verb.REFUSE, TRAVELLING, _S.REJECTED, _OUT, ONLINE),
    Transition(Verb.REFUSE, (_S.IN_TRANSIT,), _S.REJECTED, _OUT, PAPER, May.APPROVE),
    Transition(Verb.GIVE_BACK, (_S.RECEIVER_ACCEPTED,), _S.RETURNED, _OUT, ONLINE),
    Transition(Verb.RECEIPT, (_S.RECEIVER_ACCEPTED,), _S.RECEIPT_RETURNED, _OUT, ONLINE),
    Transition(Verb.RECEIPT, (_S.IN_TRANSIT,), _S.RECEIPT_RETURNED, _OUT, PAPER, May.APPROVE),
    Transition(Verb.CLOSE, (_S.RECEIPT_RETURNED,), _S.CLOSED, _OUT, LETTERED, May.APPROVE),
    Transition(Verb.CLOSE, (_S.RECEIPT_RETURNED,), _S.CLOSED, _OUT, ONLINE),
    # Ways out.
    Transition(Verb.WITHDRAW, _UNSENT, _S.WITHDRAWN, _SENDING, _ANY, May.PREPARE, Where.BRANCH),
    Transition(Verb.WITHDRAW, _UNSENT, _S.WITHDRAWN, _IN, PAPER, May.PREPARE, Where.BRANCH),
    Transition(Verb.WITHDRAW, (_S.IN_TRANSIT,), _S.WITHDRAWN, _WITHIN, UNIT, May.APPROVE),
    Transition(Verb.WITHDRAW, TRAVELLING, _S.WITHDRAWN, _OUT, LETTERED, May.APPROVE),
    Transition(Verb.WITHDRAW, (_S.IN_TRANSIT,), _S.WITHDRAWN, _IN, ONLINE),
    Transition(
        Verb.EXPIRE, TRAVELLING, _S.EXPIRED, _OUT, LETTERED, May.APPROVE, is_second=True
    ),
    Transition(Verb.EXPIRE, (_S.IN_TRANSIT,), _S.EXPIRED, _IN, ONLINE),
    # The membership ended meanwhile: what nobody has accepted elsewhere ends with it.
    Transition(Verb.WITHDRAW, (*_UNSENT, *TRAVELLING), _S.WITHDRAWN, _OUT, LETTERED),
    Transition(
        Verb.WITHDRAW, (*_UNSENT, _S.IN_TRANSIT, _S.RECEIVER_ACCEPTED), _S.WITHDRAWN, _WITHIN,
        (*DIRECT, *UNIT),
    ),
)  # fmt: skip


def transition(handover: Handover, verb: Verb, *, by_system: bool) -> Transition | None:
    """The line for ``verb`` where the transfer stands; None where it cannot be done."""
    return next(
        (
            one
            for one in TABLE
            if one.verb == verb and (one.permission is None) == by_system and one.fits(handover)
        ),
        None,
    )
