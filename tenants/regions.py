"""行政区划 (GB/T 2260): provinces and prefectures by name, counties by the shape of the code."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from kernel.errors import Invalid

_FILE: Final = Path(__file__).with_name("regions.json")
_SHAPE: Final = re.compile(r"\d{6}")


class UnknownRegion(Invalid):
    code = "region_unknown"
    sentence = "行政区划代码「{code}」不存在，请从列表中选择省、市，县级代码为 6 位数字。"


class Province(NamedTuple):
    """``cities`` are (code, name) pairs in the order of the standard."""

    code: str
    name: str
    cities: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1)
def provinces() -> tuple[Province, ...]:
    """All provinces with their prefectures."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Province(
            code=code + "0000",
            name=name,
            cities=tuple((f"{code}{digits}00", city) for digits, city in cities.items()),
        )
        for code, (name, cities) in rows.items()
    )


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = {province.code: province.name for province in provinces()}
    for province in provinces():
        names.update({code: f"{province.name}{name}" for code, name in province.cities})
    return names


def checked(code: str) -> str:
    """A code of a province, a listed prefecture, or a county of one; raises UnknownRegion."""
    if not _SHAPE.fullmatch(code) or f"{code[:2]}0000" not in _names():
        raise UnknownRegion(code=code)
    if code[2:4] != "00" and f"{code[:4]}00" not in _names():
        raise UnknownRegion(code=code)
    return code


def recognised(text: str) -> str:
    """A code, or a place as people write it: 江苏省徐州市云龙区 -> ``320300``, 徐州 likewise.

    A county is known by its code only: a name counts as far as its prefecture, and one that
    several provinces have must say which.  Raises UnknownRegion.
    """
    bare = re.sub(r"\s+", "", text)
    if _SHAPE.fullmatch(bare):
        return checked(bare)
    begins = [(len(name), code) for name, code in _spellings() if bare.startswith(name)]
    furthest = {code for length, code in begins if length == max(begins)[0]}
    if len(furthest) != 1:
        raise UnknownRegion(code=text)
    return furthest.pop()


@lru_cache(maxsize=1)
def _spellings() -> tuple[tuple[str, str], ...]:
    """Every way in which a province or prefecture begins, with its code."""
    spelt = []
    for province in provinces():
        short = _bare(province.name)
        spelt += [(province.name, province.code), (short, province.code)]
        for code, name in province.cities:
            spelt += [(before + name, code) for before in ("", short, province.name)]
            spelt += [(before + _bare(name), code) for before in ("", short, province.name)]
    return tuple((name, code) for name, code in spelt if len(name) > 1)


def _bare(name: str) -> str:
    """江苏省 -> 江苏, 徐州市 -> 徐州; what is too short without its ending keeps it."""
    short = re.sub(r"(壮族自治区|回族自治区|维吾尔自治区|自治区|省|市|地区|盟)$", "", name)
    return short if len(short) > 1 else name


def label(code: str) -> str:
    """``320303`` -> ``江苏省徐州市（320303）``; what is not listed keeps its digits."""
    city = _names().get(f"{code[:4]}00") or _names().get(f"{code[:2]}0000")
    if city is None:
        return "待定" if code == "000000" else code
    return city if code.endswith("00") else f"{city}（{code}）"


def province_name(code: str) -> str:
    """The province a code lies in, for figures by region."""
    return _names().get(f"{code[:2]}0000", "待定")
