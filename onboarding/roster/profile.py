"""What the cells of a column look like, whatever its heading says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from kernel.sheets.reading import Cell

from . import codes
from .fields import Field
from .organisations import looks_like_organisation
from .values import compact, day, fen, identity

_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜"
    "戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段漕钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪"
    "翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童"
    "欧阳上官司马诸葛慕容甄项曲成游裴席卫查屈鲍位覃霍翁隋植甘景薄单包柏宁柯阮桂闵解强丘肖付闫代仇麦骆边褚娄车"
    "房艾买阿热吐古努库艾巴玉尼洛扎次格达旺索尕才华冉宫瞿尚应佟党米冷池敖苟晏喻计占麻"
)
_NAME = re.compile(r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff·]{3,20}")
_PHONE = re.compile(r"(?:\+?86)?1\d{8,11}|0\d{2,3}-?\d{7,8}")
_ID = re.compile(r"\d{14,18}[\dXx]?")
_CODE = re.compile(r"(?=.*\d)[0-9A-Za-z][0-9A-Za-z.\-]{0,23}")
_YEAR_MONTH = re.compile(r"(19|20)\d\d\.(0[1-9]|1[0-2]?)")
_POST = re.compile(r"书记|委员|组长|党员$")


def _is_name(value: str) -> bool:
    return (
        bool(_NAME.fullmatch(value))
        and (value[0] in _SURNAMES or "·" in value)
        and codes.ethnicity(value) is None
        and not _POST.search(value)
        and not looks_like_organisation(value)
        and codes.education(value) is None
    )


def _is_amount(value: str) -> bool:
    if codes.dues_category(value) in codes.FIXED_RATE:
        return True
    exact = fen(value)
    return exact is not None and 0 <= exact < 100_000_000


_TESTS: dict[str, Callable[[str], bool]] = {
    "id": lambda value: bool(_ID.fullmatch(value.strip("'`"))),
    "phone": lambda value: bool(_PHONE.fullmatch(value.replace("-", ""))),
    "name": _is_name,
    "gender": lambda value: value in ("男", "女", "男性", "女性"),
    "ethnicity": lambda value: codes.ethnicity(value) is not None,
    "education": lambda value: codes.education(value) is not None,
    "date": lambda value: day(value) is not None,
    "amount": _is_amount,
    "person": lambda value: codes.person_category(value) is not None,
    "dues": lambda value: codes.dues_category(value) is not None,
    "org": looks_like_organisation,
    "yes": lambda value: codes.yes(value) is not None,
    "post": lambda value: bool(_POST.search(value)) and not looks_like_organisation(value),
    "code": lambda value: bool(_CODE.fullmatch(value)) and value.count(".") == 0,
}
EXPECTS: dict[Field, str] = {
    Field.IDENTITY: "id",
    Field.PHONE: "phone",
    Field.NAME: "name",
    Field.GENDER: "gender",
    Field.ETHNICITY: "ethnicity",
    Field.EDUCATION: "education",
    Field.BIRTH: "date",
    Field.JOINED: "date",
    Field.FULL: "date",
    Field.DUES_BASE: "amount",
    Field.PENSION: "amount",
    Field.PERSON_CATEGORY: "person",
    Field.DUES_CATEGORY: "dues",
    Field.RETIRED: "yes",
}
FITS: dict[Field, str] = {
    **EXPECTS,
    Field.ORG: "org",
    Field.POSTS: "post",
    Field.MEMBER_ORG_CODE: "code",
}
DISTINCT = ("id", "phone", "gender", "ethnicity", "name", "date", "education", "org")


@dataclass(slots=True)
class Profile:
    """Share of the filled cells that look like each kind, 0 to 1, and how many were filled."""

    filled: int = 0
    distinct: int = 0
    share: dict[str, float] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    births: float = 0.0

    def of(self, kind: str) -> float:
        """The share of one kind; 0 for an empty column."""
        return self.share.get(kind, 0.0)

    @property
    def kind(self) -> str:
        """The telling kind this column plainly is, or an empty string."""
        for kind in DISTINCT:
            if self.of(kind) >= 0.8:
                return kind
        return ""


def profiles(rows: Iterable[list[Cell]], width: int) -> list[Profile]:
    """One profile per column of the sampled rows."""
    columns: list[list[Cell]] = [[] for _ in range(width)]
    for row in rows:
        for index, cell in enumerate(row[:width]):
            columns[index].append(cell)
    found = [_profile(cells) for cells in columns]
    ids = max(range(width), key=lambda index: found[index].of("id"), default=None)
    if ids is not None and found[ids].of("id") > 0.5:
        births = [identity(cell).birth_on for cell in columns[ids]]
        for index, profile in enumerate(found):
            if profile.of("date") > 0.5:
                profile.births = _agreement(columns[index], births)
    return found


def _profile(cells: list[Cell]) -> Profile:
    filled = [cell for cell in cells if cell != "" and compact(cell)]
    if not filled:
        return Profile()
    words = [compact(cell) for cell in filled]
    share = {kind: sum(map(test, words)) / len(words) for kind, test in _TESTS.items()}
    dates = sum(isinstance(cell, dt.date) for cell in filled) / len(filled)
    share["date"] = max(share["date"], dates)
    unlike = share["id"] + share["phone"]
    share["date"] = 0.0 if unlike > 0.5 else share["date"]
    if len(words) > 20 and len(set(words)) > 0.7 * len(words):
        share["code"] = 0.0
    if sum(bool(_YEAR_MONTH.fullmatch(word)) for word in words) > 0.9 * len(words):
        share["amount"] = 0.0
    share["sequence"] = _ascending(words)
    samples = tuple(dict.fromkeys(words))[:3]
    return Profile(len(filled), len(set(words)), share, samples)


def _ascending(words: list[str]) -> float:
    """Whether a column only counts its rows: 1, 2, 3, …"""
    if not all(word.isdigit() and len(word) < 7 for word in words):
        return 0.0
    steps = [int(after) > int(before) for before, after in pairwise(words)]
    return sum(steps) / len(steps) if steps else 0.0


def _agreement(cells: list[Cell], births: list[dt.date | None]) -> float:
    """How often a column's date is the birthday that the identity number holds."""
    pairs = [
        (found, birth)
        for cell, birth in zip(cells, births, strict=True)
        if birth and (found := day(cell))
    ]
    same = sum(
        found.on.year == birth.year and (found.precision < 2 or found.on.month == birth.month)
        for found, birth in pairs
    )
    return same / len(pairs) if pairs else 0.0
