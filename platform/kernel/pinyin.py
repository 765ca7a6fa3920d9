"""Pinyin of names: what lists are sorted by and what people type to find somebody.

The tables of pypinyin are read once per character.  A family name has its own reading (曾 is
``zeng``, not ``ceng``); two-character family names come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pypinyin import lazy_pinyin

FAMILY_NAMES: Final[Mapping[str, str]] = {
    "尉迟": "yu chi", "万俟": "mo qi", "澹台": "tan tai", "长孙": "zhang sun",
    "单于": "chan yu", "令狐": "ling hu", "皇甫": "huang fu",
    "欧阳": "ou yang", "司徒": "si tu", "夏侯": "xia hou", "诸葛": "zhu ge",
    "慕容": "mu rong", "呼延": "hu yan", "宇文": "yu wen", "鲜于": "xian yu",
    "闾丘": "lv qiu", "亓官": "qi guan", "乐正": "yue zheng", "贺兰": "he lan",
    "曾": "zeng", "单": "shan", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao",
    "覃": "qin", "翟": "zhai", "解": "xie", "盖": "ge", "种": "chong", "华": "hua",
    "任": "ren", "缪": "miao", "乜": "nie", "员": "yun", "佴": "nai", "么": "yao",
    "召": "shao", "隗": "wei", "纪": "ji", "洗": "xian", "冼": "xian", "过": "guo",
    "那": "na", "能": "nai", "薄": "bo", "卜": "bu", "车": "che", "重": "chong",
    "折": "she", "祭": "zhai", "繁": "po", "秘": "bi", "宁": "ning", "燕": "yan",
    "应": "ying", "宓": "mi", "逄": "pang", "郇": "xun", "谌": "chen", "尹": "yin",
    "黑": "he", "撒": "sa", "哈": "ha", "教": "jiao", "晟": "cheng", "葛": "ge",
    "乐": "yue", "句": "gou", "瞿": "qu", "褚": "chu", "俞": "yu", "尉": "wei",
    "曲": "qu", "臧": "zang", "牟": "mu", "幺": "yao", "岑": "cen",
    "石": "shi", "都": "du", "沈": "shen", "贾": "jia", "阚": "kan", "适": "kuo",
    "角": "jue", "筰": "zuo", "笮": "ze", "炅": "gui", "戚": "qi", "谷": "gu",
}  # fmt: skip
"""Readings that differ from the common reading of the character, or that must not change."""

_LONGEST: Final = 2


@lru_cache(maxsize=32_768)
def _syllable(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    reading: str = lazy_pinyin(character)[0]
    return reading.lower() if reading.isascii() and reading.isalnum() else ""


def _syllables_of_name(name: str) -> Iterator[str]:
    for length in range(_LONGEST, 0, -1):
        reading = FAMILY_NAMES.get(name[:length])
        if reading and length < len(name):
            yield from reading.split()
            name = name[length:]
            break
    yield from filter(None, map(_syllable, name))


def of_name(name: str) -> tuple[str, str]:
    """A person's name as full pinyin and as initials: 曾国强 -> ``zengguoqiang``, ``zgq``."""
    syllables = tuple(_syllables_of_name(name.strip()))
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def initials(text: str) -> str:
    """The initials of any text: 第一水厂党支部 -> ``dyscdzb``."""
    return "".join(syllable[0] for syllable in map(_syllable, text) if syllable)
