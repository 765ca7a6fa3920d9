"""``./gongjian bench NAME --json``: figures of an issue, measured in an installation of its own.

A bench is a module of this package with ``run(options) -> dict`` that returns ``figures``,
``baselines`` and ``ratios`` of one run on one machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
from pathlib import Path

KEPT = {"fleet", "member-list"}
"""Benches whose database stays and is built on by the next run of the same size."""


def main() -> int:
    names = sorted(
        p.stem.replace("_", "-")
        for p in Path(__file__).parent.glob("[a-z]*.py")
        if "def run(" in p.read_text()
    )
    parser = argparse.ArgumentParser(prog="gongjian bench", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--rows", "--lines", type=int, help="rows of input, where the bench reads any"
    )
    parser.add_argument("--units", type=int, help="units, where the bench opens any")
    parser.add_argument("--members", type=int, help="members of them, where the bench counts any")
    parser.add_argument("--minutes", type=float, help="how long the bench may take (chaos)")
    parser.add_argument(
        "--seed-only", action="store_true", help="build the load and measure nothing (fleet)"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what a bench started, it ends
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    is_kept = options.name in KEPT
    if is_kept:
        size = options.units or options.rows or "whole"
        os.environ["KEPT_DATABASE"] = f"gongjian_bench_{options.name}_{size}"

    import django  # noqa: PLC0415 - after the settings are chosen

    django.setup()
    from tests.database import installation, kept_installation  # noqa: PLC0415 - needs Django

    with (kept_installation if is_kept else installation)():
        result = {
            "bench": options.name,
            **importlib.import_module(f"tests.bench.{options.name.replace('-', '_')}").run(options),
        }
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for part in ("figures", "baselines", "ratios"):
            for key, value in result[part].items():
                print(f"{part:10} {key:40} {value}")
    return 1 if result.get("off") else 0


if __name__ == "__main__":
    sys.exit(main())
