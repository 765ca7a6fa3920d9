"""How each level of the tree hands up and returns (rulebook 10.4): set by people, used by runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid
from tenant_apps.audit.services import record
from tenant_apps.treasury.models import Direction, SweepRule, Way

DEEPEST: Final = 20
"""Levels of a tree: what a path can hold."""


class RuleInvalid(Invalid):
    code = "treasury_rule_invalid"
    sentence = "{problem}"


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
    for problem, is_so in (
        ("请选择归集或回拨。", direction not in Direction.values),
        ("请选择计算方式。", terms.way not in Way.values),
        (f"层级须为 {lowest} 至 {DEEPEST}。", not lowest <= depth <= DEEPEST),
        (
            "比例须大于 0，不超过 100%。",
            terms.way == Way.RATIO and not 0 < terms.ratio_bp <= 10_000,
        ),
        ("定额须大于 0。", terms.way == Way.QUOTA and terms.quota_fen <= 0),
        ("留足的余额不能是负数。", terms.keep_fen < 0),
    ):
        if is_so:
            raise RuleInvalid(problem=problem)
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
