"""Splits and sweeps as arithmetic: the vectors of rulebook 10.4, and what holds for every tree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.models import uuid7
from tenant_apps.treasury.models import Way
from tenant_apps.treasury.services.splitting import (
    Node,
    Rule,
    Special,
    give_back,
    hand_up,
    rule_for,
    split,
)

A, B = 123_456, 76_544


def node(path: str, collected: int = 0, share: int | None = None) -> Node:
    return Node(uuid7(), path, collected, collected if share is None else share)


def amounts(parts) -> dict[str, int]:
    return {f"{part.giver.path}>{part.taker.path}": part.amount_fen for part in parts}


class TestVectors:
    tree = (node("0001"), node("00010001"), node("000100010001", A), node("000100010002", B))

    def test_five_percent_of_the_quarter_is_handed_up(self):
        rules = {3: Rule(Way.RATIO, 10_000), 2: Rule(Way.RATIO, 500)}
        assert amounts(hand_up(self.tree, rules)) == {
            "000100010001>00010001": A,
            "000100010002>00010001": B,
            "00010001>0001": 10_000,
        }

    def test_the_fen_left_over_goes_to_the_largest_fraction(self):
        held = [self.tree[0], node("00010001", 0, 200_000), *self.tree[2:]]
        parts = give_back(held, {2: Rule(Way.RATIO, 3_000)})
        assert amounts(parts) == {
            "00010001>000100010001": 37_037,
            "00010001>000100010002": 22_963,
        }

    def test_forty_percent_kept_sixty(self):
        parts = hand_up(self.tree, {3: Rule(Way.RATIO, 10_000), 2: Rule(Way.RATIO, 4_000)})
        assert amounts(parts)["00010001>0001"] == 80_000

    def test_half_a_fen_is_rounded_up(self):
        tree = [node("0001"), node("00010001", 10)]
        (part,) = hand_up(tree, {2: Rule(Way.RATIO, 500)})
        assert part.amount_fen == 1

    def test_what_stays_stays(self):
        tree = [node("0001"), node("00010001", A, 1_000)]
        assert not hand_up(tree, {2: Rule(Way.RATIO, 10_000, keep_fen=1_000)})
        (part,) = hand_up(tree, {2: Rule(Way.RATIO, 10_000, keep_fen=400)})
        assert (part.due_fen, part.amount_fen) == (A, 600)
        (rest,) = hand_up(tree, {2: Rule(Way.KEEP, keep_fen=250)})
        assert rest.amount_fen == 750
        (quota,) = hand_up(tree, {2: Rule(Way.QUOTA, quota_fen=2_000)})
        assert (quota.due_fen, quota.amount_fen) == (2_000, 1_000)


FEN = st.integers(0, 10**9)
SIGNED = st.integers(-(10**6), 10**9)
RULE = st.builds(
    Rule,
    way=st.sampled_from(Way.values),
    ratio_bp=st.integers(0, 10_000),
    quota_fen=FEN,
    keep_fen=st.integers(0, 10**6),
)


@st.composite
def trees(draw):
    paths = ["0001"]
    for _ in range(draw(st.integers(0, 12))):
        above = draw(st.sampled_from(paths))
        if len(above) < 20:
            number = sum(1 for p in paths if p[:-4] == above) + 1
            paths.append(f"{above}{number:04d}")
    return [node(path, draw(SIGNED), draw(SIGNED)) for path in paths]


@given(FEN, st.lists(FEN, max_size=20))
@settings(max_examples=150, deadline=None)
def test_parts_add_up_and_are_off_by_less_than_a_fen(total, weights):
    parts = split(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    if whole:
        assert all(abs(p * whole - total * w) < whole for p, w in zip(parts, weights, strict=True))


@st.composite
def ruled_trees(draw):
    """A tree with rules of levels and of some of its organisations."""
    tree = draw(trees())
    special = st.builds(Special, st.sampled_from([n.path for n in tree]), st.booleans(), RULE)
    levels = st.dictionaries(st.integers(1, 6), RULE)
    return tree, draw(levels), draw(st.lists(special, max_size=4))


@given(ruled_trees())
@settings(max_examples=150, deadline=None)
def test_money_is_conserved_and_nobody_gives_what_is_not_there(ruled):
    tree, rules, special = ruled
    for run in (hand_up, give_back):
        parts = run(tree, rules, special)
        change = dict.fromkeys((n.path for n in tree), 0)
        for part in parts:
            assert 0 < part.amount_fen <= part.due_fen
            assert part.giver.path != part.taker.path
            change[part.giver.path] -= part.amount_fen
            change[part.taker.path] += part.amount_fen
        assert sum(change.values()) == 0
        for giver in {part.giver for part in parts}:
            kept = giver.share_fen + change[giver.path]
            assert kept >= min(rule_for(giver, rules, special).keep_fen, max(giver.share_fen, 0))


@given(ruled_trees())
@settings(max_examples=150, deadline=None)
def test_the_nearest_rule_holds(ruled):
    tree, rules, special = ruled
    for one in tree:
        found = rule_for(one, rules, special)
        own = [s.rule for s in special if s.path == one.path and not s.covers_below]
        within = [s for s in special if s.covers_below and one.path.startswith(s.path)]
        if own:
            assert found is own[-1]
        elif within:
            deepest = max(len(s.path) for s in within)
            assert found is [s.rule for s in within if len(s.path) == deepest][-1]
        else:
            assert found is rules.get(one.depth)


def test_one_branch_gives_by_its_own_rule():
    tree = (node("0001"), node("00010001"), node("000100010001", A), node("000100010002", B))
    rules = {3: Rule(Way.RATIO, 10_000, name="level")}
    special = [
        Special("0001", True, Rule(Way.RATIO, 5_000, name="all")),
        Special("00010001", True, Rule(Way.RATIO, 0)),
        Special("000100010002", False, Rule(Way.QUOTA, quota_fen=700, name="own")),
    ]
    (part,) = hand_up(tree, rules, special)
    assert (part.giver.path, part.amount_fen, part.rule) == ("000100010002", 700, "own")
