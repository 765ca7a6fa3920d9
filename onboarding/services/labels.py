"""The label in front of the platform's domain: proposed from pinyin initials, editable."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings
from pypinyin import Style, lazy_pinyin

from tenants import selectors as units
from tenants.cells import faces

_TAILS: Final = re.compile(r"(股份)?有限(责任)?公司$|（.*?）|\(.*?\)")


def proposed(unit_name: str) -> str:
    """彭城水务集团 -> ``pcswjt``; with a number behind it when that is taken or reserved."""
    bare = _TAILS.sub("", unit_name.strip()) or unit_name
    initials = "".join(lazy_pinyin(bare, style=Style.FIRST_LETTER, errors=_ascii_only))
    stem = re.sub(r"^[^a-z]+", "", initials.lower())[:20]
    if len(stem) < 2:
        stem = f"dw{stem}"
    candidate, number = stem, 1
    while not is_free(candidate):
        number += 1
        candidate = f"{stem}{number}"
    return candidate


def is_free(label: str) -> bool:
    """Whether no unit and no face of the platform has this label."""
    return not faces.is_reserved(label) and units.label_is_free(label)


def host_of(label: str) -> str:
    """``pcswjt`` -> ``pcswjt.localhost``."""
    return f"{label}.{settings.BASE_DOMAIN}"


def address_of(label: str) -> str:
    """The address people type, with the port where it is not the usual one."""
    usual = {"http": 80, "https": 443}[settings.SCHEME]
    port = "" if usual == settings.PORT else f":{settings.PORT}"
    return f"{settings.SCHEME}://{host_of(label)}{port}"


def _ascii_only(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalnum())
