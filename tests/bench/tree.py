"""The tree at the size of the largest unit: 226,400 organisations in one schema.

A sub-tree, the way up from any organisation, a search by pinyin initials, and the move of a
sub-tree of 1,000 with everything that a move does here (the record, the history, the scopes of
roles, the rows of other apps).  Sub-trees are asked for twice: of any organisation (``subtree``;
96 in 100 are leaves, so it is the price of asking at all) and of those with something below them
(``inner_subtree``), which is what people open.

The baselines are django-mptt, which keeps nested sets, and django-treebeard's MP_Node, in a plain
project on the same database, on the same organisations.  Ratios are to django-mptt: it is what
most projects with a tree have, and beside it stands the parent's key that ours has too.
treebeard's slower mode, NS_Node, keeps the same two numbers and pays the same for a move; its
faster one is told with the figures.  Both are used as their documentation has it.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, connections

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.organizations import selectors
from tenant_apps.organizations.models import LABEL_WIDTH, Kind, Organization
from tenant_apps.organizations.services import intake, moving
from tenant_apps.organizations.services.intake import NewOrganization
from tenant_apps.organizations.services.turns import Decision
from tests.bench.trees.timing import Meter, percentile
from tests.database import open_unit
from tests.onboarding.processes import environment

Measured = dict[str, dict[str, list[float]]]
SIZE = 226_400
SYSTEMS, COMMITTEES, GENERAL_BRANCHES, BRANCHES = 15, 15, 37, 26
ASKED = {"subtree": 1000, "inner_subtree": 1000, "breadcrumb": 300, "search": 100, "move": 12}
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
    """``figures`` and ``baselines`` are milliseconds, ``ratios`` at p95 to django-mptt.  ``main``
    is the least of the five by the clock, ``processor`` the least in processor time of the process
    and of its backend, which a busy machine does not bend.
    """
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
    figures, baselines = _told(ours), {}
    for package, acts in plain.items():
        baselines |= _told(acts, f"{package}_")
    by_clock = {name: _ratio(plain["mptt"][name], ours[name], "wall") for name in ours}
    by_processor = {name: _ratio(plain["mptt"][name], ours[name], "processor") for name in ours}
    return {
        "figures": {"organizations": size, **figures},
        "baselines": baselines,
        "ratios": {
            "main": min(by_clock.values()),
            "processor": min(by_processor.values()),
            **by_clock,
            **{f"{name}_processor": ratio for name, ratio in by_processor.items()},
        },
    }


def _told(acts: Measured, prefix: str = "") -> dict[str, float]:
    """``subtree_p95_ms`` by the clock, ``subtree_processor_p95_ms`` where the backend is seen."""
    told = {}
    for name, taken in acts.items():
        told[f"{prefix}{name}_p50_ms"] = percentile(taken["wall"], 50)
        told[f"{prefix}{name}_p95_ms"] = percentile(taken["wall"], 95)
        if taken["processor"]:
            told[f"{prefix}{name}_processor_p95_ms"] = percentile(taken["processor"], 95)
    return told


def _ratio(theirs: dict[str, list[float]], own: dict[str, list[float]], by: str) -> float:
    """How much longer they take at p95; 0 where it was not measured."""
    return round(percentile(theirs[by], 95) / percentile(own[by], 95), 2) if own[by] else 0.0


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
    inner = sorted({path[:-LABEL_WIDTH] for path, _ in rows} - {""})
    thousand = [path for path, _ in rows if len(path) == 12]
    systems = [path for path, _ in rows if len(path) == 8]
    movers = chance.sample(thousand, min(ASKED["move"], len(thousand)))
    return {
        "subtree": [path for path, _ in chance.choices(rows, k=ASKED["subtree"])],
        "inner_subtree": chance.choices(inner, k=ASKED["inner_subtree"]),
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


def _ours(actor: Actor, work: dict[str, Any]) -> Measured:
    """By the functions that pages and API call, with their check of the actor's scope."""
    keys = dict(Organization.objects.values_list("path", "id"))

    def move(one: tuple[str, str]) -> None:
        now = dt.datetime.now(dt.UTC)
        orgs = Organization.objects.in_bulk([keys[path] for path in one])
        moving.move(
            organization=orgs[keys[one[0]]], parent=orgs[keys[one[1]]],
            decision=Decision(now.date(), "bench"), actor=actor, now=now,
        )  # fmt: skip

    def subtree(path: str) -> object:
        return selectors.subtree_of(actor, keys[path])

    acts: dict[str, Callable[[Any], object]] = {
        "subtree": subtree,
        "inner_subtree": subtree,
        "breadcrumb": lambda path: selectors.way_to(actor, keys[path]),
        "search": lambda text: list(selectors.search(actor, text)[:50]),
        "move": move,
    }
    meter = Meter(connection)
    return {name: meter.measure(name, act, work[name]) for name, act in acts.items()}


def _baselines(schema: str, work: dict[str, Any]) -> dict[str, Measured]:
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder)) | {"DJANGO_SETTINGS_MODULE": "tests.bench.trees.settings"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.trees", schema],
            env=env, cwd=settings.ROOT, input=json.dumps(work), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer: dict[str, Measured] = json.loads(done.stdout.splitlines()[-1])
    return answer
