"""Beginning and ending the special states of rulebook 2.5, and recording contacts.

The row of the set says what was registered, the day in the file that the state holds; both are
written together.  Nothing here ends a membership.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of, months_later
from kernel.errors import Conflict, Invalid
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.selectors.states import (
    AMENDS_MOST,
    LOST_MONTHS,
    STATES,
    StateKind,
    StateRule,
    open_rows,
)
from tenant_apps.members.services import entries
from tenant_apps.members.services.noting import turned


class StateNotValid(Invalid):
    code = "member_state_not_valid"
    sentence = "{problem}"


class StateHolds(Conflict):
    code = "member_state_holds"
    sentence = "「{name}」已登记为{state}，不能重复登记。"


class StateDoesNotHold(Conflict):
    code = "member_state_does_not_hold"
    sentence = "「{name}」当前没有登记{state}。"


@transaction.atomic
def begin(
    *,
    member: Member,
    kind: StateKind,
    on: dt.date,
    data: Mapping[str, Any],
    actor: Actor,
    now: dt.datetime,
) -> Entry:
    """Registers a state from the day ``on`` with the fields of its set.

    A member is lost after six months and not before; a time to make amends ends within a year.
    Raises StateHolds, StateNotValid and what ``entries.add`` raises.
    """
    rule, member = _rule(kind), _locked(member)
    if not member.is_active:
        raise StateNotValid(problem=f"「{member.name}」当前不是在册党员，不能登记{rule.label}。")
    if _holds(member, rule):
        raise StateHolds(name=member.name, state=rule.label)
    _refuse(member, rule, on, data, day_of(now))
    made = entries.add(member=member, kind=_set(rule), data=data, began_on=on, actor=actor, now=now)
    if rule.column:
        turned(member, now=now, **{rule.column: on})
    return made


@transaction.atomic
def end(
    *, member: Member, kind: StateKind, on: dt.date, note: str, actor: Actor, now: dt.datetime
) -> Member:
    """Ends a state on the day ``on``; the row stays.  Raises StateDoesNotHold, StateNotValid."""
    rule, member = _rule(kind), _locked(member)
    if not _holds(member, rule):
        raise StateDoesNotHold(name=member.name, state=rule.label)
    began = getattr(member, rule.column) if rule.column else None
    row = open_rows(kind).filter(member=member).order_by("-began_on").first()
    began = began or (row.began_on if row else None)
    if on > day_of(now) or (began and on < began):
        raise StateNotValid(problem=f"{rule.ended}应在 {began} 至今天之间。")
    if row is not None:
        entries.change(
            entry=row, data=row.data, began_on=row.began_on, ended_on=on, year=row.year,
            actor=actor, now=now,
        )  # fmt: skip
    if rule.column:
        turned(member, now=now, **{rule.column: None})
    if note.strip():
        text = {"text": f"{rule.label}结束：{note.strip()}"}
        entries.add(
            member=member, kind=EntryKind.NOTE, data=text, began_on=on, actor=actor, now=now
        )
    return member


def contact(
    *, member: Member, on: dt.date, way: str, note: str, actor: Actor, now: dt.datetime
) -> Entry:
    """Records that the branch was in contact with a member.  Raises StateNotValid."""
    if on > day_of(now):
        raise StateNotValid(problem="联系日期不能晚于今天。")
    return entries.add(
        member=member, kind=EntryKind.CONTACT, data={"way": way, "note": note}, began_on=on,
        actor=actor, now=now,
    )  # fmt: skip


def _refuse(
    member: Member, rule: StateRule, on: dt.date, data: Mapping[str, Any], today: dt.date
) -> None:
    if on > today:
        raise StateNotValid(problem=f"{rule.began}不能晚于今天。")
    if member.joined_on and on < member.joined_on:
        raise StateNotValid(problem=f"{rule.began}不能早于入党日期 {member.joined_on}。")
    if rule.kind == StateKind.LOST:
        opens = months_later(on, LOST_MONTHS)
        if today < opens:
            raise StateNotValid(
                problem=f"失去联系满 {LOST_MONTHS} 个月方可登记为失联党员，{opens} 起可以登记。"
            )
    if rule.kind == StateKind.AMENDS:
        until, last = data.get("until"), months_later(on, AMENDS_MOST)
        if not isinstance(until, dt.date) or not on < until <= last:
            raise StateNotValid(problem=f"限期改正最长 1 年，期满日期应在 {on} 之后、{last} 以前。")


def _rule(kind: StateKind) -> StateRule:
    rule = STATES[kind]
    if rule.entry is None:
        raise StateNotValid(problem="停止党籍请在党籍变动中办理。")
    return rule


def _set(rule: StateRule) -> EntryKind:
    if rule.entry is None:
        raise StateNotValid(problem="停止党籍请在党籍变动中办理。")
    return rule.entry


def _locked(member: Member) -> Member:
    held: Member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    return held


def _holds(member: Member, rule: StateRule) -> bool:
    if rule.column:
        return getattr(member, rule.column) is not None
    return open_rows(rule.kind).filter(member=member).exists()
