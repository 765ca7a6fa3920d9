"""The stored versions of the rules of admission, by day and by name."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from kernel.errors import NotFound
from shared_apps.rules.models import RulePack

from .admission import AdmissionPack, read_admission_pack


class NoAdmissionRules(NotFound):
    code = "admission_rules_not_in_force"
    sentence = "平台没有 {on} 适用的发展党员规则，请联系平台运维人员。"


def admission_pack(on: dt.date) -> AdmissionPack:
    """The rules in force on a day; raises NoAdmissionRules before the first version."""
    for pack in admission_packs():
        if pack.effective_from <= on and (pack.effective_to is None or on <= pack.effective_to):
            return pack
    raise NoAdmissionRules(on=on.isoformat())


def admission_pack_named(version: str) -> AdmissionPack:
    """A version by its name, in force or not: what a started step is judged by."""
    for pack in admission_packs():
        if pack.version == version:
            return pack
    raise NoAdmissionRules(on=version)


def admission_packs() -> tuple[AdmissionPack, ...]:
    """Every version, the newest first."""
    packs = _packs()
    if not packs:  # asked before the first ``setup``: do not remember that there was nothing
        forget()
    return packs


def forget() -> None:
    """Drops what this process remembers; for the service that stores packs."""
    _packs.cache_clear()


@lru_cache(maxsize=1)
def _packs() -> tuple[AdmissionPack, ...]:
    rows = RulePack.objects.filter(code="admission").order_by("-effective_from")
    return tuple(read_admission_pack(row.content) for row in rows)
