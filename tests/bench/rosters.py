"""Rosters of invented units in the shapes that units hand over, each with its truth.

For the benches, the demo and the tests.  Every person is invented; identity numbers have valid
check characters over random area codes and birthdays.  ``make`` is deterministic in its seed.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

TODAY = dt.date(2026, 11, 22)
_FAMILY = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹"
    "严华金魏陶姜戚谢邹喻柏章苏潘葛范彭郎鲁韦马苗方俞任袁柳"
)
_GIVEN = (
    "安邦博超晨达德恩帆丰刚光海涵和恒宏慧嘉建杰景静俊"
    "康兰乐丽林玲露曼美明宁培琪倩青庆全仁荣瑞森诗思涛彤维文"
)
_DOUBLE = ("欧阳", "司徒", "尉迟", "令狐", "皇甫")
_REGIONS = (
    "320104",
    "320505",
    "330106",
    "340111",
    "350203",
    "360102",
    "420106",
    "430104",
    "500112",
)
_NATIONS = ("汉族",) * 30 + ("回族", "苗族", "藏族", "朝鲜族", "土家族", "维吾尔族")
_DEGREES = ("研究生", "大学本科", "大学专科", "中专", "高中", "初中")
_PLACES = (
    "机关",
    "生产一部",
    "生产二部",
    "质检",
    "仓储",
    "运输",
    "销售",
    "后勤",
    "老干部",
    "工程",
    "财务",
    "研发",
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FIXED = {"学生": 20, "下岗失业": 20, "低保": 20, "农牧民": 50}
FAULTS = (
    "id_check_digit",
    "name_missing",
    "duplicate_id",
    "unknown_org",
    "phone_invalid",
    "joined_in_future",
    "id_birth_mismatch",
    "base_not_a_number",
)


@dataclass(frozen=True, slots=True)
class Org:
    """An organisation; ``short`` is how people call it."""

    code: str
    name: str
    short: str
    kind: str
    parent: str


@dataclass(frozen=True, slots=True)
class Person:
    """A row as the unit wrote it, faults included."""

    name: str
    identity: str
    male: bool
    nation: str
    birth: dt.date
    degree: str
    org: Org
    joined: dt.date
    full: dt.date | None
    phone: str
    post: str
    category: str
    base: Decimal | str | None
    dues_fen: int
    fault: str = ""

    @property
    def kind(self) -> str:
        return "正式党员" if self.full else "预备党员"

    @property
    def gender(self) -> str:
        return "男" if self.male else "女"


@dataclass(frozen=True, slots=True)
class Truth:
    """What must come out: ``rejected`` maps (sheet, row) to the rule."""

    organisations: int
    accepted: int
    rejected: dict[tuple[str, int], str]
    probationary: int
    monthly_dues_fen: int


@dataclass(frozen=True, slots=True)
class Roster:
    """A file as a unit hands it over, and the truth about it."""

    unit: str
    shape: str
    filename: str
    content: bytes = field(repr=False)
    truth: Truth


@dataclass(slots=True)
class Unit:
    """An invented unit before it is written in some shape."""

    name: str
    orgs: list[Org]
    people: list[Person]
    chance: random.Random

    @property
    def by_code(self) -> dict[str, Org]:
        return {org.code: org for org in self.orgs}

    def line(self, org: Org) -> list[Org]:
        """The organisations from the top down to this one."""
        by_code, found = self.by_code, [org]
        while found[0].parent in by_code:
            found.insert(0, by_code[found[0].parent])
        return found


STRANGER = Org("988877", "查无此处党支部", "查无此处党支部", "党支部", "")
Place = tuple[str, int]
Writer = Callable[[Unit], tuple[str, bytes, dict[int, Place]]]


def identity_number(chance: random.Random, birth: dt.date, *, male: bool) -> str:
    """A number with the right check character for an invented person."""
    first = f"{chance.choice(_REGIONS)}{birth:%Y%m%d}{chance.randrange(500) * 2 + male:03d}"
    total = sum(w * int(c) for w, c in zip(_WEIGHTS, first, strict=True))
    return first + "10X98765432"[total % 11]


def monthly_fen(category: str, base: Decimal | None) -> int:
    """Rulebook 4.1, 4.8, worked out apart from the product: whole amount, half-up, capped."""
    if category in FIXED:
        return FIXED[category]
    if base is None:
        return 0
    if category == "离退休":
        rate = "0.5" if base <= 5000 else "1"
    else:
        steps = ((3000, "0.5"), (5000, "1"), (10000, "1.5"))
        rate = next((rate for top, rate in steps if base <= top), "2")
    return min(int((base * Decimal(rate)).quantize(Decimal(1), ROUND_HALF_UP)), 100_000)


def unit(name: str, *, members: int, seed: int, share: float = 0.012) -> Unit:
    """An invented unit of that size; ``share`` of its rows hold a planted mistake."""
    chance = random.Random(f"{name}/{seed}")
    orgs = list(_tree(name, members))
    parents = {org.parent for org in orgs}
    leaves = [org for org in orgs if org.code not in parents]
    made = Unit(name, orgs, list(_people(chance, leaves, members)), chance)
    _spoil(made, share)
    return made


def _tree(name: str, members: int) -> Iterator[Org]:
    yield Org("01", f"中共{name}委员会", "党委", "党委", "")
    groups = max(1, members // 150)
    branches = max(groups * 2, members // 20)
    for group in range(groups):
        code = f"01{group + 1:03d}"
        label = f"{_PLACES[group % len(_PLACES)]}第{group + 1}"
        yield Org(code, f"中共{name}{label}总支部委员会", f"{label}党总支", "党总支", "01")
        for branch in range(group, branches, groups):
            own = f"{label}-{_PLACES[(branch * 7 + group) % len(_PLACES)]}{branch + 1}"
            kind = "联合党支部" if branch % 17 == 16 else "党支部"
            ending = "联合支部委员会" if branch % 17 == 16 else "支部委员会"
            sub = f"{code}{branch // groups + 1:03d}"
            yield Org(sub, f"中共{name}{own}{ending}", f"{own}{kind}", kind, code)


def _people(chance: random.Random, leaves: list[Org], members: int) -> Iterator[Person]:
    taken: set[str] = set()
    for number in range(members):
        retired = chance.random() < 0.18
        age = chance.randint(61, 90) if retired else chance.randint(24, 59)
        birth = dt.date(TODAY.year - age, chance.randint(1, 12), chance.randint(1, 28))
        male = chance.random() < 0.6
        identity = identity_number(chance, birth, male=male)
        while identity in taken:
            identity = identity_number(chance, birth, male=male)
        taken.add(identity)
        latest = min(birth.year + 45, TODAY.year - 2)
        year = chance.randint(birth.year + 19, max(latest, birth.year + 19))
        joined = dt.date(min(year, TODAY.year - 2), chance.randint(1, 12), chance.randint(1, 28))
        new = chance.random() < 0.02
        joined = dt.date(TODAY.year, chance.randint(2, 9), 15) if new else joined
        category = "离退休" if retired else chance.choices(("在职", *FIXED), (94, 2, 1, 1, 2))[0]
        base = None if category in FIXED else Decimal(chance.randint(180_000, 2_600_000)) / 100
        family = chance.choice(_DOUBLE if chance.random() < 0.02 else _FAMILY)
        yield Person(
            family + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2)))),
            identity,
            male,
            chance.choice(_NATIONS),
            birth,
            chance.choice(_DEGREES),
            leaves[number % len(leaves)],
            joined,
            None if new else joined.replace(year=joined.year + 1),
            f"1{chance.choice('356789')}{chance.randrange(10**9):09d}",
            ("书记", "组织委员", "宣传委员", "")[min(number // len(leaves), 3)],
            category,
            base,
            monthly_fen(category, base),
        )


def _spoil(made: Unit, share: float) -> None:
    """Plants one mistake per chosen row, each of the eight in turn; never next to each other."""
    count = max(8, int(len(made.people) * share)) if share else 0
    places = made.chance.sample(
        range(0, len(made.people) - 1, 3), min(count, len(made.people) // 3)
    )
    for turn, at in enumerate(places):
        fault = FAULTS[turn % len(FAULTS)]
        person = made.people[at]
        if fault == "duplicate_id":
            twin = made.people[at + 1]
            same = {"identity": twin.identity, "birth": twin.birth, "male": twin.male}
            made.people[at] = replace(person, fault=fault, **same)
            made.people[at + 1] = replace(twin, fault=fault)
        elif fault != "base_not_a_number" or person.base is not None:
            made.people[at] = _with(person, fault)


def _with(person: Person, fault: str) -> Person:
    last = "X" if person.identity[-1] != "X" else "3"
    changes: dict[str, dict[str, object]] = {
        "id_check_digit": {"identity": person.identity[:17] + last},
        "name_missing": {"name": ""},
        "unknown_org": {"org": STRANGER},
        "phone_invalid": {"phone": person.phone[:-1]},
        "joined_in_future": {"joined": dt.date(TODAY.year + 1, 5, 4), "full": None},
        "id_birth_mismatch": {"birth": person.birth.replace(year=person.birth.year - 2)},
        "base_not_a_number": {"base": "面议"},
    }
    return replace(person, fault=fault, **changes[fault])  # type: ignore[arg-type]


def truth_of(made: Unit, places: dict[int, Place], *, blind: frozenset[str] = frozenset()) -> Truth:
    """The truth of a unit written down; ``blind`` names the faults its shape cannot show."""
    rejected, good = {}, []
    for at, person in enumerate(made.people):
        if person.fault and person.fault not in blind:
            rejected[places[at]] = person.fault
        else:
            good.append(person)
    return Truth(
        len(made.orgs),
        len(good),
        rejected,
        sum(person.full is None for person in good),
        sum(person.dues_fen for person in good),
    )
