"""What makes somebody a member here, turns the membership, ends it: typed events, never deletion.

Admission, transfers and merging of units go through these; nobody else writes ``Change``.
Each act locks the file, writes the event and the record in one transaction, tells the platform
how many members there are, and gives or takes the sign-in.  Who needs a second person asks one
before (``services.proposals`` at the desk, the cases of admission and transfer by themselves).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from tenant_apps.members.models import (
    DECREASES,
    INCREASES,
    LEAVES_THE_PARTY,
    Category,
    Change,
    ChangeKind,
    Conversion,
    JoinedKind,
    Member,
    Standing,
)
from tenant_apps.members.selectors import turns
from tenant_apps.members.services import departures, followers, newcomers, sealing
from tenant_apps.members.services.newcomers import NewMember
from tenant_apps.members.services.noting import Act, count, note, plain, read, tell, turned
from tenant_apps.organizations.services import open_matters

__all__ = ["ChangeKind", "NewMember", "convert", "enter", "extend", "leave", "restore", "undo"]

_COUNTED: Final = (*INCREASES, *DECREASES)


class AlreadyMember(Conflict):
    code = "member_already"
    sentence = "「{name}」的正式组织关系已在本单位「{place}」。一名党员只能有一个正式组织关系。"


class MembershipRests(Conflict):
    code = "member_suspended"
    sentence = "「{name}」已停止党籍，请办理恢复党籍，不能作为新党员录入。"


class NotToReturn(Conflict):
    code = "member_not_to_return"
    sentence = "「{name}」于 {left_on} 因{kind}离开，{until}前不得重新入党。"


class DeathRecorded(Conflict):
    code = "member_death_recorded"
    sentence = "「{name}」的档案已登记去世。如系误登，请先撤销那次登记。"


class WrongTurn(Invalid):
    code = "member_wrong_turn"
    sentence = "{problem}"


class TooEarly(Invalid):
    """Names the day from which on it is possible."""

    code = "member_turn_too_early"
    sentence = "{problem}最早可办理的日期是 {opens_on}。"


class NotToUndo(Conflict):
    code = "member_change_not_undoable"
    sentence = "这次变动已不能撤销：{problem}"


@transaction.atomic
def enter(  # noqa: PLR0913 - one call says all there is to an entry
    *,
    person: NewMember,
    org: Any,
    category: str,
    kind: ChangeKind,
    on: dt.date,
    document: str,
    actor: Actor,
    now: dt.datetime,
    data: dict[str, Any] | None = None,
) -> Member:
    """Makes ``person`` a member of the branch ``org`` from the day ``on``.

    Somebody who was here before gets the old file back.  What follows in other apps is done with
    it (``followers``); ``data`` is kept with the event.  A second formal relation is refused
    (rulebook 0.2 rule 7), and so is joining again within five years of removal (rulebook 2.5).
    Raises AlreadyMember, MembershipRests, NotToReturn, DeathRecorded, CannotHoldMembers and
    what ``newcomers.check`` raises.
    """
    if kind not in INCREASES or kind == ChangeKind.RESTORED:
        raise WrongTurn(problem=f"「{ChangeKind(kind).label}」不能用于录入党员。")
    org = open_matters.hold(org)
    newcomers.check(person, org=org, category=category, kind=kind, on=on, today=day_of(now))
    sealed = sealing.Sealer().identity(person.identity)
    held = Member.objects.select_for_update(of=("self",)).filter(identity_index=sealed.mark)
    member = held.select_related("org").first()
    if member is not None:
        _refuse_return(member, on)
    before = _standing_of(member) if member else {}
    if kind == ChangeKind.ADMITTED and not person.joined_kind:
        person = replace(person, joined_kind=_joined_kind(before))
    member = newcomers.written(member, person, sealed, org=org, category=category, on=on, now=now)
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError as second:
        raise AlreadyMember(name=person.name, place=org.short_name or org.name) from second
    act = Act(kind, on, document, actor, now)
    change = note(member, act, before=before, data=data)
    tell("member.entered", member, act)
    count(member, +1, now)
    followers.entered([change], actor=actor, now=now)
    return member


@transaction.atomic
def leave(
    *,
    member: Member,
    kind: ChangeKind,
    on: dt.date,
    document: str,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    data: dict[str, Any] | None = None,
) -> Change:
    """Ends or rests a membership as people resolved it; the file stays (rulebook 0.2 rule 6).

    What hangs on it ends with it (``departures``).  ``data`` is kept with the event.  Raises
    WrongTurn and TooEarly.
    """
    member = _locked(member)
    turn = turns.LEAVING.get(kind)
    if turn is None:
        raise WrongTurn(problem=f"「{ChangeKind(kind).label}」不是减少党员的方式。")
    refuse_leaving(member=member, turn=turn, on=on, document=document, today=day_of(now))
    was_counted = member.is_active
    standing = Standing.SUSPENDED if kind == ChangeKind.SUSPENDED else Standing.LEFT
    before = turned(
        member, is_active=False, standing=standing, left_on=on, left_kind=str(kind), now=now
    )
    act = Act(kind, on, document, actor, now, reason)
    change = note(member, act, before=before, data={**(data or {}), "was_counted": was_counted})
    told = departures.end_all(member, change=change, actor=actor, now=now)
    tell("member.left", member, act, ended=told.ended, left=told.left)
    if was_counted:
        count(member, -1, now)
    return change


def refuse_leaving(
    *, member: Member, turn: turns.Turn, on: dt.date, document: str, today: dt.date
) -> None:
    """Raises WrongTurn or TooEarly where the rules do not let this membership end so, so early."""
    label = turn.kind.label
    if member.standing not in turn.standings or not (
        member.is_active or member.standing == Standing.SUSPENDED
    ):
        raise WrongTurn(problem=f"「{member.name}」当前不是在册党员，不能办理{label}。")
    if member.category not in turn.categories:
        raise WrongTurn(problem=f"{member.get_category_display()}不适用「{label}」。")
    if turn.document and turn.at_desk and not document.strip():
        raise WrongTurn(problem=f"办理{label}须填写决议或批复的文号。")
    _refuse_day(member, on, today)
    opens = turns.earliest(member, turn.kind)
    if opens and on < opens:
        raise TooEarly(problem="停止党籍满两年后仍无法取得联系的，方可除名。", opens_on=opens)


@transaction.atomic
def restore(
    *,
    member: Member,
    applied_on: dt.date,
    on: dt.date,
    document: str,
    actor: Actor,
    now: dt.datetime,
) -> Change:
    """恢复党籍: gives a suspended membership back, asked for in writing within two years.

    Impossible after removal and expulsion (rulebook 2.5).  Raises WrongTurn.
    """
    member = _locked(member)
    refuse_restoring(
        member=member, applied_on=applied_on, on=on, document=document, today=day_of(now)
    )
    before = turned(
        member, is_active=True, standing=Standing.NORMAL, left_on=None, left_kind="",
        joined_kind=JoinedKind.RESTORED, lost_since=None, now=now,
    )  # fmt: skip
    act = Act(ChangeKind.RESTORED, on, document, actor, now)
    change = note(member, act, before=before, data={"applied_on": applied_on.isoformat()})
    tell("member.restored", member, act)
    count(member, +1, now)
    followers.entered([change], actor=actor, now=now)
    return change


def refuse_restoring(
    *, member: Member, applied_on: dt.date | None, on: dt.date, document: str, today: dt.date
) -> None:
    """Raises WrongTurn where this membership cannot be given back so (rulebook 2.5)."""
    until = turns.restorable_until(member)
    if until is None:
        raise WrongTurn(problem="只有停止党籍的党员可以恢复党籍；除名、开除的不能恢复。")
    if applied_on is None or applied_on > until:
        raise WrongTurn(problem=f"恢复党籍的书面申请须在停止党籍两年内（{until} 前）提出。")
    if on < applied_on:
        raise WrongTurn(problem="批准日期不能早于本人申请日期。")
    if not document.strip():
        raise WrongTurn(problem="恢复党籍须填写上级批复的文号。")
    _refuse_day(member, on, today)


@transaction.atomic
def convert(
    *,
    member: Member,
    on: dt.date,
    document: str,
    actor: Actor,
    now: dt.datetime,
    data: dict[str, Any] | None = None,
) -> Change:
    """转正: a probationary member becomes a full one; ``on`` is the day of approval.

    The membership counts from the end of probation, even when meeting and approval were later
    (rulebook 2.4).  Raises WrongTurn and TooEarly.
    """
    member = _probationary(member, "转正")
    ends = turns.probation_ends(member) or on
    if on < ends:
        raise TooEarly(problem="预备期未满，不能转正。", opens_on=ends)
    _refuse_day(member, on, day_of(now))
    is_extended = _in_force(member).filter(kind=ChangeKind.EXTENDED).exists()
    before = turned(
        member, category=Category.FULL, full_on=ends, now=now,
        conversion=Conversion.EXTENDED if is_extended else Conversion.ON_TIME,
    )  # fmt: skip
    act = Act(ChangeKind.CONVERTED, on, document, actor, now)
    change = note(member, act, before=before, data=data, category=Category.PROBATIONARY)
    tell("member.converted", member, act)
    return change


@transaction.atomic
def extend(
    *,
    member: Member,
    until: dt.date,
    document: str,
    actor: Actor,
    now: dt.datetime,
    on: dt.date | None = None,
    data: dict[str, Any] | None = None,
) -> Change:
    """延长预备期: once, by six to twelve months (rulebook 2.4).  ``on`` is the day of approval,
    today if not said.  Raises WrongTurn.
    """
    member = _probationary(member, "延长预备期")
    if _in_force(member).filter(kind=ChangeKind.EXTENDED).exists():
        raise WrongTurn(problem="预备期只能延长一次，期满应当作出转正或取消资格的决定。")
    span = turns.extension_span(member)
    if span and not span[0] <= until <= span[1]:
        raise WrongTurn(
            problem=f"预备期延长不少于半年、不超过一年，应在 {span[0]} 至 {span[1]} 之间。"
        )
    before = turned(member, probation_until=until, now=now)
    act = Act(ChangeKind.EXTENDED, on or day_of(now), document, actor, now)
    change = note(member, act, before=before, data={**(data or {}), "until": until.isoformat()})
    tell("member.extended", member, act)
    return change


@transaction.atomic
def undo(*, change: Change, actor: Actor, now: dt.datetime, reason: str = "") -> Member:
    """Takes back an event entered by mistake; the event stays, marked as undone, and what ended
    with it goes on, and what followed from it is taken back.

    Only the last one of a file, so that nothing is built on it.  A file made by mistake stays
    too and counts no longer.  Raises NotToUndo.
    """
    member = _locked(change.member)
    newest = _in_force(member).order_by("-recorded_at", "-id").first()
    if newest is None or newest.pk != change.pk:
        raise NotToUndo(problem="这名党员之后又有变动，或已经撤销过。")
    if "before" not in newest.data:
        raise NotToUndo(problem="这次变动另有专门的撤销办法。")
    was_active = member.is_active
    made_new = newest.kind in INCREASES and not newest.data["before"]
    values = (
        {"is_active": False, "standing": Standing.LEFT, "left_on": None, "left_kind": ""}
        if made_new
        else {field: read(field, value) for field, value in newest.data["before"].items()}
    )
    turned(member, now=now, **values)
    newest.undone_at = now
    newest.save(update_fields=["undone_at"])
    kind = ChangeKind(newest.kind)
    act = Act(kind, newest.happened_on, newest.document, actor, now, reason)
    tell("member.change_undone", member, act)
    if member.is_active != was_active:
        count(member, +1 if member.is_active else -1, now)
    departures.put_back_all(member, change=newest, actor=actor, now=now)
    newest.member = member
    followers.undone([newest], actor=actor, now=now)
    return member


def _locked(member: Member) -> Member:
    held = Member.objects.select_for_update(of=("self",)).select_related("org")
    return held.get(pk=member.pk)


def _probationary(member: Member, label: str) -> Member:
    member = _locked(member)
    if not member.is_active or member.category != Category.PROBATIONARY:
        raise WrongTurn(problem=f"「{member.name}」不是在册的预备党员，不能办理{label}。")
    return member


def _in_force(member: Member) -> Any:
    return Change.objects.filter(member=member, undone_at=None)


def _joined_kind(before: Mapping[str, Any]) -> str:
    rejoins = before.get("left_kind") in LEAVES_THE_PARTY
    return JoinedKind.REJOINED if rejoins else JoinedKind.NEW


def _refuse_return(member: Member, on: dt.date) -> None:
    if member.is_active:
        raise AlreadyMember(name=member.name, place=member.org.short_name or member.org.name)
    if member.standing == Standing.SUSPENDED:
        raise MembershipRests(name=member.name)
    if member.left_kind == ChangeKind.DIED:
        raise DeathRecorded(name=member.name)
    until = turns.barred_until(member)
    if until and on < until:
        raise NotToReturn(
            name=member.name,
            left_on=member.left_on,
            kind=ChangeKind(member.left_kind).label,
            until=until,
        )


def _refuse_day(member: Member, on: dt.date, today: dt.date) -> None:
    """Days in order: not to come, not before joining, not before the last increase or decrease."""
    if on > today:
        raise WrongTurn(problem="日期不能晚于今天。")
    if member.joined_on and on < member.joined_on:
        raise WrongTurn(problem=f"日期不能早于入党日期 {member.joined_on}。")
    last = _in_force(member).filter(kind__in=_COUNTED).order_by("-happened_on").first()
    if last is not None and on < last.happened_on:
        label = ChangeKind(last.kind).label
        raise WrongTurn(problem=f"日期不能早于上一次变动（{last.happened_on} {label}）。")


def _standing_of(member: Member) -> dict[str, Any]:
    """What a return overwrites of the standing of a file that had left, for undo."""
    fields = (
        "is_active", "standing", "left_on", "left_kind", "category", "full_on", "joined_on",
        "joined_kind", "probation_until", "branch_since",
    )  # fmt: skip
    return {field: plain(getattr(member, field)) for field in fields}
