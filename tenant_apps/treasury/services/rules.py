"""How each level of the tree hands up and returns (rulebook 10.4): set by people, used by runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.treasury.models import Direction, OrgRule, SweepRule, Way
from tenant_apps.treasury.services.folding import hold_books
from tenant_apps.treasury.services.splitting import LEVEL

DEEPEST: Final = 20
"""Levels of a tree: what a path can hold."""


class RuleInvalid(Invalid):
    code = "treasury_rule_invalid"
    sentence = "{problem}"


class RuleEnded(Conflict):
    code = "treasury_org_rule_ended"
    sentence = "这条单独规则已由{who}撤销。"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a level gives: the figure that its way needs, and what stays."""

    way: str
    ratio_bp: int = 0
    quota_fen: int = 0
    keep_fen: int = 0


@transaction.atomic
def set_rule(
    *, direction: str, depth: int, terms: Terms, actor: Actor, now: dt.datetime
) -> SweepRule:
    """Sets how a level gives, from the next run on.  Raises RuleInvalid."""
    lowest = 2 if direction == Direction.UP else 1
    _refuse(
        (
            (f"层级须为 {lowest} 至 {DEEPEST}。", not lowest <= depth <= DEEPEST),
            *_problems(direction, terms, least_bp=1),
        )
    )
    rule, _ = SweepRule.objects.update_or_create(
        direction=direction,
        depth=depth,
        defaults={
            "way": terms.way,
            "ratio_bp": terms.ratio_bp if terms.way == Way.RATIO else 0,
            "quota_fen": terms.quota_fen if terms.way == Way.QUOTA else 0,
            "keep_fen": terms.keep_fen,
            "set_by_name": actor.name,
            "set_at": now,
        },
    )
    record(
        "treasury.rule_set", actor=actor, now=now, subject_type="sweep_rule", subject_id=rule.pk,
        direction=direction, depth=depth, way=rule.way, ratio_bp=rule.ratio_bp,
        quota_fen=rule.quota_fen, keep_fen=rule.keep_fen,
    )  # fmt: skip
    return rule


@transaction.atomic
def drop_rule(*, direction: str, depth: int, actor: Actor, now: dt.datetime) -> None:
    """A level gives nothing any more."""
    found = SweepRule.objects.filter(direction=direction, depth=depth).first()
    if found is None:
        return
    record(
        "treasury.rule_dropped", actor=actor, now=now, subject_type="sweep_rule",
        subject_id=found.pk, direction=direction, depth=depth,
    )  # fmt: skip
    found.delete()


@transaction.atomic
def set_org_rule(
    *,
    direction: str,
    place: KnownOrganization,
    covers_below: bool,
    terms: Terms,
    first: dt.date,
    last: dt.date | None,
    actor: Actor,
    now: dt.datetime,
) -> OrgRule:
    """Sets how one organisation gives, for periods that end from ``first`` to ``last``; what it
    had from the same day on is ended.  A ratio of nothing frees it.  Raises RuleInvalid.
    """
    is_outermost = len(place.path) == LEVEL
    _refuse(
        (
            *_problems(direction, terms, least_bp=0),
            ("结束日期不能早于开始日期。", last is not None and last < first),
            (
                "最上级组织没有上级，不能单独设置归集。",
                direction == Direction.UP and is_outermost and not covers_below,
            ),
        )
    )
    hold_books()
    earlier = OrgRule.objects.filter(
        direction=direction, org_id=place.id, covers_below=covers_below, first_on=first,
        ended_at=None,
    )  # fmt: skip
    for one in earlier:
        end_org_rule(rule=one, actor=actor, now=now)
    made: OrgRule = OrgRule.objects.create(
        direction=direction,
        org_id=place.id,
        org_path=place.path,
        covers_below=covers_below,
        way=terms.way,
        ratio_bp=terms.ratio_bp if terms.way == Way.RATIO else 0,
        quota_fen=terms.quota_fen if terms.way == Way.QUOTA else 0,
        keep_fen=terms.keep_fen,
        first_on=first,
        last_on=last,
        set_by_name=actor.name,
        set_at=now,
    )
    record(
        "treasury.org_rule_set", actor=actor, now=now, subject_type="org_rule",
        subject_id=made.pk, direction=direction, org=place.path, covers_below=covers_below,
        way=made.way, ratio_bp=made.ratio_bp, quota_fen=made.quota_fen, keep_fen=made.keep_fen,
        first=str(first), last=str(last or ""),
    )  # fmt: skip
    return made


@transaction.atomic
def end_org_rule(*, rule: OrgRule, actor: Actor, now: dt.datetime) -> OrgRule:
    """The level's rule holds again, from the next run on; what was planned stays as it is.

    Raises RuleEnded where somebody ended it before.
    """
    held: OrgRule = OrgRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if held.ended_at is not None:
        raise RuleEnded(who=held.ended_by_name)
    held.ended_by_name, held.ended_at = actor.name, now
    held.save(update_fields=["ended_by_name", "ended_at"])
    record(
        "treasury.org_rule_ended", actor=actor, now=now, subject_type="org_rule",
        subject_id=held.pk, direction=held.direction, org=held.org_path,
    )  # fmt: skip
    return held


def _problems(direction: str, terms: Terms, *, least_bp: int) -> tuple[tuple[str, bool], ...]:
    """What may be wrong with terms, each with whether it is."""
    word = "须大于 0，" if least_bp else "不能是负数，"
    return (
        ("请选择归集或回拨。", direction not in Direction.values),
        ("请选择计算方式。", terms.way not in Way.values),
        (
            f"比例{word}不超过 100%。",
            terms.way == Way.RATIO and not least_bp <= terms.ratio_bp <= 10_000,
        ),
        ("定额须大于 0。", terms.way == Way.QUOTA and terms.quota_fen <= 0),
        ("留足的余额不能是负数。", terms.keep_fen < 0),
    )


def _refuse(problems: Iterable[tuple[str, bool]]) -> None:
    for problem, is_so in problems:
        if is_so:
            raise RuleInvalid(problem=problem)
