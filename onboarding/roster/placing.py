"""Which organisation each member belongs to, and the tree that the members' own words imply.

Words are placed by code, by full name, by path, or by a short form that fits one organisation
only.  What fits nothing is ``unknown_org``; nobody is put anywhere by guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .organisations import (
    BRANCHES,
    COMMITTEES,
    OrgKind,
    is_whole_unit,
    kind_of,
    name_key,
    path_separator,
    root_name,
    short_key,
    split_path,
)
from .tree import Tree, naming_prefix
from .understanding import OrgNode

Words = tuple[str, ...]
_CODE = r"(?=[^\d]*\d)([0-9A-Za-z.\-]{3,})"
_CODED = re.compile(
    rf"[\[(【（]?{_CODE}[\])】）]?[:：_-]?([^\d\W].*)|([^\d\W].*?)[\[(【（]{_CODE}[\])】）]"
)
_HINTS = {20: OrgKind.COMMITTEE, 30: OrgKind.GENERAL_BRANCH, 40: OrgKind.BRANCH}


@dataclass(frozen=True, slots=True)
class Placed:
    """The organisation's key, or None; ``remark`` says when it was found less than literally."""

    key: str | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """How the members of one sheet name their organisation."""

    separator: str
    levels: int
    hints: tuple[OrgKind | None, ...]
    reverse: bool = False


