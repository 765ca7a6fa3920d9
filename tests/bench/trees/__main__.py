"""``python -m tests.bench.trees UNIT_SCHEMA``: what ``bench tree`` asks of the baselines.

Reads the organisations of the unit's schema, builds both trees of them in one piece (their own
ways of adding a node at a time would take hours) and does what is asked on the standard input.
Prints the seconds of each act as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - after the settings are read

from tests.bench.trees.models import MaterializedPath, NestedSet  # noqa: E402

WIDTH = 4


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
            f"SELECT path, name, name_initials FROM {schema}.organizations_organization "
            'ORDER BY path COLLATE "C"'
        )
        rows = cursor.fetchall()
        keys = {path: number for number, (path, _, _) in enumerate(rows, 1)}
        _copy_nested(cursor, rows, keys)
        _copy_paths(cursor, rows, keys)
        cursor.execute("ANALYZE")
    return keys


def _copy_nested(cursor: Any, rows: list[tuple[str, str, str]], keys: dict[str, int]) -> None:
    size: dict[str, int] = {}
    for path, _, _ in reversed(rows):
        size[path] = size.get(path, 0) + 1
        size[path[:-WIDTH]] = size.get(path[:-WIDTH], 0) + size[path]
    statement = (
        "COPY trees_nestedset (id, parent_id, name, name_initials, lft, rght, tree_id, level) "
        "FROM STDIN"
    )
    with cursor.copy(statement) as copy:
        for number, (path, name, initials) in enumerate(rows):
            level = len(path) // WIDTH - 1
            left = 2 * number + 1 - level
            right = left + 2 * size[path] - 1
            parent = keys.get(path[:-WIDTH])
            copy.write_row((keys[path], parent, name, initials, left, right, 1, level))


def _copy_paths(cursor: Any, rows: list[tuple[str, str, str]], keys: dict[str, int]) -> None:
    children: dict[str, int] = {}
    for path, _, _ in rows:
        children[path[:-WIDTH]] = children.get(path[:-WIDTH], 0) + 1
    statement = (
        "COPY trees_materializedpath (id, path, depth, numchild, name, name_initials) FROM STDIN"
    )
    with cursor.copy(statement) as copy:
        for path, name, initials in rows:
            numchild, depth = children.get(path, 0), len(path) // WIDTH
            copy.write_row((keys[path], path, depth, numchild, name, initials))


def _timed(acts: list[Callable[[], object]]) -> list[float]:
    seconds = []
    for act in acts:
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return seconds


def _nested(work: dict[str, Any], keys: dict[str, int]) -> dict[str, list[float]]:
    def node(path: str) -> Any:
        return NestedSet.objects.get(pk=keys[path])

    def move(path: str, to: str) -> None:
        with transaction.atomic():
            node(path).move_to(node(to), "last-child")

    return _all(
        work,
        subtree=lambda path: list(
            node(path).get_descendants(include_self=True).values_list("id", "name")
        ),
        breadcrumb=lambda path: list(
            node(path).get_ancestors(include_self=True).values_list("id", "name")
        ),
        search=lambda text: list(
            NestedSet.objects.filter(name_initials__contains=text)
            .order_by("tree_id", "lft")
            .values_list("id", "name")[:50]
        ),
        move=move,
    )


def _paths(work: dict[str, Any], keys: dict[str, int]) -> dict[str, list[float]]:
    def node(path: str) -> Any:
        return MaterializedPath.objects.get(pk=keys[path])

    def move(path: str, to: str) -> None:
        with transaction.atomic():
            node(path).move(node(to), "last-child")

    return _all(
        work,
        subtree=lambda path: list(MaterializedPath.get_tree(node(path)).values_list("id", "name")),
        breadcrumb=lambda path: list(node(path).get_ancestors().values_list("id", "name")),
        search=lambda text: list(
            MaterializedPath.objects.filter(name_initials__contains=text).values_list("id", "name")[
                :50
            ]
        ),
        move=move,
    )


def _all(work: dict[str, Any], **acts: Callable[..., object]) -> dict[str, list[float]]:
    done = {
        name: _timed([lambda one=one, act=acts[name]: act(one) for one in work[name]])
        for name in ("subtree", "breadcrumb", "search")
    }
    done["move"] = _timed(
        [lambda path=path, to=to: acts["move"](path, to) for path, to in work["move"]]
    )
    return done


if __name__ == "__main__":
    told = json.loads(sys.stdin.read())
    known = build(sys.argv[1])
    sys.stdout.write(json.dumps({"mptt": _nested(told, known), "treebeard": _paths(told, known)}))
