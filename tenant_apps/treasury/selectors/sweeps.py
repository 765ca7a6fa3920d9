"""Sweep and return: the tree with its money, rules, runs, and how far each line got."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.books import booked_as_each, standings
from tenant_apps.organizations import selectors as organizations
from tenant_apps.treasury.models import OrgRule, RunState, SweepLine, SweepRule, SweepRun
from tenant_apps.treasury.selectors.balances import require_browsing
from tenant_apps.treasury.selectors.places import At, scopes_of


class RunNotFound(NotFound):
    code = "treasury_run_not_found"
    sentence = "没有找到这次归集或回拨。"


class LineNotFound(NotFound):
    code = "treasury_sweep_line_not_found"
    sentence = "没有找到这笔上缴或回拨，可能不在您的管理范围内。"


class RuleNotFound(NotFound):
    code = "treasury_org_rule_not_found"
    sentence = "没有找到这条单独规则，可能已被撤销。"


@dataclass(frozen=True, slots=True)
class Money:
    """An organisation of today with what its members paid in a period and what it holds."""

    org_id: UUID
    path: str
    name: str
    collected_fen: int
    share_fen: int


def money_by_place(first: dt.date, last: dt.date) -> list[Money]:
    """Every organisation of today, in tree order; the money of all of them is one statement."""
    held = standings(first, last)
    found = []
    for place in organizations.known_organizations():
        standing = held.get(place.id)
        found.append(
            Money(
                place.id,
                place.path,
                place.short_name or place.name,
                standing.collected_fen if standing else 0,
                standing.share_fen if standing else 0,
            )
        )
    return found


def rules_of(direction: str) -> list[SweepRule]:
    """The rules in force of a direction, by level."""
    return list(SweepRule.objects.filter(direction=direction))


def all_rules(actor: Actor) -> list[SweepRule]:
    """Every rule in force, for whoever sees the books."""
    require_browsing(actor)
    return list(SweepRule.objects.all())


def org_rules_on(direction: str, on: dt.date) -> list[OrgRule]:
    """The rules of single organisations that hold on a day, those that began later after those
    that began before.
    """
    found = OrgRule.objects.filter(direction=direction, ended_at=None, first_on__lte=on)
    lasting = found.filter(Q(last_on=None) | Q(last_on__gte=on))
    return list(lasting.select_related("org").order_by("first_on", "set_at", "id"))


def name_of_rule(rule: OrgRule) -> str:
    """「云龙支部及下级」单独规则."""
    name = rule.org.short_name or rule.org.name
    return f"{name[:60]}{'及下级' if rule.covers_below else ''}单独规则"


def org_rules(actor: Actor) -> list[OrgRule]:
    """Those that nobody ended, in tree order, for whoever sees the books of the place."""
    require_browsing(actor)
    wanted = Q(pk__in=())
    for scope in scopes_of(actor):
        wanted |= Q(org_path__startswith=scope) if scope else Q(pk__isnull=False)
    return list(OrgRule.objects.filter(wanted, ended_at=None).select_related("org"))


def org_rule_for(actor: Actor, rule_id: UUID, *, to: StrEnum) -> OrgRule:
    """Loads and authorises; the right has to hold for the whole unit.  Raises RuleNotFound."""
    for one in org_rules(actor):
        if one.pk == rule_id:
            require_whole(actor, to)
            return one
    raise RuleNotFound


def runs_visible_to(actor: Actor) -> list[SweepRun]:
    """The runs with a line in the actor's sub-trees, newest first, at most a hundred."""
    require_browsing(actor)
    found = SweepRun.objects.order_by("-made_at")
    if "" not in scopes_of(actor):
        found = found.filter(pk__in=lines_visible_to(actor).values("run_id"))
    return list(found[:100])


def run_for(actor: Actor, run_id: UUID, *, to: StrEnum) -> SweepRun:
    """Loads and authorises.  Raises RunNotFound where no line is the actor's to see."""
    require_browsing(actor)
    found = SweepRun.objects.filter(pk=run_id).first()
    if found is None:
        raise RunNotFound
    if "" not in scopes_of(actor) and not lines_visible_to(actor).filter(run=found).exists():
        raise RunNotFound
    require(actor, to)
    return found


def lines_visible_to(actor: Actor) -> QuerySet[SweepLine]:
    """Lines that one of the actor's organisations gives or takes, the lowest level first."""
    wanted = Q(pk__in=())
    for scope in scopes_of(actor):
        if not scope:
            wanted |= Q(pk__isnull=False)
        else:
            wanted |= Q(giver_path__startswith=scope) | Q(taker_path__startswith=scope)
    found = SweepLine.objects.filter(wanted).select_related("giver", "taker", "run")
    return found.order_by("giver_path", "taker_path")


def line_for(actor: Actor, line_id: UUID, *, to: StrEnum) -> SweepLine:
    """A line whose taker is in the actor's sub-trees; LineNotFound otherwise."""
    require(actor, to)
    found = lines_visible_to(actor).filter(pk=line_id).first()
    if found is None:
        raise LineNotFound
    require(actor, to, At(found.taker_path))
    return found


def require_whole(actor: Actor, permission: StrEnum) -> None:
    """For what concerns the whole unit's tree: a right over a part of it is not enough."""
    require(actor, permission, At(""))


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a line got: due, handed over (with the voucher), arrived (with the voucher)."""

    line: SweepLine
    out: UUID | None
    taken: UUID | None


def proofs(actor: Actor, run: SweepRun) -> list[Proof]:
    """The chain 应缴 → 已上缴 → 已确认 of each line that the actor sees."""
    lines = list(lines_visible_to(actor).filter(run=run))
    effects = [
        effect for line in lines for effect in (f"sweep-out:{line.pk}", f"sweep-in:{line.pk}")
    ]
    booked = booked_as_each(effects)

    def key(effect: str) -> UUID | None:
        found = booked.get(effect)
        return found.pk if found else None

    return [Proof(line, key(f"sweep-out:{line.pk}"), key(f"sweep-in:{line.pk}")) for line in lines]


def in_transit() -> int:
    """Fen handed over and not confirmed, by the lines of all runs; a reversing run counts
    against the one that it takes back.
    """
    waiting = SweepLine.objects.filter(run__state=RunState.POSTED, taken_at=None)
    total: int = waiting.aggregate(fen=Sum("amount_fen"))["fen"] or 0
    return total


TRANSIT = (chart.SWEEP_IN_TRANSIT, chart.RETURN_IN_TRANSIT)
"""The accounts that hold what is on its way."""
