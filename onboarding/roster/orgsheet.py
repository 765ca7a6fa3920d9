"""A sheet of organisations becomes a tree; rows that cannot be placed are refused, not guessed.

Refusals: org_name_missing, org_duplicate, org_parent_missing, org_parent_unknown, org_cycle.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from .faults import rejection
from .nesting import nested_codes
from .organisations import COMMITTEES, OrgKind, kind_of, name_key, root_name, short_key
from .tree import Tree, naming_prefix
from .understanding import Notice, OrgNode, Rejection

_NO_PARENT = frozenset(
    {"", "0", "-1", "-", "--", "—", "/", "无", "null", "none", "0" * 32, "根节点"}
)


@dataclass(slots=True)
class OrgRow:
    """One row of an organisation sheet as written."""

    sheet: str
    row: int
    name: str
    code: str
    kind: str
    parent: str
    founded_on: dt.date | None
    term_ends_on: dt.date | None
    name_column: str = "组织名称"
    parent_column: str = "上级组织"
    has_parent_column: bool = True
    way: str = ""

    @property
    def key(self) -> str:
        """``way``, the names from the top down, where only they tell rows apart."""
        return self.way or self.code or name_key(self.name)


@dataclass(slots=True)
class _State:
    rows: dict[str, OrgRow]
    parents: dict[str, str | None]
    refused: dict[str, tuple[str, str]]
    names: dict[str, list[str]]
    steps: frozenset[int]
    padded: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    shorts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def build(
    tree: Tree, rows: list[OrgRow], moved: Mapping[str, str]
) -> tuple[list[Rejection], list[Notice]]:
    """Adds the rows to the tree; returns what was refused and what is worth a look."""
    rejections: list[Rejection] = []
    notices: list[Notice] = []
    _tell_namesakes_apart(rows)
    kept = _distinct(rows, rejections)
    names: dict[str, list[str]] = defaultdict(list)
    for key, row in kept.items():
        names[name_key(row.name)].append(key)
    state = _State(kept, {}, {}, names, frozenset(len(row.code) for row in kept.values()))
    state.prefix = naming_prefix(list(names), tree.unit_name)
    if len(state.steps) == 1:
        state.padded = nested_codes([row.code for row in kept.values()])
    for key, row in kept.items():
        state.shorts[short_key(row.name, state.prefix)].append(key)
    for key, row in kept.items():
        _find_parent(tree, state, key, row, moved, notices)
    root_key = _choose_root(tree, state)
    _refuse_cycles(state, root_key)
    _place(tree, state, root_key)
    for key, (rule, value) in state.refused.items():
        row = kept[key]
        column = row.parent_column
        rejections.append(rejection(row.sheet, row.row, column, rule, value, name=row.name))
    return rejections, notices


def _tell_namesakes_apart(rows: list[OrgRow]) -> None:
    """Several 机关党支部 under different parents are different organisations."""
    alike: dict[str, list[OrgRow]] = defaultdict(list)
    for row in rows:
        if row.name and row.parent and not row.code and not row.way:
            alike[name_key(row.name)].append(row)
    for namesakes in alike.values():
        parents = {name_key(row.parent) for row in namesakes}
        if len(namesakes) > 1 and len(parents) == len(namesakes):
            for row in namesakes:
                row.way = f"{name_key(row.parent)}/{name_key(row.name)}"


def _distinct(rows: list[OrgRow], rejections: list[Rejection]) -> dict[str, OrgRow]:
    """Drops nameless rows; of two rows with one key both go, unless they say the same."""
    kept: dict[str, OrgRow] = {}
    clashing: set[str] = set()
    for row in rows:
        if not row.name:
            value = row.code
            rejections.append(
                rejection(row.sheet, row.row, row.name_column, "org_name_missing", value)
            )
            continue
        first = kept.get(row.key)
        if first is None:
            kept[row.key] = row
            continue
        value = row.code or row.name
        column = "组织编码" if row.code else row.name_column
        rejections.append(rejection(row.sheet, row.row, column, "org_duplicate", value))
        if (first.name, first.parent) != (row.name, row.parent) and row.key not in clashing:
            clashing.add(row.key)
            rejections.append(rejection(first.sheet, first.row, column, "org_duplicate", value))
    return {key: row for key, row in kept.items() if key not in clashing}


def _find_parent(
    tree: Tree,
    state: _State,
    key: str,
    row: OrgRow,
    moved: Mapping[str, str],
    notices: list[Notice],
) -> None:
    if key in moved or row.name in moved:
        state.parents[key] = moved.get(key) or moved[row.name]
        return
    if not row.has_parent_column:
        state.parents[key] = _by_prefix(state, row, notices)
        return
    if row.parent.lower() in _NO_PARENT:
        state.parents[key] = None
        return
    found = _named(tree, state, row.parent)
    if found is None:
        state.refused[key] = ("org_parent_unknown", row.parent)
    state.parents[key] = found


def _named(tree: Tree, state: _State, words: str) -> str | None:
    if words in state.rows:
        return words
    by_name = state.names.get(name_key(words), [])
    if len(by_name) == 1:
        return by_name[0]
    short = state.shorts.get(short_key(words, state.prefix), [])
    if not by_name and len(short) == 1:
        return short[0]
    if words.isdigit():
        loose = [key for key in state.rows if key.lstrip("0") == words.lstrip("0")]
        if len(loose) == 1:
            return loose[0]
    return (tree.by_code(words) if words in tree.nodes else tree.by_name(words)).key or (
        tree.by_code(words).key
    )


def _by_prefix(state: _State, row: OrgRow, notices: list[Notice]) -> str | None:
    """No column of parents: codes that lengthen going down the tree tell them."""
    if row.code in state.padded:
        return state.padded[row.code]
    for length in range(len(row.code) - 1, 0, -1):
        above = row.code[:length]
        if above in state.rows:
            if any(length < step < len(row.code) for step in state.steps):
                message = f"「{row.name}」的编码 {row.code} 缺少中间一级，暂归到 {above} 之下。"
                notices.append(Notice("org_level_missing", message, row.sheet, (row.row,), 1))
            return above
    return None


def _choose_root(tree: Tree, state: _State) -> str | None:
    """The one row that stands over all others; None when the roster names none."""
    if tree.root is not None:
        _attach_to_known(tree, state)
        return None
    blank = [
        key for key, parent in state.parents.items() if parent is None and key not in state.refused
    ]
    outside = [
        key
        for key, (rule, _) in state.refused.items()
        if rule == "org_parent_unknown"
        and kind_of(state.rows[key].kind or state.rows[key].name) in COMMITTEES
    ]
    if not blank and not outside:
        outside = [key for key, parent in state.parents.items() if parent == key]
        outside = outside if len(outside) == 1 else []
    if not blank and len(outside) == 1:
        del_key = outside[0]
        state.refused.pop(del_key, None)
        state.parents[del_key] = None
        return del_key
    root = _best_root(tree, state, blank)
    if root is None:
        return None
    for key in blank:
        if key != root and state.rows[key].has_parent_column:
            state.refused[key] = ("org_parent_missing", "")
    return root


def _best_root(tree: Tree, state: _State, blank: list[str]) -> str | None:
    if len(blank) <= 1:
        alone = blank[0] if blank else None
        return alone if alone is None or _may_be_root(state, alone) else None
    wanted = name_key(root_name(tree.unit_name))
    for key in blank:
        if name_key(state.rows[key].name) == wanted:
            return key
    committees = [key for key in blank if _kind(state.rows[key]) in COMMITTEES]
    if len(committees) == 1:
        return committees[0]
    above = Counter(state.parents.values())
    parents = [key for key in committees if above[key]]
    return parents[0] if len(parents) == 1 else None


def _may_be_root(state: _State, key: str) -> bool:
    """A branch can be the root only of a unit that is nothing but this branch."""
    return (
        _kind(state.rows[key]) in COMMITTEES
        or any(parent == key for parent in state.parents.values())
        or len(state.rows) == 1
    )


def _attach_to_known(tree: Tree, state: _State) -> None:
    """The unit is open already: a row without a parent is its root again, or an orphan."""
    root = tree.root
    for key, parent in list(state.parents.items()):
        if parent is None and key not in state.refused:
            known = tree.by_name(state.rows[key].name)
            if root is None or known.key != root.key:
                state.refused[key] = ("org_parent_missing", "")


def _refuse_cycles(state: _State, root_key: str | None) -> None:
    for key in state.rows:
        line: list[str] = []
        at: str | None = key
        while at is not None and at in state.rows and at not in line and at not in state.refused:
            line.append(at)
            at = state.parents.get(at)
        if at is not None and at in line and at not in state.refused:
            for one in line[line.index(at) :]:
                state.refused[one] = ("org_cycle", state.rows[one].parent)


def _place(tree: Tree, state: _State, root_key: str | None) -> None:
    """Adds what is left, parents first; whoever hangs below a refused row is refused too."""
    same = _already_known(tree, state)
    below: dict[str | None, list[str]] = defaultdict(list)
    for key, parent in state.parents.items():
        if key not in state.refused and key != root_key and key not in same:
            below[same.get(parent, parent) if parent else None].append(key)
    if root_key is not None:
        _add(tree, state.rows[root_key], root_key, None)
    elif below[None]:
        below[tree.imply_root().key] += below.pop(None)
    waiting = [key for key in tree.nodes if key in below]
    while waiting:
        parent = waiting.pop()
        for key in below[parent]:
            _add(tree, state.rows[key], key, parent)
        waiting += [key for key in below[parent] if key in below]
    for key, row in state.rows.items():
        if key not in tree.nodes and key not in state.refused and key not in same:
            state.refused[key] = ("org_parent_unknown", row.parent)


def _already_known(tree: Tree, state: _State) -> dict[str, str]:
    """Rows of organisations that the unit has already: row key -> known key."""
    same: dict[str, str] = {}
    if tree.nodes:
        for key, row in state.rows.items():
            found = tree.by_code(row.code) if row.code else tree.by_name(row.name)
            if found.key and found.by in ("code", "name"):
                same[key] = found.key
    return same


def _add(tree: Tree, row: OrgRow, key: str, parent_key: str | None) -> None:
    tree.add(
        OrgNode(
            key,
            row.name,
            _kind(row),
            parent_key,
            row.code,
            row.founded_on,
            row.term_ends_on,
            row.sheet,
            row.row,
        )
    )


def _kind(row: OrgRow) -> OrgKind:
    return kind_of(row.kind) or kind_of(row.name) or OrgKind.BRANCH
