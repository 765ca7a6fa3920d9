"""Sweep (归集) and return (回拨) through the unit's tree (rulebook 10.4; payments.md 7.4).

A run is prepared by one person and confirmed by another, which books every giver's side in one
transaction.  The money is in transit until the treasurer of the receiving organisation confirms
it, from the lowest level up, so that nobody hands on what has not arrived.  A run is undone by a
reversing run.  Nothing leaves the unit's accounts: whose the money is changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from kernel.money import yuan
from tenant_apps.audit.services import record
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.services import ledger
from tenant_apps.treasury.models import (
    Direction,
    RunState,
    SweepLine,
    SweepRun,
)
from tenant_apps.treasury.selectors.sweeps import (
    money_by_place,
    name_of_rule,
    org_rules_on,
    rules_of,
)
from tenant_apps.treasury.services.bookkeeping import SecondPerson, person_of
from tenant_apps.treasury.services.folding import hold_books
from tenant_apps.treasury.services.splitting import Node, Part, Rule, Special, give_back, hand_up

_SIDES: Final = {
    Direction.UP: (chart.HANDED_UP, chart.SWEEP_IN_TRANSIT, chart.RECEIVED_FROM_BELOW),
    Direction.DOWN: (chart.RETURNED_BELOW, chart.RETURN_IN_TRANSIT, chart.HANDED_DOWN),
}
"""What the giver's expense, the money on its way, and the taker's income are booked as."""


class PeriodInvalid(Invalid):
    code = "treasury_period_invalid"
    sentence = "{problem}"


class NothingToMove(Conflict):
    code = "treasury_nothing_to_move"
    sentence = "按现行规则，这一期间没有可{word}的党费。请检查规则、期间和各组织的余额。"


class AlreadyRun(Conflict):
    code = "treasury_already_run"
    sentence = "{first} 至 {last} 已经办理过{word}，没有重复办理。"


class RunMoved(Conflict):
    code = "treasury_run_moved"
    sentence = "这次办理现在是「{state}」，不能这样操作。请刷新页面查看最新状态。"


class NotCovered(Conflict):
    code = "treasury_not_covered"
    sentence = "{name}名下现有 {held} 元，已不足 {wanted} 元。请取消后重新生成。"


class NotArrivedYet(Conflict):
    code = "treasury_not_arrived_yet"
    sentence = "{name}还有下级上缴的款项没有确认到账，请先确认下级的，再确认这一笔。"


class AlreadyTaken(Conflict):
    code = "treasury_already_taken"
    sentence = "这笔款项已由{who}确认到账，没有重复办理。"


def preview(*, direction: str, first: dt.date, last: dt.date) -> list[Part]:
    """What a run over the period would move, by the rules in force when it ends."""
    rules = {
        rule.depth: Rule(
            rule.way, rule.ratio_bp, rule.quota_fen, rule.keep_fen, f"第 {rule.depth} 级规则"
        )
        for rule in rules_of(direction)
    }
    special = [
        Special(
            one.org_path,
            one.covers_below,
            Rule(one.way, one.ratio_bp, one.quota_fen, one.keep_fen, name_of_rule(one)),
        )
        for one in org_rules_on(direction, last)
    ]
    count = hand_up if direction == Direction.UP else give_back
    return count(_nodes(first, last), rules, special)


@transaction.atomic
def plan(
    *, direction: str, first: dt.date, last: dt.date, actor: Actor, now: dt.datetime
) -> SweepRun:
    """Prepares a run: its lines are fixed and wait for the second person.

    Raises PeriodInvalid, AlreadyRun, NothingToMove.
    """
    if direction not in Direction.values:
        raise PeriodInvalid(problem="请选择归集或回拨。")
    if not first <= last or last > day_of(now):
        raise PeriodInvalid(problem="期间须从前到后，且不晚于今天。")
    hold_books()
    word = Direction(direction).label
    again = AlreadyRun(first=first, last=last, word=word)
    live = SweepRun.objects.filter(direction=direction, reverses=None, state__in=_LIVE)
    if live.filter(first_on__lte=last, last_on__gte=first).exists():
        raise again
    parts = preview(direction=direction, first=first, last=last)
    if not parts:
        raise NothingToMove(word=word)
    run: SweepRun = SweepRun.objects.create(
        direction=direction,
        first_on=first,
        last_on=last,
        made_by=person_of(actor),
        made_by_name=actor.name,
        made_at=now,
    )
    SweepLine.objects.bulk_create(
        SweepLine(
            run=run,
            giver_id=part.giver.org_id,
            giver_path=part.giver.path,
            taker_id=part.taker.org_id,
            taker_path=part.taker.path,
            base_fen=part.base_fen,
            due_fen=part.due_fen,
            amount_fen=part.amount_fen,
            rule=part.rule,
        )
        for part in parts
    )
    _tell("treasury.run_planned", run, actor, now, lines=len(parts))
    return run


@transaction.atomic
def cancel(*, run: SweepRun, actor: Actor, now: dt.datetime) -> SweepRun:
    """Drops a run that nobody confirmed.  Raises RunMoved."""
    held = _held(run, RunState.PLANNED)
    held.state = RunState.CANCELLED
    held.save(update_fields=["state"])
    _tell("treasury.run_cancelled", held, actor, now)
    return held


@transaction.atomic
def confirm(*, run: SweepRun, actor: Actor, now: dt.datetime) -> SweepRun:
    """The second person: every giver's side is booked, or nothing is.

    A reversing run books both sides back at once and is done.
    Raises RunMoved, SecondPerson, NotCovered.
    """
    hold_books()
    held = _held(run, RunState.PLANNED)
    if person_of(actor) == held.made_by:
        raise SecondPerson
    held.confirmed_by, held.confirmed_by_name = person_of(actor), actor.name
    held.confirmed_at = now
    lines = list(held.lines.all())
    if held.reverses is not None:
        _take_back(held, _held(held.reverses, RunState.POSTED, RunState.DONE), lines, now)
    else:
        _refuse_uncovered(held, lines)
        for line in lines:
            _book_out(held, line, now)
        held.state = RunState.POSTED
    held.save()
    _tell("treasury.run_confirmed", held, actor, now, lines=len(lines))
    return held


@transaction.atomic
def take(*, line: SweepLine, actor: Actor, now: dt.datetime) -> SweepLine:
    """The receiving organisation's treasurer confirms that it arrived: its side is booked.

    Raises RunMoved, AlreadyTaken, NotArrivedYet.
    """
    hold_books()
    run = _held(line.run, RunState.POSTED, RunState.DONE)
    locked = SweepLine.objects.select_for_update(of=("self",)).select_related("giver")
    held: SweepLine = locked.get(pk=line.pk)
    if held.taken_at is not None:
        raise AlreadyTaken(who=held.taken_by_name)
    if run.lines.filter(taker_id=held.giver_id, taken_at=None).exists():
        raise NotArrivedYet(name=held.giver.name)
    held.taken_by, held.taken_by_name, held.taken_at = person_of(actor), actor.name, now
    held.save(update_fields=["taken_by", "taken_by_name", "taken_at"])
    _, transit, income = _SIDES[Direction(run.direction)]
    _post(run, held, transit, income, f"sweep-in:{held.pk}", now, of_taker=True)
    if not run.lines.filter(taken_at=None).exists():
        run.state = RunState.DONE
        run.save(update_fields=["state"])
    _tell("treasury.line_taken", run, actor, now, line=str(held.pk), amount_fen=held.amount_fen)
    return held


@transaction.atomic
def undo(*, run: SweepRun, reason: str, actor: Actor, now: dt.datetime) -> SweepRun:
    """Prepares a run that takes this one back; a second person confirms it.

    Raises RunMoved, PeriodInvalid without a reason, AlreadyRun where one waits already.
    """
    hold_books()
    held = _held(run, RunState.POSTED, RunState.DONE)
    told = reason.strip()
    if held.reverses is not None:
        raise RunMoved(state=RunState(held.state).label)
    if len(told) < 4:
        raise PeriodInvalid(problem="请写明冲回的理由（至少 4 个字）。")
    if SweepRun.objects.filter(reverses=held, state=RunState.PLANNED).exists():
        raise AlreadyRun(first=held.first_on, last=held.last_on, word="冲回")
    made: SweepRun = SweepRun.objects.create(
        direction=held.direction,
        first_on=held.first_on,
        last_on=held.last_on,
        reverses=held,
        reason=told,
        made_by=person_of(actor),
        made_by_name=actor.name,
        made_at=now,
    )
    SweepLine.objects.bulk_create(
        SweepLine(
            run=made,
            giver_id=line.taker_id,
            giver_path=line.taker_path,
            taker_id=line.giver_id,
            taker_path=line.giver_path,
            base_fen=line.base_fen,
            due_fen=line.amount_fen,
            amount_fen=line.amount_fen,
        )
        for line in held.lines.all()
    )
    _tell("treasury.undo_planned", made, actor, now, of=str(held.pk), reason=told)
    return made


_LIVE: Final = (RunState.PLANNED, RunState.POSTED, RunState.DONE)


def _nodes(first: dt.date, last: dt.date) -> list[Node]:
    return [
        Node(one.org_id, one.path, one.collected_fen, one.share_fen)
        for one in money_by_place(first, last)
    ]


def _refuse_uncovered(
    run: SweepRun, lines: Sequence[SweepLine], *, in_transit: Sequence[SweepLine] = ()
) -> None:
    """Raises NotCovered where somebody spent since what the run was to move; of what is
    ``in_transit`` nobody has to give anything.
    """
    there = {one.org_id: one for one in money_by_place(run.first_on, run.last_on)}
    change: dict[object, int] = {}
    for line in lines:
        change[line.giver_id] = change.get(line.giver_id, 0) - line.amount_fen
    for line in (*lines, *in_transit):
        change[line.taker_id] = change.get(line.taker_id, 0) + line.amount_fen
    for line in lines:
        giver = there.get(line.giver_id)
        held = giver.share_fen if giver else 0
        if held + change[line.giver_id] < 0:
            name = giver.name if giver else "已撤销的组织"
            raise NotCovered(name=name, held=yuan(held), wanted=yuan(-change[line.giver_id]))


def _book_out(run: SweepRun, line: SweepLine, now: dt.datetime) -> None:
    expense, transit, _ = _SIDES[Direction(run.direction)]
    _post(run, line, expense, transit, f"sweep-out:{line.pk}", now, of_taker=False)


def _take_back(
    run: SweepRun, first: SweepRun, lines: Sequence[SweepLine], now: dt.datetime
) -> None:
    """Books the sides of the first run back: those that were booked, and no others."""
    expense, transit, income = _SIDES[Direction(run.direction)]
    sides = {(one.giver_id, one.taker_id): one for one in first.lines.all()}
    arrived = [one for one in lines if sides[one.taker_id, one.giver_id].taken_at is not None]
    _refuse_uncovered(run, arrived, in_transit=[one for one in lines if one not in arrived])
    for line in lines:
        if line in arrived:
            _post(run, line, income, transit, f"sweep-in:{line.pk}", now, of_taker=False)
        _post(run, line, transit, expense, f"sweep-out:{line.pk}", now, of_taker=True)
        line.taken_by, line.taken_by_name = run.confirmed_by, run.confirmed_by_name
        line.taken_at = now
    SweepLine.objects.bulk_update(lines, ["taken_by", "taken_by_name", "taken_at"])
    run.state = RunState.DONE
    first.state = RunState.UNDONE
    first.save(update_fields=["state"])


def _post(
    run: SweepRun,
    line: SweepLine,
    debit: str,
    credit: str,
    effect: str,
    now: dt.datetime,
    *,
    of_taker: bool,
) -> None:
    word = Direction(run.direction).label + ("冲回" if run.reverses_id else "")
    ledger.post(
        debit=debit,
        credit=credit,
        amount_fen=line.amount_fen,
        effect=effect,
        at=now,
        memo=f"{word} {run.first_on} 至 {run.last_on}",
        org_path=line.taker_path if of_taker else line.giver_path,
        org_id=line.taker_id if of_taker else line.giver_id,
    )


def _held(run: SweepRun, *states: RunState) -> SweepRun:
    held: SweepRun = (
        SweepRun.objects.select_for_update(of=("self",)).select_related("reverses").get(pk=run.pk)
    )
    if held.state not in states:
        raise RunMoved(state=RunState(held.state).label)
    return held


def _tell(code: str, run: SweepRun, actor: Actor, now: dt.datetime, **data: object) -> None:
    record(
        code, actor=actor, now=now, subject_type="sweep_run", subject_id=run.pk,
        direction=run.direction, first=str(run.first_on), last=str(run.last_on), **data,
    )  # fmt: skip
