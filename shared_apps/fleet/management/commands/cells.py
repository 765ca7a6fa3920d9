"""``gongjian cells WORD``: the cells under this domain, from the control cell.

list                   the other cells: where, how fresh, what is wrong
add NAME --url URL     add a cell, or change where the edge finds it
map                    the map of the edge (nginx) from the directory
hand-over UNIT --to NAME
give a unit's names to another cell, before it is imported there
exchange               pull the directory and send the summary now
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError, Invalid
from shared_apps.fleet.services import summaries
from shared_apps.people.services import events
from tenants import selectors as directory
from tenants.cells import names, registry

REFUSED: Final = 2
_WORDS: Final = ("list", "add", "map", "hand-over", "exchange")


class CellNeeded(Invalid):
    code = "cell_needed"
    sentence = "请给出名字：add 和 --to 后面是分区名，hand-over 后面是单位的访问地址。"


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("word", choices=_WORDS)
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("--url", default="", help="where the edge reaches the cell's processes")
        parser.add_argument("--console", default="", help="its console, if not the usual host")
        parser.add_argument("--to", default="", help="the cell that gets the names")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = getattr(self, f"_{options['word'].replace('-', '_')}")(options)
        except DomainError as refused:
            if options["json"]:
                error = {"error": {"code": refused.code, "message": refused.message}}
                self.stdout.write(json.dumps(error, ensure_ascii=False))
            self.stderr.write(refused.message)
            sys.exit(REFUSED)
        as_json = options["json"] or not isinstance(told, str)
        self.stdout.write(json.dumps(told, ensure_ascii=False) if as_json else told)

    def _list(self, options: dict[str, Any]) -> str | list[dict[str, Any]]:
        registry.require_control()
        found = registry.told(registry.others(), now=clock.now())
        if options["json"]:
            return found
        lines = [f"{settings.CELL:12} 本分区（总控）"]
        lines += [f"{one['name']:12} {one['upstream']}  {_standing(one)}" for one in found]
        return "\n".join(lines)

    def _add(self, options: dict[str, Any]) -> dict[str, Any]:
        now = clock.now()
        cell = registry.add(
            name=_given(options["name"]), upstream=options["url"], console=options["console"],
            actor=_ACTOR, now=now,
        )  # fmt: skip
        events.record("cell.added", actor=_ACTOR, now=now, cell=cell.name, url=cell.upstream)
        return {"name": cell.name, "upstream": cell.upstream, "console": cell.console}

    def _map(self, options: dict[str, Any]) -> str:
        return registry.edge_map()

    def _hand_over(self, options: dict[str, Any]) -> dict[str, Any]:
        registry.require_control()
        registry.require_listed(to := _given(options["to"]))
        label, code, now = *_names_of(_given(options["name"])), clock.now()
        names.hand_over(label=label, credit_code=code, to=to, now=now)
        events.record("cell.names_handed_over", actor=_ACTOR, now=now, cell=to, label=label)
        return {"label": label, "credit_code": code, "cell": to}

    def _exchange(self, options: dict[str, Any]) -> dict[str, Any]:
        summaries.exchange()
        return {"cell": settings.CELL, "problem": summaries.problem()}


_ACTOR: Final = Actor.system("cells 命令")


def _given(name: str) -> str:
    if not name:
        raise CellNeeded
    return name


def _names_of(name: str) -> tuple[str, str]:
    """Label and credit code of a unit of this cell or of another one."""
    unit = directory.unit_by_label(name) or registry.distant_unit(name)
    if unit is None:
        raise directory.UnknownUnit
    return unit.label, unit.credit_code


def _standing(one: dict[str, Any]) -> str:
    parts = [f"数据截至 {one['as_of'] or '—'}"]
    if one["is_old"]:
        parts.append("不是最新")
    if one["conflicts"]:
        parts.append(f"名称冲突 {'、'.join(one['conflicts'])}")
    if one["refused"]:
        parts.append(f"最近一次来信被拒绝（{one['refused']}）")
    return "，".join(parts)
