"""``python -m tests.bench.trees UNIT_SCHEMA``: what ``bench tree`` asks of the baselines.

Reads the organisations of the unit's schema, builds both trees of them in one piece (their own
ways of adding a node at a time would take hours) and does what is asked on the standard input.
Prints the seconds of each act as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - after the settings are read

from tests.bench.trees.models import MaterializedPath, NestedSet  # noqa: E402
from tests.bench.trees.timing import Meter  # noqa: E402

Acts = dict[str, Callable[[Any], object]]
WIDTH = 4


COLUMNS = "path, name, short_name, kind, name_initials"
SHOWN = ("id", "parent_id", "name", "short_name", "kind", "level")
Row = tuple[str, ...]


def build(schema: str) -> dict[str, int]:
    """Fills both tables; returns the key of each path, the same in both."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS plain_trees CASCADE")
        cursor.execute("CREATE SCHEMA plain_trees")
    with connection.schema_editor() as editor:
        editor.create_model(NestedSet)
        editor.create_model(MaterializedPath)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {COLUMNS} FROM {schema}.organizations_organization ORDER BY path COLLATE "C"'
        )
        rows = cursor.fetchall()
        keys = {row[0]: number for number, row in enumerate(rows, 1)}
        _copy_nested(cursor, rows, keys)
        _copy_paths(cursor, rows, keys)
        cursor.execute("VACUUM ANALYZE trees_nestedset, trees_materializedpath")
    return keys


def _copy_nested(cursor: Any, rows: list[Row], keys: dict[str, int]) -> None:
    size: dict[str, int] = {}
    for path, *_ in reversed(rows):
        size[path] = size.get(path, 0) + 1
        size[path[:-WIDTH]] = size.get(path[:-WIDTH], 0) + size[path]
    statement = (
        "COPY trees_nestedset (id, parent_id, name, short_name, kind, name_initials, "
        "lft, rght, tree_id, level) FROM STDIN"
    )
    with cursor.copy(statement) as copy:
        for number, (path, *named) in enumerate(rows):
            level = len(path) // WIDTH - 1
            left = 2 * number + 1 - level
            right = left + 2 * size[path] - 1
            copy.write_row((keys[path], keys.get(path[:-WIDTH]), *named, left, right, 1, level))


def _copy_paths(cursor: Any, rows: list[Row], keys: dict[str, int]) -> None:
    children: dict[str, int] = {}
    for path, *_ in rows:
        children[path[:-WIDTH]] = children.get(path[:-WIDTH], 0) + 1
    statement = (
        "COPY trees_materializedpath (id, path, depth, numchild, name, short_name, kind, "
        "name_initials) FROM STDIN"
    )
    with cursor.copy(statement) as copy:
        for path, *named in rows:
            numchild, depth = children.get(path, 0), len(path) // WIDTH
            copy.write_row((keys[path], path, depth, numchild, *named))


def _nested(keys: dict[str, int]) -> Acts:
    """As its documentation has it; ``lean`` asks for the shown fields only."""

    def node(path: str) -> Any:
        return NestedSet.objects.get(pk=keys[path])

    def subtree(path: str) -> list[Any]:
        return list(node(path).get_descendants(include_self=True))

    def lean_subtree(path: str) -> list[Any]:
        return list(node(path).get_descendants(include_self=True).values_list(*SHOWN))

    def move(path: str, to: str) -> None:
        with transaction.atomic():
            node(path).move_to(node(to), "last-child")

    return {
        "subtree": subtree,
        "inner_subtree": subtree,
        "lean_subtree": lean_subtree,
        "lean_inner_subtree": lean_subtree,
        "breadcrumb": lambda path: list(node(path).get_ancestors(include_self=True)),
        "search": lambda text: list(
            NestedSet.objects.filter(name_initials__icontains=text).order_by("tree_id", "lft")[:50]
        ),
        "move": lambda one: move(*one),
    }


def _paths(keys: dict[str, int]) -> Acts:
    def node(path: str) -> Any:
        return MaterializedPath.objects.get(pk=keys[path])

    def move(path: str, to: str) -> None:
        with transaction.atomic():
            node(path).move(node(to), "last-child")

    return {
        "subtree": lambda path: list(MaterializedPath.get_tree(node(path))),
        "breadcrumb": lambda path: [*node(path).get_ancestors(), node(path)],
        "search": lambda text: list(
            MaterializedPath.objects.filter(name_initials__icontains=text)[:50]
        ),
        "move": lambda one: move(*one),
    }


def measured(acts: Acts, work: dict[str, list[Any]]) -> dict[str, dict[str, list[float]]]:
    """Each act on what is asked of it; a lean one on the same."""
    meter = Meter(connection)
    return {
        name: meter.measure(name, act, work[name.removeprefix("lean_")])
        for name, act in acts.items()
    }


if __name__ == "__main__":
    told = json.loads(sys.stdin.read())
    known = build(sys.argv[1])
    answer = {
        "mptt": measured(_nested(known), told),
        "treebeard": measured(_paths(known), told),
    }
    sys.stdout.write(json.dumps(answer))
