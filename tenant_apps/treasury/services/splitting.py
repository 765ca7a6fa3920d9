"""How much each organisation hands up, and how a return is shared out (rulebook 4.5, 10.4).

Pure arithmetic over a tree of ``Node``; amounts are integer fen, ratios basis points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from kernel.money import half_up, share
from tenant_apps.treasury.models import Way

LEVEL: Final = 4
"""Characters of a path per level of the tree."""


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation with what its own members paid in the period and what it holds."""

    org_id: UUID
    path: str
    collected_fen: int
    share_fen: int

    @property
    def depth(self) -> int:
        return len(self.path) // LEVEL

    @property
    def above(self) -> str:
        return self.path[:-LEVEL]


@dataclass(frozen=True, slots=True)
class Rule:
    """What an organisation gives; ``keep_fen`` stays with it in any case, ``name`` says in words
    which rule it is.
    """

    way: str
    ratio_bp: int = 0
    quota_fen: int = 0
    keep_fen: int = 0
    name: str = field(default="", compare=False)

    def asked(self, base_fen: int, available_fen: int) -> int:
        """What is due of ``base_fen`` from somebody who holds ``available_fen``."""
        if self.way == Way.RATIO:
            return half_up(share(max(base_fen, 0), self.ratio_bp))
        if self.way == Way.QUOTA:
            return self.quota_fen
        return max(available_fen - self.keep_fen, 0)

    def given(self, due_fen: int, available_fen: int) -> int:
        """What is handed over: never more than is there beyond what stays."""
        return max(min(due_fen, available_fen - self.keep_fen), 0)


@dataclass(frozen=True, slots=True)
class Special:
    """A rule of one organisation, and with ``covers_below`` of all below it."""

    path: str
    covers_below: bool
    rule: Rule

    def covers(self, node: Node) -> bool:
        return node.path == self.path or (self.covers_below and node.path.startswith(self.path))


def rule_for(node: Node, rules: Mapping[int, Rule], special: Sequence[Special] = ()) -> Rule | None:
    """The rule that holds for an organisation: the nearest of its own and those above it, its
    own alone before its own with those below; of equal ones the last; else that of its level.
    """
    found = [
        (len(one.path), not one.covers_below, n)
        for n, one in enumerate(special)
        if one.covers(node)
    ]
    return special[max(found)[2]].rule if found else rules.get(node.depth)


@dataclass(frozen=True, slots=True)
class Part:
    """One organisation gives another ``amount_fen`` of ``due_fen``, computed from ``base_fen`` by
    the rule called ``rule``.
    """

    giver: Node
    taker: Node
    base_fen: int
    due_fen: int
    amount_fen: int
    rule: str = ""


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of ``total`` in proportion to ``weights`` that add up to it: the fen left over go to
    the largest fractions, of equal ones to the first (largest remainder, rulebook 10.4).

    Without any weight nobody gets anything.
    """
    whole = sum(weights)
    if whole <= 0 or total <= 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    order = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in order[:left]:
        parts[n] += 1
    return parts


def hand_up(
    nodes: Sequence[Node], rules: Mapping[int, Rule], special: Sequence[Special] = ()
) -> list[Part]:
    """A sweep from the lowest level to the highest; who hands nothing up has no part.

    The base is what the members of the whole sub-tree paid.  What comes from below in the same
    sweep may be handed on.
    """
    known = {node.path: node for node in nodes}
    bases, received = _sums_of_sub_trees(nodes), dict.fromkeys(known, 0)
    parts = []
    for node in sorted(nodes, key=lambda n: (-n.depth, n.path)):
        rule, taker = rule_for(node, rules, special), known.get(node.above)
        if rule is None or taker is None:
            continue
        available = node.share_fen + received[node.path]
        due = rule.asked(bases[node.path], available)
        amount = rule.given(due, available)
        if amount:
            received[taker.path] += amount
            parts.append(Part(node, taker, bases[node.path], due, amount, rule.name))
    return parts


def give_back(
    nodes: Sequence[Node], rules: Mapping[int, Rule], special: Sequence[Special] = ()
) -> list[Part]:
    """A return: each organisation with a rule shares out among those directly below it, in
    proportion to what their sub-trees collected.
    """
    bases = _sums_of_sub_trees(nodes)
    below: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=lambda n: n.path):
        below.setdefault(node.above, []).append(node)
    parts = []
    for giver in sorted(nodes, key=lambda n: n.path):
        rule, takers = rule_for(giver, rules, special), below.get(giver.path, [])
        if rule is None or not takers:
            continue
        weights = [max(bases[taker.path], 0) for taker in takers]
        due = rule.asked(sum(weights), giver.share_fen)
        amounts = split(rule.given(due, giver.share_fen), weights)
        for taker, weight, asked, amount in zip(
            takers, weights, split(due, weights), amounts, strict=True
        ):
            if amount:
                parts.append(Part(giver, taker, weight, asked, amount, rule.name))
    return parts


def _sums_of_sub_trees(nodes: Sequence[Node]) -> dict[str, int]:
    sums = {node.path: node.collected_fen for node in nodes}
    for node in sorted(nodes, key=lambda n: -n.depth):
        if node.above in sums:
            sums[node.above] += sums[node.path]
    return sums
