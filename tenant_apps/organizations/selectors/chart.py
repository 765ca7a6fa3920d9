"""The drawing of a sub-tree: boxes and lines on a sheet of paper lying on its side.

Children stand below their parent where they have children themselves; a row of leaves hangs as a
column below its parent, because a branch's name is wide and a sheet has more height than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import Left

from tenant_apps.organizations.models import LABEL_WIDTH, Kind, Organization, mark_of
from tenant_apps.organizations.selectors.residents import headcounts, secretaries

BOX_WIDTH: Final = 168
BOX_HEIGHT: Final = 62
GAP_X: Final = 18
GAP_Y: Final = 34
LEAF_GAP: Final = 12
MOST_BOXES: Final = 400
_LINE: Final = 11.5


@dataclass(slots=True)
class Box:
    """One organisation on the sheet; ``x`` and ``y`` are its upper left corner."""

    id: UUID
    label: str
    kind: str
    members: int
    secretary: str
    hidden: int = 0
    x: int = 0
    y: int = 0
    children: list[Box] = field(default_factory=list)

    @property
    def mark(self) -> str:
        return mark_of(self.kind)

    @property
    def kind_label(self) -> str:
        return Kind(self.kind).label

    @property
    def lines(self) -> tuple[str, str]:
        """The name in at most two lines, each as wide as eleven Chinese characters."""
        first = _fitting(self.label)
        rest = self.label[len(first) :]
        second = _fitting(rest)
        return first, second if second == rest else f"{second[:-1]}…"


def _fitting(text: str) -> str:
    """The beginning that fits on a line; letters and digits are about half as wide."""
    room = _LINE
    for at, char in enumerate(text):
        room -= 0.58 if char.isascii() else 1
        if room < 0:
            return text[:at]
    return text


@dataclass(frozen=True, slots=True)
class Chart:
    """``levels`` were drawn of ``depth``; ``lines`` are the ``d`` of SVG paths."""

    boxes: list[Box]
    lines: list[str]
    width: int
    height: int
    levels: int
    depth: int

    @property
    def full_width(self) -> int:
        """With room for the edges of the outermost boxes."""
        return self.width + 4

    @property
    def full_height(self) -> int:
        return self.height + 4


def chart_of(organization: Organization, *, levels: int | None = None) -> Chart:
    """The sub-tree down to ``levels``, or as far as a sheet has room for (400 boxes).

    Where deeper organisations are left out, the box says how many.  Groups are not drawn.
    """
    depth, shown = _levels(organization, levels)
    within = Organization.objects.filter(path__startswith=organization.path, ended_on=None)
    rows = list(
        within.filter(depth__lt=organization.depth + shown)
        .exclude(kind=Kind.GROUP)
        .order_by("path")[: MOST_BOXES + 1]
    )[:MOST_BOXES]
    counts = headcounts([row.path for row in rows])
    chiefs = secretaries([row.pk for row in rows])
    boxes = {
        row.path: Box(
            id=row.pk,
            label=row.short_name or row.name,
            kind=row.kind,
            members=counts[row.path].within,
            secretary=row.appointed_secretary or chiefs.get(row.pk, ""),
        )
        for row in rows
    }
    for path, box in boxes.items():
        parent = boxes.get(path[:-LABEL_WIDTH])
        if parent is not None and path != organization.path:
            parent.children.append(box)
    if shown < depth:
        _count_hidden(organization, shown, boxes)
    root = boxes[organization.path]
    width, height = _place(root, 0, 0)
    return Chart(list(boxes.values()), _lines(root), width, height, shown, depth)


def _levels(organization: Organization, wanted: int | None) -> tuple[int, int]:
    """How deep the sub-tree is, and how many levels there is room for."""
    within = Organization.objects.filter(path__startswith=organization.path, ended_on=None)
    counted = within.exclude(kind=Kind.GROUP).order_by().values_list("depth").annotate(Count("pk"))
    per_level = {depth - organization.depth: count for depth, count in counted}
    deepest, room, shown = max(per_level) + 1, MOST_BOXES, 0
    for level in range(deepest):
        room -= per_level.get(level, 0)
        if room < 0 or (wanted is not None and level >= wanted):
            break
        shown = level + 1
    return deepest, max(shown, 1)


def _count_hidden(organization: Organization, shown: int, boxes: dict[str, Box]) -> None:
    deepest = len(organization.path) + LABEL_WIDTH * (shown - 1)
    below = Organization.objects.filter(
        path__startswith=organization.path, depth__gte=organization.depth + shown, ended_on=None
    ).exclude(kind=Kind.GROUP)
    above = below.order_by().values_list(Left("path", deepest)).annotate(Count("pk"))
    for path, count in above:
        if path in boxes:
            boxes[path].hidden = count


def _place(box: Box, x: int, y: int) -> tuple[int, int]:
    """Puts a box above its children; returns the right and the lower edge of the whole."""
    below = y + BOX_HEIGHT + GAP_Y
    if not box.children:
        box.x, box.y = x, y
        return x + BOX_WIDTH, y + BOX_HEIGHT
    if not any(child.children for child in box.children):
        return _place_leaves(box, x, y)
    right, bottom = x, below
    for child in box.children:
        edge, low = _place(child, right, below)
        right, bottom = edge + GAP_X, max(bottom, low)
    right -= GAP_X
    first, last = box.children[0], box.children[-1]
    box.x, box.y = (first.x + last.x) // 2, y
    return right, bottom


def _place_leaves(box: Box, x: int, y: int) -> tuple[int, int]:
    """Leaves stand in columns of at most eight below their parent."""
    box.x, box.y = x, y
    top = y + BOX_HEIGHT + GAP_Y // 2
    right = bottom = 0
    for number, child in enumerate(box.children):
        column, row = divmod(number, 8)
        child.x = x + GAP_X + column * (BOX_WIDTH + GAP_X)
        child.y = top + row * (BOX_HEIGHT + LEAF_GAP)
        right, bottom = max(right, child.x + BOX_WIDTH), max(bottom, child.y + BOX_HEIGHT)
    return right, bottom


def _lines(box: Box) -> list[str]:
    """Lines from each box to its children: a bus below the parent, or one along a column."""
    found: list[str] = []
    is_column = bool(box.children) and not any(child.children for child in box.children)
    for child in box.children:
        if is_column:
            edge = child.x - GAP_X // 2
            turn = box.y + BOX_HEIGHT + GAP_Y // 4
            found.append(
                f"M{box.x + BOX_WIDTH // 2} {box.y + BOX_HEIGHT} V{turn} H{edge} "
                f"V{child.y + BOX_HEIGHT // 2} H{child.x}"
            )
        else:
            middle = box.y + BOX_HEIGHT + GAP_Y // 2
            found.append(
                f"M{box.x + BOX_WIDTH // 2} {box.y + BOX_HEIGHT} V{middle} "
                f"H{child.x + BOX_WIDTH // 2} V{child.y}"
            )
        found += _lines(child)
    return found
