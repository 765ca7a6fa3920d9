"""Packs as stored, turned into objects that compute.

A pack is immutable once shipped and changes only with ``setup``, which runs before the
processes start; so each process reads the table once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kernel.errors import NotFound
from kernel.money import yuan
from shared_apps.rules.models import RulePack

from .dues import (
    BaseItem,
    Bracket,
    Document,
    DuesPack,
    FixedCategory,
    Parameter,
    Provision,
    RatedCategory,
    Treatment,
)


class NoRulesInForce(NotFound):
    code = "rules_not_in_force"
    sentence = "平台没有 {on} 适用的党费规则，请联系平台运维人员。"


def dues_pack(on: dt.date) -> DuesPack:
    """The dues rules in force on ``on``; raises NoRulesInForce."""
    for pack in dues_packs():
        if pack.effective_from <= on and (pack.effective_to is None or on <= pack.effective_to):
            return pack
    raise NoRulesInForce(on=on.isoformat())


def dues_packs() -> tuple[DuesPack, ...]:
    """Every version of the dues rules, the newest first."""
    packs = _dues_packs()
    if not packs:  # asked before the first ``setup``: do not remember that there was nothing
        _dues_packs.cache_clear()
    return packs


def forget() -> None:
    """Drops what this process remembers; for the service that stores packs."""
    _dues_packs.cache_clear()


@lru_cache(maxsize=1)
def _dues_packs() -> tuple[DuesPack, ...]:
    rows = RulePack.objects.filter(code="dues").order_by("-effective_from")
    return tuple(read_dues_pack(row.content, checksum=row.checksum) for row in rows)


def read_dues_pack(content: Mapping[str, Any], *, checksum: str) -> DuesPack:
    """Turns a pack file into the object; a malformed file raises KeyError."""

    def article(entry: Mapping[str, Any]) -> str:
        document = content["documents"][entry["document"]]
        return f"{document['number'] or document['name']}{entry['article']}"

    parameters = {
        key: Parameter(key, entry["value"], article(entry), entry.get("note", ""))
        for key, entry in content["parameters"].items()
    }
    ends = content["effective_to"]
    return DuesPack(
        version=content["version"],
        title=content["title"],
        effective_from=dt.date.fromisoformat(content["effective_from"]),
        effective_to=dt.date.fromisoformat(ends) if ends else None,
        checksum=checksum,
        documents=tuple(
            Document(d["name"], d["number"]) for d in content["documents"].values() if d["number"]
        ),
        rated={e["category"]: _rated(e, article(e)) for e in content["rated"]},
        fixed={
            e["category"]: FixedCategory(
                e["category"],
                e["label"],
                article(e),
                e["least_fen"],
                e["most_fen"],
                e["default_fen"],
            )
            for e in content["fixed"]
        },
        parameters=parameters,
        base_items={
            e["code"]: BaseItem(e["code"], e["label"], Treatment(e["treatment"]), article(e))
            for e in content["base_items"]
        },
        exemption=Provision(content["exemption"]["text"], article(content["exemption"])),
        first_month=Provision(content["first_month"]["text"], article(content["first_month"])),
        month_cap_fen=content["parameters"]["month_cap_fen"]["value"],
        large_extra_fen=content["parameters"]["large_extra_fen"]["value"],
        central_ratio_bp=content["parameters"]["central_ratio_bp"]["value"],
        default_rounding=content["parameters"]["rounding"]["value"],
    )


def _rated(entry: Mapping[str, Any], article: str) -> RatedCategory:
    brackets: list[Bracket] = []
    above = 0
    for band in entry["brackets"]:
        up_to = band["up_to_fen"]
        brackets.append(Bracket(above, up_to, band["rate_bp"], _label(above, up_to)))
        above = up_to or above
    return RatedCategory(
        entry["category"],
        entry["label"],
        entry["base_label"],
        article,
        tuple(brackets),
        tuple(b.up_to_fen for b in brackets if b.up_to_fen is not None),
    )


def _label(above_fen: int, up_to_fen: int | None) -> str:
    low, high = (yuan(fen).removesuffix(".00") for fen in (above_fen, up_to_fen or 0))
    if up_to_fen is None:
        return f"{low} 元以上"
    return f"{low} 元至 {high} 元（含）" if above_fen else f"{high} 元以下（含）"
