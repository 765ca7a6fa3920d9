"""Invented members of every age, schooling and occupation, with what happened to them in a year."""

from __future__ import annotations

import datetime as dt
import random

from kernel.models import uuid7s
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import Category, Change, Conversion, Entry, EntryKind, Member
from tenant_apps.organizations.models import Honour, Workplace
from tests.factories.organizations import NOW

YEAR = 2026
SCHOOLS = ("", "博士研究生", "硕士研究生", "大学本科", "大学专科", "中专", "高中", "初中", "小学")
PEOPLES = ("汉族",) * 9 + ("回族", "满族", "")
NATURES = ("建制村", "社区居委会", "自治组织")
GRADES = ("优秀", "合格", "合格", "合格", "基本合格", "不合格")
TURNS = (
    "ADMITTED", "TRANSFERRED_IN", "RESTORED", "TRANSFERRED_OUT", "DIED", "REMOVED", "WITHDREW",
    "EXPELLED", "CANCELLED", "CONVERTED", "EXTENDED", "PERSUADED",
)  # fmt: skip
OUT = ("TRANSFERRED_OUT", "DIED", "REMOVED", "WITHDREW", "EXPELLED", "CANCELLED", "PERSUADED")


def populate(organizations, count: int, *, seed: int = 7, batch: int = 5_000) -> None:
    """``count`` members spread over the organisations; some turned, learned, were appraised."""
    chance = random.Random(seed)
    occupations = ["", *(entry.code for entry in codes.table("occupation").entries)]
    lines = ["", *(entry.code for entry in codes.table("front_line").entries)]
    strata = ["", *(entry.code for entry in codes.table("stratum").entries)]
    keys = uuid7s(count)
    members = [_member(key, chance, organizations, occupations, lines, strata) for key in keys]
    Member.objects.bulk_create(members, batch_size=batch)
    Change.objects.bulk_create(
        [_change(one, chance) for one in members if one.left_on or chance.random() < 0.06],
        batch_size=batch,
    )
    for number, org in enumerate(organizations[: len(NATURES)]):
        Workplace.objects.create(org_id=org.pk, name="某单位", nature=NATURES[number])
        Honour.objects.create(
            org_id=org.pk, name="先进基层党组织", level="市级", organ="上级党委",
            given_on=dt.date(YEAR, 6, 28), recorded_at=NOW,
        )  # fmt: skip
    Entry.objects.bulk_create(
        [entry for one in members for entry in _entries(one, chance)], batch_size=batch
    )


def _member(key, chance, organizations, occupations, lines, strata) -> Member:
    org = chance.choice(organizations)
    joined = dt.date(chance.randint(1946, YEAR), chance.randint(1, 12), chance.randint(1, 28))
    is_full = joined < dt.date(YEAR - 1, 6, 1)
    left = chance.random() < 0.03
    return Member(
        id=key,
        org_id=org.pk,
        org_path=org.path,
        name="无名",
        name_pinyin="wuming",
        name_initials="wm",
        gender=chance.choice(("M", "F", "M", "F", "")),
        ethnicity=chance.choice(PEOPLES),
        birth_on=None if chance.random() < 0.02 else _born(joined, chance),
        education=chance.choice(SCHOOLS),
        category=Category.FULL if is_full else Category.PROBATIONARY,
        conversion=chance.choice(Conversion.values) if is_full else "",
        joined_on=None if chance.random() < 0.02 else joined,
        full_on=joined + dt.timedelta(days=365) if is_full else None,
        party_age_adjust_months=chance.choice((0, 0, 0, -7, 5)),
        occupation=chance.choice(occupations),
        front_line=chance.choice(lines),
        stratum=chance.choice(strata),
        is_taiwanese=chance.random() < 0.01,
        is_active=not left,
        left_on=dt.date(YEAR, chance.randint(1, 12), 15) if left else None,
        identity_sealed=b"sealed",
        identity_index=key.bytes,
        identity_masked="320***********4217",
        created_at=NOW,
    )


def _born(joined: dt.date, chance: random.Random) -> dt.date:
    return dt.date(max(1926, joined.year - chance.randint(18, 45)), chance.randint(1, 12), 3)


def _change(member: Member, chance: random.Random) -> Change:
    kinds = OUT if member.left_on else [kind for kind in TURNS if kind not in OUT]
    day = member.left_on or dt.date(YEAR, chance.randint(1, 12), chance.randint(1, 28))
    return Change(
        member=member,
        kind=chance.choice(kinds),
        happened_on=day,
        org_id=member.org_id,
        org_path=member.org_path,
        category=member.category,
        data=_details(chance) if member.left_on else {},
        recorded_at=NOW,
    )


def _details(chance: random.Random) -> dict:
    """Grounds of some ways of leaving, which others do not have and which then say nothing."""
    ground = chance.choice(("", "ABSENT", "UNPAID", "UNFIT", "ELSE"))
    return {"was_counted": chance.random() > 0.1, "ground": ground}


def _entries(member: Member, chance: random.Random) -> list[Entry]:
    found = []
    if chance.random() < 0.4:
        found.append((EntryKind.APPRAISAL, {"grade": chance.choice(GRADES)}, YEAR, None))
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        hours = chance.choice((8, 24.5, 40))
        found.append((EntryKind.TRAINING, {"name": "轮训", "hours": hours}, YEAR, None))
    if chance.random() < 0.03:
        name = chance.choice(("优秀共产党员", "市级优秀党务工作者", "先进个人"))
        found.append(
            (EntryKind.REWARD, {"name": name, "level": "本单位"}, None, dt.date(YEAR, 6, 28))
        )
    return [
        Entry(member=member, kind=kind, data=data, year=year, began_on=day, recorded_at=NOW)
        for kind, data, year, day in found
    ]
