"""Files of the demo's members: fields, extended sets, portraits, requests for corrections."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from dataclasses import replace
from typing import Any, Final

from kernel import clock
from kernel.actor import Actor
from kernel.unit import unit_context
from onboarding.demo import living
from tenant_apps.members import selectors as members
from tenant_apps.members.selectors.entries import Kind, kinds_of
from tenant_apps.members.services import bulk_filing, corrections, entries, filing, photos
from tenants.models import Unit

_FILES: Final = 24
_PLACES: Final = ("江苏徐州", "安徽宿州", "山东枣庄", "江苏淮安", "河南商丘")
_WORK: Final = (("WORKER", "运行工"), ("PROFESSIONAL", "工程师"), ("MANAGER", "科员"))
_OCCUPATIONS: Final = (
    "WORKER", "PROFESSIONAL", "MANAGER", "WORKER", "PROFESSIONAL", "WORKER", "OFFICIAL", "OTHER",
)  # fmt: skip
"""What the others do, in the proportions of a works of some size."""
_RETIRES: Final = 60
_TONES: Final = ((0xE8, 0xEE, 0xF4), (0xF4, 0xEE, 0xE4), (0xE8, 0xF1, 0xEA))


def keep(*, unit: Unit, now: dt.datetime) -> None:
    """Fills in some of the files of a unit, once."""
    somebody = living.a_member_who_owes(unit=unit)
    with unit_context(unit.id):
        system = Actor.system("demo", unit_id=unit.id)
        _employ(system, now)
        everybody = members.members_visible_to(system).order_by("org_path", "name_pinyin", "pk")
        first = list(everybody.filter(pk=somebody.id)) if somebody else []
        others = [one for one in everybody[:_FILES] if not first or one.pk != first[0].pk]
        if any("APPRAISAL" in kinds_of(one) for one in first or others[:1]):
            return
        for number, member in enumerate([*first, *others]):
            _fill(member, number, unit.name, system, now)
        for number, member in enumerate([*first, *others][:3]):
            content = portrait(_TONES[number])
            photos.put(member=member, content=content, actor=system, now=now)
        for number, member in enumerate([*first, *others][:2]):
            _ask(member, number, now)


def _employ(actor: Actor, now: dt.datetime) -> None:
    """A roster says nothing of occupations; the yearly tables ask for them."""
    today = clock.day_of(now)
    idle = list(members.members_visible_to(actor).filter(occupation="").order_by("pk"))
    bulk_filing.correct_many(
        corrections=[
            bulk_filing.Correction(
                member_id=member.pk,
                values={"occupation": ("", _occupation(member, number, today))},
                version=member.version,
            )
            for number, member in enumerate(idle)
        ],
        reason="年度信息采集", actor=actor, today=today, now=now,
    )  # fmt: skip


def _occupation(member: Any, number: int, today: dt.date) -> str:
    if member.birth_on and today.year - member.birth_on.year > _RETIRES:
        return "RETIRED"
    return _OCCUPATIONS[number % len(_OCCUPATIONS)]


def _fill(member: Any, number: int, unit_name: str, actor: Actor, now: dt.datetime) -> None:
    """What a branch would have entered over the years."""
    today = clock.day_of(now)
    occupation, post = _WORK[number % len(_WORK)]
    place = _PLACES[number % len(_PLACES)]
    is_full = member.category == "FULL"
    sheet = replace(
        filing.sheet_of(member), native_place=place, workplace=unit_name,
        job_title=post, occupation=occupation, joined_kind="NEW",
        conversion="ON_TIME" if is_full and member.full_on else "", household_place=place,
        address=f"{place}市演示区示范路 {number + 1} 号",
    )  # fmt: skip
    filing.correct(
        member=member, sheet=sheet, reason="年度信息采集", actor=actor, today=today, now=now
    )
    for kind, data, days in _rows(number, post, is_full=is_full, year=today.year):
        entries.add(member=member, kind=kind, data=data, actor=actor, now=now, **days)


def _rows(
    number: int, post: str, *, is_full: bool, year: int
) -> list[tuple[Kind, dict[str, Any], dict[str, Any]]]:
    """The rows of a file; some have more of them than others."""
    grade = ("合格", "优秀")[number % 3 == 0] if is_full else "不评定等次"
    rows: list[tuple[Kind, dict[str, Any], dict[str, Any]]] = [
        (
            Kind.WORK,
            {"workplace": "演示水务公司", "post": post},
            {"began_on": dt.date(year - 2, 7, 1)},
        ),
        (Kind.APPRAISAL, {"grade": grade}, {"year": year - 1}),
        (
            Kind.TRAINING,
            {"name": "党员春季集中轮训", "form": "集中培训", "hours": 16 + number % 3 * 8},
            {"began_on": dt.date(year, 4, 13)},
        ),
    ]
    if number % 4 == 0:
        reward = {"name": "优秀共产党员", "level": "本单位", "organ": "本单位党委"}
        rows.append((Kind.REWARD, reward, {"began_on": dt.date(year, 6, 30)}))
    if number % 3 == 0:
        spouse = {"relation": "配偶", "name": f"演示家属{number + 1}", "phone": "13900000000"}
        rows.append((Kind.FAMILY, spouse, {}))
    if number % 8 == 0:
        visit = {"occasion": "七一", "visitors": "支部委员", "amount_fen": 50_000, "goods": "米面"}
        rows.append((Kind.CONDOLENCE, visit, {"began_on": dt.date(year, 6, 28)}))
    return rows


def _ask(member: Any, number: int, now: dt.datetime) -> None:
    """A request that waits for the branch."""
    field, value, reason = (
        ("household_place", "江苏徐州演示区", "户口已迁移，以户口簿为准"),
        ("joined_place", "演示技术学院第一党支部", "入党时在学校，以入党志愿书为准"),
    )[number]
    corrections.ask(
        member=member, field=field, wanted={"value": value}, reason=reason,
        actor=Actor(kind="person", name=member.name, member_id=member.pk),
        today=clock.day_of(now), now=now,
    )  # fmt: skip


def portrait(tone: tuple[int, int, int], width: int = 150, height: int = 200) -> bytes:
    """An invented portrait as PNG: head and shoulders of nobody."""
    ground, shape = bytes(tone), bytes(value * 3 // 5 for value in tone)
    middle = width // 2

    def dot(x: int, y: int) -> bytes:
        is_head = (x - middle) ** 2 + (y - height * 2 // 5) ** 2 < (width // 5) ** 2
        across, down = (x - middle) / (width * 0.42), (y - height * 1.05) / (height * 0.42)
        return shape if is_head or across**2 + down**2 < 1 else ground

    rows = (b"\0" + b"".join(dot(x, y) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