def style_of(counts: Counter[Words], ranks: tuple[int, ...]) -> Style:
    """One column of names or paths, or several columns going down the tree."""
    hints = tuple(_HINTS.get(rank // 10 * 10) for rank in ranks)
    if len(ranks) > 1:
        return Style("", len(ranks), hints)
    samples = list(dict.fromkeys(words[1] for words in counts if len(words) > 1 and words[1]))
    separator = path_separator(samples[:400])
    paths = [split_path(one, separator) for one in samples[:400]]
    turned = [
        path for path in paths if len(path) > 1 and _branch(path[0]) and not _branch(path[-1])
    ]
    return Style(separator, 1, hints, len(turned) * 2 > len(paths))


def _branch(name: str) -> bool:
    return kind_of(name) in BRANCHES


class Placer:
    """Places the members of one sheet in the tree (and, without a list of organisations,
    first makes the tree grow from what they say).
    """

    def __init__(
        self, tree: Tree, style: Style, *, listed: bool, moved: Mapping[str, str], sheet: str
    ) -> None:
        self._tree = tree
        self._style = style
        self._listed = listed
        self._moved = moved
        self._sheet = sheet
        self._placed: dict[Words, Placed] = {}
        self._blank_is_usual = False

    def path(self, words: Words) -> tuple[str, ...]:
        """The names along the way, top first, without gaps and doubles."""
        levels = words[1:]
        if self._style.levels == 1 and levels:
            levels = split_path(levels[0], self._style.separator)
            levels = tuple(reversed(levels)) if self._style.reverse else levels
        bare = ["".join(name.split()) for name in levels]
        names = [name for name in bare if name not in ("", "-", "/", "无", "—")]
        return tuple(n for i, n in enumerate(names) if i == 0 or names[i - 1] != n)

    def grow(self, counts: Counter[Words], first_rows: Mapping[Words, int]) -> None:
        """Makes the organisations that the members name; only when nothing lists them."""
        if self._listed:
            return
        anchored: Counter[tuple[str, ...]] = Counter()
        rows: dict[tuple[str, ...], int] = {}
        coded: dict[str, str] = {}
        loose = 0
        for words, count in counts.items():
            path = self.path(words)
            if words[0] and path:
                coded.setdefault(words[0], path[-1])
            if path and self._is_anchored(words, path):
                anchored[path] += count
                rows.setdefault(path, first_rows.get(words, 0))
            elif path:
                loose += count
        if coded and self._style.levels == 1 and not any(len(path) > 1 for path in anchored):
            self._grow_from_codes(coded)
        elif anchored:
            self._grow_from_paths(anchored, rows, loose)
        else:
            self._grow_from_names(counts, first_rows)

    def _is_anchored(self, words: Words, path: tuple[str, ...]) -> bool:
        """Whether the path is known to begin at the top."""
        if self._style.levels > 1:
            return bool(words[1])
        return len(path) > 1

    def _grow_from_codes(self, coded: dict[str, str]) -> None:
        root = self._tree.imply_root()
        for code in sorted(coded, key=len):
            name = coded[code]
            above = next((code[:n] for n in range(len(code) - 1, 0, -1) if code[:n] in coded), None)
            parent = above if above in self._tree.nodes else root.key
            kind = kind_of(name) or OrgKind.BRANCH
            if code not in self._tree.nodes:
                self._tree.add(OrgNode(code, name, kind, parent, code, sheet=self._sheet))

    def _grow_from_paths(
        self, anchored: Counter[tuple[str, ...]], rows: Mapping[tuple[str, ...], int], loose: int
    ) -> None:
        root = self._root(anchored)
        self._blank_is_usual = root is None and loose >= 0.05 * anchored.total()
        skip = 1 if root is not None else 0
        top = root or self._tree.imply_root()
        for path in anchored:
            if root is not None and name_key(path[0]) != name_key(root.name):
                continue
            at = top
            for depth, name in enumerate(path[skip:], skip):
                hint = self._hint(depth, last=depth == len(path) - 1)
                at = self._tree.child(at, name, hint, sheet=self._sheet, row=rows[path])

    def _hint(self, depth: int, *, last: bool) -> OrgKind | None:
        if self._style.levels > 1 and depth < len(self._style.hints):
            return self._style.hints[depth]
        return OrgKind.BRANCH if last else OrgKind.COMMITTEE

    def _root(self, anchored: Counter[tuple[str, ...]]) -> OrgNode | None:
        """The name at the head of (nearly) every path, if a committee; else none is named."""
        tops: Counter[str] = Counter()
        shown: dict[str, str] = {}
        for path, count in anchored.items():
            tops[name_key(path[0])] += count
            shown.setdefault(name_key(path[0]), path[0])
        wanted = name_key(root_name(self._tree.unit_name))
        name, weight = tops.most_common(1)[0]
        if wanted in tops:
            name, weight = wanted, tops.total()
        kind = kind_of(name) or (self._style.hints[0] if self._style.levels > 1 else None)
        is_root = kind in COMMITTEES or (kind is None and self._style.levels == 1)
        if weight < 0.95 * tops.total() or not is_root:
            return None
        known = self._tree.root
        if known is not None:
            return known if name_key(known.name) == name else None
        return self._tree.child(None, shown[name], kind or OrgKind.COMMITTEE, sheet=self._sheet)

    def _grow_from_names(self, counts: Counter[Words], first_rows: Mapping[Words, int]) -> None:
        """Names alone: all stand under the root, save those that do not carry the unit's name
        when (nearly) all others do.
        """
        names: dict[str, int] = {}
        weights: Counter[str] = Counter()
        for words, count in counts.items():
            path = self.path(words)
            if path:
                names.setdefault(path[0], first_rows.get(words, 0))
                weights[name_key(path[0])] += count
        prefix = _prefix_of_most(weights, self._tree.unit_name)
        committees = [name for name in names if kind_of(name) in COMMITTEES]
        if len(committees) == 1 and self._tree.root is None:
            self._tree.child(None, committees[0], None, sheet=self._sheet, row=names[committees[0]])
        alone = next(iter(names), "")
        whole = len(weights) == 1 and is_whole_unit(alone, self._tree.unit_name)
        if self._tree.root is None and whole:
            self._tree.child(None, alone, None, sheet=self._sheet, row=names[alone])
        root = self._tree.imply_root()
        for name, row in names.items():
            if name_key(name).startswith(prefix) and name_key(name) != name_key(root.name):
                self._tree.child(root, name, OrgKind.BRANCH, sheet=self._sheet, row=row)

    def place(self, words: Words) -> Placed:
        """Where these words lead."""
        found = self._placed.get(words)
        if found is None:
            found = self._placed[words] = self._find(words)
        return found

    def _find(self, words: Words) -> Placed:
        path = self.path(words)
        if words[0]:
            found = self._tree.by_code(words[0])
            if found.key or self._listed:
                return Placed(found.key)
        if not path:
            return Placed(None)
        moved = self._moved.get("/".join(path)) or self._moved.get(path[-1])
        if moved in self._tree.nodes:
            parent = self._tree.nodes[moved]
            made = self._tree.child(parent, path[-1], OrgKind.BRANCH, sheet=self._sheet)
            return Placed(made.key, "org_placed_by_hand")
        if len(path) == 1:
            return self._lone(path[0], words)
        return self._along(path)

    def _lone(self, name: str, words: Words) -> Placed:
        found = self._tree.by_code(name) if self._listed else self._tree.by_name(name)
        found = found if found.key else self._tree.by_name(name)
        if found.key:
            return Placed(found.key, "org_by_short_name" if found.by == "short" else "")
        coded = _CODED.fullmatch(name)
        code = self._tree.by_code(coded[1] or coded[4]).key if coded else None
        if coded and code and found.by != "several":
            return self._if_named(code, coded[2] or coded[3])
        root = self._tree.root
        if root is None or found.by == "several":
            anchored = self._tree.by_path((root.name, name)) if root and words[1] else found
            return Placed(anchored.key)
        if short_key(name, self._tree.prefix) == short_key(root.name, self._tree.prefix):
            return Placed(root.key, "org_by_short_name")
        if self._listed or self._style.levels == 1 or not self._belongs(name):
            return Placed(None)
        made = self._tree.child(root, name, OrgKind.BRANCH, sheet=self._sheet)
        return Placed(made.key, "org_under_root")

    def _if_named(self, key: str, name: str) -> Placed:
        """001002 机关党支部: the code leads, and the name must not contradict it."""
        prefix = self._tree.prefix
        own = self._tree.nodes[key].name
        return Placed(key if short_key(own, prefix) == short_key(name, prefix) else None)

    def _belongs(self, name: str) -> bool:
        """A branch without a parent belongs to the unit when it carries the unit's name as the
        others do; where none carries a name, when leaving the parent blank is a habit there.
        """
        prefix = self._tree.prefix
        if prefix:
            return name_key(name).startswith(prefix)
        return self._blank_is_usual

    def _along(self, path: tuple[str, ...]) -> Placed:
        found = self._tree.by_path(path)
        if found.key:
            return Placed(found.key)
        if found.by == "several":
            root = self._tree.root
            whole = self._tree.by_path((root.name, *path)) if root else found
            return Placed(whole.key)
        above = self._tree.by_path(path[:-1]) if len(path) > 2 else self._tree.by_name(path[0])
        if self._listed or above.key is None:
            return Placed(None)
        parent = self._tree.nodes[above.key]
        return Placed(
            self._tree.child(parent, path[-1], OrgKind.BRANCH, sheet=self._sheet).key, "org_added"
        )


def _prefix_of_most(weights: Counter[str], unit_name: str) -> str:
    """The beginning of the names of nine members in ten, though a few names may lack it."""
    carried = naming_prefix(list(weights), unit_name)
    if carried:
        return carried
    for beginning in (f"中共{name_key(unit_name)}", name_key(unit_name)):
        names = [name for name in weights if name.startswith(beginning)]
        members = sum(weights[name] for name in names)
        if len(names) * 2 > len(weights) and members >= 0.9 * weights.total():
            return beginning
    return ""
