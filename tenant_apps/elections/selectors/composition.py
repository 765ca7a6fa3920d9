"""Who a board consists of: posts, sizes, and what does not fit (rulebook 1.4).  Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tenant_apps.elections.models import Reason

POSTS: Final[Mapping[str, str]] = {
    "01": "书记",
    "02": "副书记",
    "11": "组织委员",
    "12": "宣传委员",
    "13": "纪检委员",
    "14": "青年委员",
    "15": "统战委员",
    "16": "群工委员",
    "19": "委员",
    "31": "党小组组长",
    "41": "组织员",
}
"""Codes of our own (rulebook 1.4)."""
SECRETARY: Final = "01"
DEPUTY: Final = "02"
OTHER_MEMBER: Final = "19"
GROUP_LEADER: Final = "31"
RENEWED: Final = "届满换届"
REPLACED: Final = "增补改选"
SUCCEEDED: Final = (RENEWED, REPLACED)
"""Why a post ended where somebody else came into it: nothing is missing then."""
_FIRST_BESIDE_THE_BOARD: Final = "30"
COMMITTEE_FROM: Final = 7
"""Full members from which a branch must have a committee (支部工作条例)."""


def is_of_board(code: str) -> bool:
    """Elected with the board; leaders of groups and organisers are not."""
    return code < _FIRST_BESIDE_THE_BOARD


@dataclass(frozen=True, slots=True)
class Size:
    """How many a committee has: as a rule from ``least`` to ``usual``, at the utmost ``most``."""

    least: int
    usual: int
    most: int
    deputies: int

    @property
    def label(self) -> str:
        usual = f"{self.least}–{self.usual} 人"
        return usual if self.usual == self.most else f"{usual}，最多 {self.most} 人"


NO_COMMITTEE: Final = Size(0, 0, 0, 1)
_SIZES: Final[Mapping[str, Size]] = {
    "COMMITTEE": Size(5, 9, 11, 2),
    "ORGAN_COMMITTEE": Size(5, 9, 11, 2),
    "GENERAL_BRANCH": Size(5, 7, 9, 1),
}
_BRANCH: Final = Size(3, 5, 7, 1)
_OPEN: Final = Size(0, 99, 99, 2)
_SIZED: Final = ("BRANCH", "JOINT_BRANCH", "MOBILE_BRANCH", "TEMP_BRANCH")


def size_of(kind: str, full_members: int) -> Size:
    """What the rules foresee for a body of this type with so many full members; nothing for those
    that are appointed and for a commission (rulebook 1.4).
    """
    if kind in _SIZES:
        return _SIZES[kind]
    if kind not in _SIZED:
        return _OPEN
    return _BRANCH if full_members >= COMMITTEE_FROM else NO_COMMITTEE


def problems_of_plan(
    kind: str, full_members: int, *, has_committee: bool, seats: int, deputies: int
) -> list[str]:
    """What the rules say against a planned board, in sentences; people decide."""
    size, found = size_of(kind, full_members), []
    if size.least and not has_committee:
        found.append(f"正式党员 {full_members} 人，应当设立委员会（{size.label}）。")
    if has_committee and not size.least:
        found.append(f"正式党员 {full_members} 人，不足 {COMMITTEE_FROM} 人，不设委员会。")
    if has_committee and size.least and not size.least <= seats <= size.most:
        found.append(f"委员会名额一般为 {size.label}，现为 {seats} 人。")
    elif has_committee and size.least and seats > size.usual:
        found.append(f"委员会名额一般不超过 {size.usual} 人，现为 {seats} 人。")
    if deputies > size.deputies:
        found.append(f"副书记一般不超过 {size.deputies} 人，现为 {deputies} 人。")
    return found


@dataclass(frozen=True, slots=True)
class Seat:
    """One post of a board, as far as the checks look at it."""

    member: UUID
    code: str
    began_on: dt.date
    reason: str


def problems_of_board(kind: str, full_members: int, seats: Sequence[Seat]) -> list[str]:
    """What the rules say against the board that is in office."""
    size = size_of(kind, full_members)
    board = [seat for seat in seats if is_of_board(seat.code)]
    secretaries = sum(seat.code == SECRETARY for seat in board)
    deputies = sum(seat.code == DEPUTY for seat in board)
    people = len({seat.member for seat in board})
    found = []
    if secretaries == 0:
        found.append("没有登记在任书记。")
    if secretaries > 1:
        found.append(f"登记了 {secretaries} 名在任书记，应为 1 名。")
    if deputies > size.deputies:
        found.append(f"副书记一般不超过 {size.deputies} 人，现有 {deputies} 人。")
    if size.least and people < size.least:
        found.append(f"委员会现有 {people} 人，一般为 {size.label}，请考虑增补。")
    if size.least and people > size.most:
        found.append(f"委员会现有 {people} 人，一般为 {size.label}。")
    if size is NO_COMMITTEE and people > 1 + size.deputies:
        found.append(f"正式党员不足 {COMMITTEE_FROM} 人的党支部不设委员会，现登记 {people} 人。")
    return found


def dated_wrongly(seats: Iterable[Seat], elected_on: dt.date) -> list[Seat]:
    """Posts of the election itself that did not begin on its day: 任职日期 = 班子换届日期.

    Who was elected later or appointed is skipped (rulebook 1.4, audit rule of 2011).
    """
    return [
        seat
        for seat in seats
        if seat.reason == Reason.ELECTED and is_of_board(seat.code) and seat.began_on != elected_on
    ]
