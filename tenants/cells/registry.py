"""The cells besides the control cell: adding one, what came from it, the map of the edge."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from kernel import cache
from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, Invalid
from tenants import selectors
from tenants.cells import directory, faces, letters, names
from tenants.cells.distant import DistantUnit
from tenants.cells.models import Cell

OLD: Final = dt.timedelta(minutes=10)
"""A summary that nothing newer followed for so long is shown as old."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,19}")
_USUAL_PORTS: Final = {"http": 80, "https": 443}


class CellNameMalformed(Invalid):
    code = "cell_name"
    sentence = "分区名用 2 到 20 个小写字母或数字，以字母开头，且不能是本分区的名字。"


class CellUrlMalformed(Invalid):
    code = "cell_url"
    sentence = "请给出分区的地址，例如 http://10.0.0.5:8000。"


class CellKeyMissing(Conflict):
    code = "cell_key_missing"
    sentence = "环境变量 CELL_KEYS 里还没有分区「{cell}」的密钥，请先配置并重启。"


class NotControl(Conflict):
    code = "cell_not_control"
    sentence = "只有总控分区管理名录，请到总控分区执行。"


class SummaryReplayed(Conflict):
    code = "cell_summary_replayed"
    sentence = "汇总 {serial} 不比已收到的 {known} 新，没有采用。"


class CellUnlisted(Conflict):
    code = "cell_unlisted"
    sentence = "分区「{cell}」还没有登记，请先在总控分区执行 gongjian cells add。"


def add(*, name: str, upstream: str, console: str, actor: Actor, now: dt.datetime) -> Cell:
    """Adds a cell, or changes where it is found.  ``console`` blank: its host at the edge.

    Raises NotControl, CellNameMalformed, CellUrlMalformed, CellKeyMissing.
    """
    require_control()
    if not _NAME.fullmatch(name) or name == settings.CELL:
        raise CellNameMalformed
    if not letters.keys_of(name):
        raise CellKeyMissing(cell=name)
    where = _checked_url(upstream)
    console = _checked_url(console) if console else _console_of(name)
    made, _ = Cell.objects.update_or_create(
        name=name,
        defaults={"upstream": where, "console": console},
        create_defaults={
            "upstream": where, "console": console, "added_at": now, "added_by": actor.name,
        },
    )  # fmt: skip
    return made


def require_control() -> None:
    """Raises NotControl."""
    if not faces.is_control():
        raise NotControl


def require_listed(cell: str) -> None:
    """Raises CellUnlisted."""
    if not Cell.objects.filter(pk=cell).exists():
        raise CellUnlisted(cell=cell)


def others() -> list[Cell]:
    """The cells besides this one, in the control cell; none anywhere else."""
    return list(Cell.objects.all())


def distant_unit(label: str) -> DistantUnit | None:
    """The unit of another cell that has this label, as that cell last told."""
    return DistantUnit.objects.filter(label=label).first()


def console_of(cell: str) -> str:
    """Where the operators of a cell work; blank for this one: its pages are on this host.

    Kept for a minute, for a list asks for every row.
    """
    if cell == settings.CELL:
        return ""
    found: dict[str, str] | None = cache.get("cells:consoles")
    if found is None or cell not in found:
        found = dict(Cell.objects.values_list("name", "console"))
        cache.put("cells:consoles", found, seconds=60)
    return found.get(cell, "")


def is_old(cell: Cell, *, now: dt.datetime) -> bool:
    """Whether what the cell last told is so old that its figures may be wrong."""
    return cell.as_of is None or now - cell.as_of > OLD


def lock_for_summary(*, cell: str, serial: int) -> Cell:
    """The cell's row, locked, for a summary that is newer than the last one.

    In the transaction in progress.  Raises CellUnlisted, SummaryReplayed.
    """
    held = Cell.objects.select_for_update().filter(pk=cell).first()
    if held is None:
        raise CellUnlisted(cell=cell)
    if serial <= held.serial:
        raise SummaryReplayed(serial=serial, known=held.serial)
    return held


def took_in(
    cell: Cell, *, serial: int, as_of: dt.datetime, conflicts: list[str], now: dt.datetime
) -> None:
    """Notes the summary that was taken in; a refusal before it is settled with that."""
    cell.serial, cell.as_of, cell.received_at = serial, as_of, now
    cell.conflicts, cell.refused_at, cell.refused_code = conflicts, None, ""
    cell.save()


def turned_away(*, cell: str, code: str, now: dt.datetime) -> bool:
    """Notes that a letter in the name of the cell was refused; returns whether this is new."""
    with transaction.atomic():
        held = Cell.objects.select_for_update().filter(pk=cell).first()
        is_new = held is not None and held.refused_code != code
        if held is None or not (is_new or _is_a_while_ago(held.refused_at, now)):
            return False
        held.refused_at, held.refused_code = now, code
        held.save(update_fields=["refused_at", "refused_code"])
    return is_new


def settle_own(*, now: dt.datetime) -> None:
    """Frees what no unit of the control cell has any more, where another cell could want it."""
    if not Cell.objects.exists():
        return
    labels, codes = selectors.names_in_use()
    names.settle(cell=settings.CELL, labels=labels, codes=codes, as_of=now)


def edge_map() -> str:
    """An nginx ``map`` from host to upstream: what is not another cell's goes to this one, which
    answers for every host that nobody has.  The same directory gives the same text.
    """
    require_control()
    cells = {cell.name: cell for cell in Cell.objects.all()}
    number, labels = directory.labels_by_cell()
    lines = [
        f"# 名录编号 {number}，由 gongjian cells map 生成，请勿手改",
        "map $host $gongjian_upstream {",
        "    default gongjian_control;",
    ]
    for name in sorted(cells):
        own = [*faces.labels_of(name, control=settings.CELL), *labels.get(name, [])]
        lines += [
            f"    {label}.{settings.BASE_DOMAIN} gongjian_{name};" for label in sorted(set(own))
        ]
    lines.append("}")
    lines += [
        f"upstream gongjian_{name} {{ server {urlsplit(cells[name].upstream).netloc}; }}"
        for name in sorted(cells)
    ]
    return "\n".join(lines) + "\n"


def told(cells: Iterable[Cell], *, now: dt.datetime) -> list[dict[str, Any]]:
    """The cells for a list: where, how fresh, what is wrong."""
    return [
        {
            "name": cell.name,
            "upstream": cell.upstream,
            "console": cell.console,
            "as_of": f"{cell.as_of.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if cell.as_of else "",
            "is_old": is_old(cell, now=now),
            "conflicts": cell.conflicts,
            "refused": cell.refused_code,
        }
        for cell in cells
    ]


def _is_a_while_ago(at: dt.datetime | None, now: dt.datetime) -> bool:
    """So that whoever sends refused letters by the thousand does not have each written down."""
    return at is None or now - at > dt.timedelta(minutes=1)


def _console_of(name: str) -> str:
    (label, *_) = faces.labels_of(name, control=settings.CELL)
    is_usual = _USUAL_PORTS[settings.SCHEME] == settings.PORT
    port = "" if is_usual else f":{settings.PORT}"
    return f"{settings.SCHEME}://{label}.{settings.BASE_DOMAIN}{port}"


def _checked_url(text: str) -> str:
    url = text.strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in _USUAL_PORTS or not parts.netloc or parts.path or parts.query:
        raise CellUrlMalformed
    if not re.fullmatch(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?", parts.netloc):
        raise CellUrlMalformed
    return url
