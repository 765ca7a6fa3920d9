"""The organisation tree while it is being put together, and how words find a place in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .organisations import OrgKind, kind_of, name_key, root_name, short_key
from .understanding import KnownOrg, OrgNode


@dataclass(frozen=True, slots=True)
class Found:
    """Where words led: a key, or None; ``by`` is code, name, path, short or several."""

    key: str | None
    by: str = ""


NOWHERE = Found(None)


class Tree:
    """Nodes by key, with the indexes by which members name them."""

    def __init__(self, unit_name: str, known: Iterable[KnownOrg] = ()) -> None:
        self.unit_name = unit_name
        self.nodes: dict[str, OrgNode] = {}
        self._codes: dict[str, str] = {}
        self._loose_codes: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, list[str]] = defaultdict(list)
        self._children: dict[tuple[str | None, str], str] = {}
        self._shorts: dict[str, list[str]] | None = None
        self._prefix: str | None = None
        for one in known:
            kind = OrgKind(one.kind)
            self.add(OrgNode(one.key, one.name, kind, one.parent_key, one.code, existing=True))

    @property
    def root(self) -> OrgNode | None:
        """The organisation over all others."""
        return next((node for node in self.nodes.values() if node.parent_key is None), None)

    def imply_root(self) -> OrgNode:
        """The root; made from the unit's name when no row names one."""
        root = self.root
        if root is None:
            name = root_name(self.unit_name)
            kind = kind_of(name) or OrgKind.COMMITTEE
            root = self.add(OrgNode(name_key(name), name, kind, None, implied=True))
        return root

    def add(self, node: OrgNode) -> OrgNode:
        """Puts a node in; its key must be new."""
        self.nodes[node.key] = node
        key = name_key(node.name)
        self._names[key].append(node.key)
        self._children[(node.parent_key, key)] = node.key
        if node.code:
            self._codes[node.code] = node.key
            self._loose_codes[node.code.lstrip("0")].add(node.key)
        self._shorts = self._prefix = None
        return node

    def child(
        self, parent: OrgNode | None, name: str, kind: OrgKind | None, **where: int | str
    ) -> OrgNode:
        """The child of that name, made when it is not there yet."""
        parent_key = parent.key if parent else None
        key = self._children.get((parent_key, name_key(name)))
        if key is not None:
            return self.nodes[key]
        own = name_key(name)
        key = f"{parent_key}/{own}" if parent_key else own
        sheet, row = str(where.get("sheet", "")), int(where.get("row", 0))
        made = kind_of(name) or kind or OrgKind.BRANCH
        return self.add(OrgNode(key, name, made, parent_key, sheet=sheet, row=row))

    def move(self, key: str, parent_key: str) -> None:
        """Puts a node under another parent (a correction by hand)."""
        node = self.nodes[key]
        if parent_key in self.nodes and key not in self.ancestors(parent_key):
            self._children.pop((node.parent_key, name_key(node.name)), None)
            self.nodes[key] = replace(node, parent_key=parent_key)
            self._children[(parent_key, name_key(node.name))] = key

    def ancestors(self, key: str) -> list[str]:
        """The key itself and every key above it, upwards."""
        line: list[str] = []
        at: str | None = key
        while at is not None and at in self.nodes and at not in line:
            line.append(at)
            at = self.nodes[at].parent_key
        return line

    def by_code(self, code: str) -> Found:
        """By code; leading zeros that a spreadsheet ate are put up with when unmistakable."""
        if code in self._codes:
            return Found(self._codes[code], "code")
        loose = self._loose_codes.get(code.lstrip("0"), set()) if code.isdigit() else set()
        return Found(next(iter(loose)), "code") if len(loose) == 1 else NOWHERE

    def by_name(self, name: str) -> Found:
        """By full name, else by a short form that only one organisation has."""
        keys = self._names.get(name_key(name), [])
        if len(keys) == 1:
            return Found(keys[0], "name")
        if keys:
            return Found(None, "several")
        if self._shorts is None:
            self._index_shorts()
        short = (self._shorts or {}).get(short_key(name, self.prefix), [])
        if len(short) > 1:
            return Found(None, "several")
        return Found(short[0], "short") if short else NOWHERE

    def by_path(self, path: tuple[str, ...]) -> Found:
        """By the names from the top (or from below the top) down."""
        ends = self._names.get(name_key(path[-1]), [])
        fitting = [key for key in ends if self._fits(key, path)]
        if len(fitting) == 1:
            return Found(fitting[0], "path")
        if not ends and len(path) > 1:
            found = self.by_name(path[-1])
            return found if found.key and self._fits(found.key, path, short=True) else NOWHERE
        return Found(None, "several") if len(fitting) > 1 else NOWHERE

    def _fits(self, key: str, path: tuple[str, ...], *, short: bool = False) -> bool:
        """Whether the names above a node contain the rest of the path, in order."""
        above = [self.nodes[one].name for one in self.ancestors(key)[1:]]
        names = [self._comparable(name, short=short) for name in above]
        for part in reversed(path[:-1]):
            wanted = self._comparable(part, short=short)
            if wanted not in names:
                return False
            names = names[names.index(wanted) + 1 :]
        return True

    def _comparable(self, name: str, *, short: bool) -> str:
        return short_key(name, self.prefix) if short else name_key(name)

    @property
    def prefix(self) -> str:
        """What the full names begin with in common, as the unit's own name (中共彭城水务集团)."""
        if self._prefix is None:
            names = [name_key(node.name) for node in self.nodes.values() if not node.implied]
            self._prefix = naming_prefix(names, self.unit_name)
        return self._prefix

    def _index_shorts(self) -> None:
        shorts: dict[str, list[str]] = defaultdict(list)
        for node in self.nodes.values():
            shorts[short_key(node.name, self.prefix)].append(node.key)
        self._shorts = shorts

    def in_order(self) -> tuple[OrgNode, ...]:
        """Every node, parents before children, otherwise in the order of the roster."""
        below: dict[str | None, list[OrgNode]] = defaultdict(list)
        for node in self.nodes.values():
            below[node.parent_key if node.parent_key in self.nodes else None].append(node)
        ordered: list[OrgNode] = []
        waiting = list(reversed(below[None]))
        while waiting:
            node = waiting.pop()
            ordered.append(node)
            waiting.extend(reversed(below[node.key]))
        return tuple(ordered)


def naming_prefix(names: list[str], unit_name: str) -> str:
    """The beginning that (nearly) all full names share, or an empty string.

    The unit's own name counts when four names in five carry it; otherwise the longest common
    beginning of at least three characters besides 中共.
    """
    own = name_key(unit_name)
    for beginning in (f"中共{own}", f"中国共产党{own}", own):
        if names and sum(name.startswith(beginning) for name in names) >= 0.8 * len(names):
            return beginning
    shared = _shared_beginning(names) if len(names) >= 3 else ""
    return shared if len(shared.removeprefix("中共")) >= 3 else ""


def _shared_beginning(names: list[str]) -> str:
    first, last = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first[:length] if length is not None else min(first, last, key=len)
