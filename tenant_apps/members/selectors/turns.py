"""What the rules say of each increase, decrease and turn of a membership (rulebook 2.4, 2.5).

The system never decides membership: it computes days, refuses what the rules shut out, and
records what people resolved under the number of their decision (rulebook 0.2 rule 5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kernel.clock import months_later
from tenant_apps.members.models import Category, ChangeKind, Member, Standing

PROBATION_MONTHS: Final = 12
EXTENSION_LEAST, EXTENSION_MOST = 6, 12
"""Months by which probation may be extended, once (rulebook 2.4)."""
SUSPENDED_MONTHS: Final = 24
"""Months after suspension: until then restoring may be asked for, from then on the branch may
remove (rulebook 2.5)."""
NO_REJOIN_MONTHS: Final = 60
BARRED: Final = (ChangeKind.REMOVED, ChangeKind.PERSUADED, ChangeKind.EXPELLED)
"""Who left in one of these ways may not join again for five years (rulebook 2.5)."""

_BOTH = (Category.FULL, Category.PROBATIONARY)


@dataclass(frozen=True, slots=True)
class Turn:
    """How a membership ends or rests.

    ``second`` says that two people are needed (rulebook 12.2), ``document`` that the decision has
    a number.  ``decides`` and ``rule`` are shown to who records it, ``consequence`` says what
    becomes of the person here.
    """

    kind: ChangeKind
    decides: str
    rule: str
    consequence: str
    document: bool = True
    second: bool = True
    at_desk: bool = True
    categories: tuple[str, ...] = _BOTH
    standings: tuple[str, ...] = (Standing.NORMAL,)


_KEPT = "档案转入历史党员，永久保留，可以查阅"
_NO_RETURN = f"{_KEPT}；五年内不得重新入党"
_EITHER = (Standing.NORMAL, Standing.SUSPENDED)

LEAVING: Final[Mapping[str, Turn]] = {
    turn.kind: turn
    for turn in (
        Turn(
            ChangeKind.DIED, "党支部登记", "登记去世日期；不需要批复文号。",
            f"不再计入党员数，停止计算党费；{_KEPT}。",
            document=False, second=False, standings=_EITHER,
        ),
        Turn(
            ChangeKind.SUSPENDED, "所在党支部提出，上级党委批准并报备",
            "失去联系满 6 个月且查找无果，出国（境）定居，或出国学习超过 5 年未归，可以停止党籍。",
            "停止期间不计入党员数，不交党费，不参加表决；两年内可申请恢复党籍，"
            "两年后仍无法联系的，可按规定予以除名。",
            categories=(Category.FULL,),
        ),
        Turn(
            ChangeKind.REMOVED, "支部大会决议，上级党委批准",
            "没有正当理由，连续 6 个月不参加组织生活，或不交纳党费，或不做党所分配的工作；"
            "停止党籍满两年仍无法联系的，也可除名。",
            f"{_NO_RETURN}，不能恢复党籍。", standings=_EITHER,
        ),
        Turn(
            ChangeKind.PERSUADED, "支部大会决议，上级党委批准",
            "限期改正期满仍没有转变的，劝其退党；本人坚持不退的，予以除名。", f"{_NO_RETURN}。",
        ),
        Turn(
            ChangeKind.WITHDREW, "支部大会宣布除名，报上级党组织备案",
            "本人书面要求退党，经支部大会讨论后宣布除名。", f"{_KEPT}。", standings=_EITHER,
        ),
        Turn(
            ChangeKind.EXPELLED, "有权限的党组织按党纪处分程序决定",
            "属于党纪处分，与组织处置分开；同一问题受处分后不再作组织处置。", f"{_NO_RETURN}。",
            standings=_EITHER,
        ),
        Turn(
            ChangeKind.CANCELLED, "支部大会决议，上级党委批准",
            "预备党员不履行义务、不具备条件的，取消预备党员资格。",
            f"{_KEPT}；本人不再是预备党员。", categories=(Category.PROBATIONARY,),
        ),
        Turn(
            ChangeKind.OTHER_OUT, "上级党委确认", "其他减少情形，须写明原因。", f"{_KEPT}。",
        ),
        Turn(
            ChangeKind.TRANSFERRED_OUT, "组织关系接收单位", "收到回执后转出。", f"{_KEPT}。",
            second=False, at_desk=False,
        ),
        Turn(
            ChangeKind.WHOLE_OUT, "组织关系接收单位", "党组织连同党员整建制转出。", f"{_KEPT}。",
            second=False, at_desk=False,
        ),
    )
}  # fmt: skip
"""Every decrease; transfers are recorded by the room of transfers, not at the desk of leaving."""


def leaving_open_to(member: Member) -> list[Turn]:
    """The ways to end or rest this membership that fit its category and standing."""
    return [
        turn
        for turn in LEAVING.values()
        if turn.at_desk and member.category in turn.categories and member.standing in turn.standings
    ]


def earliest(member: Member, kind: str) -> dt.date | None:
    """From which day on ``kind`` can be recorded: removal after suspension waits two years."""
    if kind == ChangeKind.REMOVED and member.standing == Standing.SUSPENDED and member.left_on:
        return months_later(member.left_on, SUSPENDED_MONTHS)
    return None


def restorable_until(member: Member) -> dt.date | None:
    """The last day on which somebody suspended can ask for the membership back; else None."""
    if member.standing != Standing.SUSPENDED or member.left_on is None:
        return None
    return months_later(member.left_on, SUSPENDED_MONTHS)


def barred_until(member: Member) -> dt.date | None:
    """Before which day somebody who left may not join again; None for no such bar."""
    if member.left_kind not in BARRED or member.left_on is None:
        return None
    return months_later(member.left_on, NO_REJOIN_MONTHS)


def probation_ends(member: Member) -> dt.date | None:
    """The last day of probation: as extended, else a year after joining (rulebook 2.4)."""
    if member.probation_until:
        return member.probation_until
    return months_later(member.joined_on, PROBATION_MONTHS) if member.joined_on else None


def extension_span(member: Member) -> tuple[dt.date, dt.date] | None:
    """Between which days an extension of probation ends; None where probation has no date."""
    if member.joined_on is None:
        return None
    ends = months_later(member.joined_on, PROBATION_MONTHS)
    return months_later(ends, EXTENSION_LEAST), months_later(ends, EXTENSION_MOST)
