"""The tree at the size of the largest unit: 226,400 organisations in one schema.

Any sub-tree, the way up from any organisation, a search by pinyin initials, and the move of a
sub-tree of 1,000 with everything that a move does here (the record, the history, the scopes of
roles, the rows of other apps).  The baselines are django-mptt, which keeps nested sets, and
django-treebeard's MP_Node, in a plain project on the same database, on the same organisations.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connections

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.organizations import selectors
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import intake, moving
from tenant_apps.organizations.services.intake import NewOrganization
from tenant_apps.organizations.services.turns import Decision
from tests.bench.page import _percentile
from tests.database import open_unit
from tests.onboarding.processes import environment

SIZE = 226_400
SYSTEMS, COMMITTEES, GENERAL_BRANCHES, BRANCHES = 15, 15, 37, 26
ASKED = {"subtree": 300, "breadcrumb": 300, "search": 100, "move": 12}
PLACES = ("云龙", "鼓楼", "泉山", "铜山", "贾汪", "沛县", "睢宁", "新沂", "邳州", "丰县")
TRADES = (
    "供水",
    "供电",
    "燃气",
    "公交",
    "环卫",
    "园林",
    "市政",
    "住建",
    "交通",
    "水务",
    "农机",
    "粮食",
)


def run(options: Any) -> dict[str, Any]:
    """``figures`` and ``baselines`` are milliseconds at p95; ``ratios`` to django-mptt."""
    size = options.rows or SIZE
    unit = open_unit("alpha")
    actor = Actor(
        kind="person", name="bench", person_id=uuid7(), unit_id=unit.id,
        holdings=(Holding("unit_admin", ""),),
    )  # fmt: skip
    with unit_context(unit.id):
        intake.plant_tree(
            nodes=list(_nodes(size)), import_id=uuid4(), actor=actor, now=dt.datetime.now(dt.UTC)
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {unit.schema_name}.organizations_organization")
    with unit_context(unit.id):
        work = _work(random.Random(20261122))
        plain = _baselines(unit.schema_name, work)
        ours = _ours(actor, work)
    figures = {f"{name}_p95_ms": _percentile(taken, 95) for name, taken in ours.items()}
    baselines = {
        f"{package}_{name}_p95_ms": _percentile(taken, 95)
        for package, acts in plain.items()
        for name, taken in acts.items()
    }
    ratios = {
        name: round(baselines[f"mptt_{name}_p95_ms"] / figures[f"{name}_p95_ms"], 2)
        for name in ours
    }
    return {
        "figures": {"organizations": size, **figures},
        "baselines": baselines,
        "ratios": {"main": ratios["move"], **ratios},
    }


def _nodes(size: int) -> Iterator[NewOrganization]:
    """Five levels; each of the 225 committees of the third has 1,000 organisations with itself."""
    made = 0

    def new(key: str, name: str, kind: str, parent: str | None) -> NewOrganization:
        return NewOrganization(key, f"中共{name}{kind}{key}", name, kind, parent)

    yield new("r", "集团党委", Kind.COMMITTEE, None)
    for number in range(SYSTEMS):
        yield new(f"s{number}", f"{TRADES[number % 12]}系统党委", Kind.COMMITTEE, "r")
    made = 1 + SYSTEMS
    for committee in range(SYSTEMS * COMMITTEES):
        place = PLACES[committee % 10] + TRADES[committee % 12]
        above = f"c{committee}"
        yield new(above, f"{place}党委", Kind.COMMITTEE, f"s{committee % SYSTEMS}")
        for general in range(GENERAL_BRANCHES):
            yield new(f"{above}g{general}", f"{place}{general + 1}总支", Kind.GENERAL_BRANCH, above)
            for branch in range(BRANCHES):
                name = f"{place}{TRADES[(general + branch) % 12]}{branch + 1}支部"
                key = f"{above}g{general}b{branch}"
                yield new(key, name, Kind.BRANCH, f"{above}g{general}")
        made += 1 + GENERAL_BRANCHES * (1 + BRANCHES)
        if made >= size:
            return
    for extra in range(size - made):
        yield new(f"x{extra}", f"直属{extra}支部", Kind.BRANCH, f"s{extra % SYSTEMS}")


def _work(chance: random.Random) -> dict[str, Any]:
    """The same for everybody: paths to look at, texts to find, sub-trees to hang elsewhere."""
    rows = list(Organization.objects.order_by("path").values_list("path", "name_initials"))
    thousand = [path for path, _ in rows if len(path) == 12]
    systems = [path for path, _ in rows if len(path) == 8]
    movers = chance.sample(thousand, min(ASKED["move"], len(thousand)))
    return {
        "subtree": [path for path, _ in chance.choices(rows, k=ASKED["subtree"])],
        "breadcrumb": [path for path, _ in chance.choices(rows, k=ASKED["breadcrumb"])],
        "search": [
            initials[start : start + 4]
            for _, initials in chance.choices(rows, k=ASKED["search"])
            for start in [chance.randrange(max(1, len(initials) - 4))]
        ],
        "move": [
            (path, chance.choice([one for one in systems if one != path[:8]])) for path in movers
        ],
    }


def _ours(actor: Actor, work: dict[str, Any]) -> dict[str, list[float]]:
    """The reading of a sub-tree and of a way up as pages do it: an organisation, then its rows."""
    keys = dict(Organization.objects.values_list("path", "id"))

    def node(path: str) -> Organization:
        return Organization.objects.get(pk=keys[path])

    def subtree(path: str) -> None:
        visible = selectors.organizations_visible_to(actor)
        list(visible.filter(path__startswith=node(path).path).values_list("id", "name"))

    def search(text: str) -> None:
        list(selectors.search(actor, text).values_list("id", "name")[:50])

    def move(path: str, to: str) -> None:
        now = dt.datetime.now(dt.UTC)
        moving.move(
            organization=node(path), parent=node(to), decision=Decision(now.date(), "bench"),
            actor=actor, now=now,
        )  # fmt: skip

    done = {
        "subtree": _timed(subtree, work["subtree"]),
        "breadcrumb": _timed(
            lambda path: selectors.ancestors_of(actor, node(path)), work["breadcrumb"]
        ),
        "search": _timed(search, work["search"]),
    }
    done["move"] = _timed(lambda one: move(*one), work["move"])
    return done


def _timed(act: Callable[[Any], object], asked: list[Any]) -> list[float]:
    seconds = []
    for one in asked:
        began = time.perf_counter()
        act(one)
        seconds.append(time.perf_counter() - began)
    return seconds


def _baselines(schema: str, work: dict[str, Any]) -> dict[str, dict[str, list[float]]]:
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder)) | {"DJANGO_SETTINGS_MODULE": "tests.bench.trees.settings"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.trees", schema],
            env=env, cwd=settings.ROOT, input=json.dumps(work), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer: dict[str, dict[str, list[float]]] = json.loads(done.stdout.splitlines()[-1])
    return answer
