"""Building the load: units by the product's own pool and registration, their rows by SQL.

A unit's rows are one transaction, in which it also becomes LIVE: a killed build goes on where it
stopped.  What is not like a real unit: names and sealed values come from small sets (all sealed
under the unit's own key), and the blind indexes are plain digests, of the same length and as
different from each other, so that nobody is found by a number.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction

from kernel import clock, pinyin
from kernel.clock import Month
from kernel.crypto import unit_cipher
from kernel.models import UUID7_SQL, uuid7s
from kernel.unit import unit_context
from onboarding.models import Opening, OpeningState
from shared_apps.fleet.services import standings
from shared_apps.rules import selectors as rules
from shared_apps.usage.models import Outbox
from shared_apps.usage.services import rollups
from tenant_apps.members.services.sealing import IDENTITY, PHONE
from tenants.models import Unit, UnitState
from tenants.services import pool, schemas, units
from tests.bench.load import shape

BATCH: Final = 40
WRITERS: Final = 2
_SEALED: Final = 64
_CITIES: Final = ("320300", "320100", "320500", "330100", "370100", "110000", "310000", "440100")
_FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN: Final = "国建志海春晓文立永秀桂德明玉子嘉思雨金强军伟平华敏燕梅兰峰新"
_ORGANIZATIONS: Final = """
INSERT INTO organizations_organization
    (id, parent_id, path, depth, name, short_name, name_initials, kind, code, created_at)
SELECT id, parent, path, length(path) / 4, name, name, '', kind, '', %(now)s
FROM unnest(%(ids)s::uuid[], %(parents)s::uuid[], %(paths)s::text[], %(names)s::text[],
            %(kinds)s::text[]) AS made (id, parent, path, name, kind)
"""
_MEMBERS: Final = f"""
INSERT INTO members_member
    (id, org_id, org_path, name, name_pinyin, name_initials, gender, ethnicity, birth_on,
     education, category, joined_on, full_on, posts, identity_sealed, identity_index,
     identity_masked, phone_sealed, phone_index, phone_masked, is_active, created_at)
SELECT {UUID7_SQL}, place.id, place.path, person.name, person.pinyin, person.initials,
    CASE WHEN mod(n, 3) = 0 THEN 'F' ELSE 'M' END, '汉族', born.at, '大学本科',
    CASE WHEN mod(n, 20) = 0 THEN 'PROBATIONARY' ELSE 'FULL' END, born.at + 9000,
    CASE WHEN mod(n, 20) = 0 THEN NULL ELSE born.at + 9365 END, '',
    sealed.identity, sha256(convert_to(%(unit)s || 'i' || n, 'UTF8')), '3203**********' ||
    lpad(mod(n, 10000)::text, 4, '0'), sealed.phone,
    sha256(convert_to(%(unit)s || 'p' || n, 'UTF8')), '138****' ||
    lpad(mod(n, 10000)::text, 4, '0'), true, %(now)s
FROM generate_series(1, %(members)s) AS n
CROSS JOIN LATERAL (SELECT date '1950-01-01' + mod(n * 37, 18000) AS at) AS born
JOIN unnest(%(branch_ids)s::uuid[], %(branch_paths)s::text[]) WITH ORDINALITY
    AS place (id, path, nth) ON place.nth = 1 + mod(n, %(branches)s)
JOIN unnest(%(person_names)s::text[], %(pinyins)s::text[], %(initials)s::text[]) WITH ORDINALITY
    AS person (name, pinyin, initials, nth) ON person.nth = 1 + mod(n, %(people)s)
JOIN unnest(%(identities)s::bytea[], %(phones)s::bytea[]) WITH ORDINALITY
    AS sealed (identity, phone, nth) ON sealed.nth = 1 + mod(n, %(sealed)s)
"""
_STANDARDS: Final = f"""
INSERT INTO dues_standard
    (id, member_id, year, category, base_fen, rate_bp, raw_fen, amount_fen, is_capped, pack,
     pack_version, effective_month, reason, is_current, created_at)
SELECT {UUID7_SQL}, id, %(year)s, 'WAGE', base, rate, round(base * rate / 10000.0),
    round(base * rate / 10000.0), false, 'dues', %(version)s, %(month)s, '', true, %(now)s
FROM (SELECT id, base, CASE WHEN base <= 300000 THEN 50 WHEN base <= 500000 THEN 100
             WHEN base <= 1000000 THEN 150 ELSE 200 END AS rate
      FROM (SELECT id, 200000 + mod((birth_on - date '1950-01-01') * 97, 9000) * 100 AS base
            FROM members_member) AS paid) AS rated
"""
_BILLS: Final = f"""
INSERT INTO dues_bill
    (id, member_id, standard_id, month, org_id, org_path, due_fen, paid_fen, state, issued_at,
     exempt_reason, exempt_approved_by)
SELECT {UUID7_SQL}, m.id, s.id, %(month)s, m.org_id, m.org_path, s.amount_fen, 0, 'UNPAID',
    %(now)s, '', ''
FROM members_member m JOIN dues_standard s ON s.member_id = m.id
"""
_AFFILIATIONS: Final = f"""
INSERT INTO people_affiliation
    (id, unit_id, unit_role, member_id, phone_index, identity_index)
SELECT {UUID7_SQL}, %(unit)s::uuid, %(role)s, id, sha256(phone_index), sha256(identity_index)
FROM members_member
"""
_ANALYZE: Final = "ANALYZE organizations_organization, members_member, dues_standard, dues_bill"


def build(count: int) -> float:
    """Opens and fills what is missing of ``count`` units; seconds that this run took."""
    began = time.perf_counter()
    sizes = shape.sizes(count)
    known = dict(Unit.objects.values_list("label", "state"))
    missing = [size for size in sizes if known.get(_label(size)) != UnitState.LIVE]
    people = _people()
    with ThreadPoolExecutor(WRITERS) as writers:
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            _register([size for size in batch if _label(size) not in known])
            list(writers.map(lambda size: _fill(size, people), batch))
            done, seconds = start + len(batch), time.perf_counter() - began
            print(f"{done} of {len(missing)} units, {seconds:.0f} s", file=sys.stderr, flush=True)
    if missing:
        _settle()
    return time.perf_counter() - began


def _label(size: shape.Size) -> str:
    return f"u{size.number:05d}"


def _register(sizes: list[shape.Size]) -> None:
    """As onboarding does it: out of the pool, with host and key."""
    if not sizes:
        return
    settings.READY_SCHEMAS = len(sizes)
    pool.refill()
    for size in sizes:
        unit = units.register(
            name=f"示例第{size.number + 1}单位",
            label=_label(size),
            credit_code=f"9132{size.number:014d}",
            region_code=_CITIES[size.number % len(_CITIES)],
            bank_branch=f"第{size.number % 380:03d}支行",
            now=clock.now(),
        )
        schemas.provision(unit=unit)  # a refill ends with its turn, full or not


def _people() -> dict[str, Any]:
    """900 names with their readings."""
    names = [
        f"{family}{given}{_GIVEN[(at * 7) % len(_GIVEN)]}"
        for family in _FAMILY
        for at, given in enumerate(_GIVEN)
    ]
    readings = [pinyin.of_name(name) for name in names]
    return {
        "person_names": names,
        "pinyins": [full for full, _ in readings],
        "initials": [initials for _, initials in readings],
        "people": len(names),
    }


def _fill(size: shape.Size, people: dict[str, Any]) -> None:
    unit = Unit.objects.get(label=_label(size))
    with unit_context(unit.id):
        cipher = unit_cipher()
    connections["default"].close()
    now, month = clock.now(), Month.of(clock.today())
    pack = rules.dues_pack(clock.today())
    values = {
        **people,
        **_tree(size),
        "members": size.members,
        "unit": str(unit.id),
        "role": unit.schema_name,
        "now": now,
        "month": month.value,
        "year": month.value // 100,
        "version": pack.version,
        "sealed": _SEALED,
        "identities": cipher.seal_all(
            [f"3203031980010{n:05d}" for n in range(_SEALED)], column=IDENTITY
        ),
        "phones": cipher.seal_all([f"138{n:08d}" for n in range(_SEALED)], column=PHONE),
    }
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(f"SET LOCAL search_path = {unit.schema_name}, public")
        for statement in (_ORGANIZATIONS, _MEMBERS, _STANDARDS, _BILLS, _AFFILIATIONS):
            cursor.execute(statement, values)
        cursor.execute(_ANALYZE)
        cursor.execute("SELECT coalesce(sum(due_fen), 0) FROM dues_bill")
        _tell_the_platform(unit, size, int(cursor.fetchone()[0]), month.value, now)
    connections["owner"].close()


def _tree(size: shape.Size) -> dict[str, Any]:
    places = list(shape.tree(size.organizations))
    ids = dict(zip((place.path for place in places), uuid7s(len(places)), strict=True))
    branches = [place for place in places if place.kind == "BRANCH"]
    return {
        "ids": list(ids.values()),
        "parents": [ids.get(place.parent) for place in places],
        "paths": list(ids),
        "names": [place.name for place in places],
        "kinds": [place.kind for place in places],
        "branch_ids": [ids[place.path] for place in branches],
        "branch_paths": [place.path for place in branches],
        "branches": len(branches),
    }


def _tell_the_platform(
    unit: Unit, size: shape.Size, due_fen: int, month: int, now: dt.datetime
) -> None:
    """The reports that the unit's services would have left, its agreement, its state."""
    reports = {
        "organizations": {"delta": size.organizations},
        "members": {"delta": size.members},
        "bills": {"month": month, "count": size.members, "due_fen": due_fen},
        "state": {
            "standards_confirmed": size.members, "administrators": 1, "second_factors": 1
        },
    }  # fmt: skip
    Outbox.objects.using("owner").bulk_create(
        Outbox(unit_id=unit.id, unit_role=unit.schema_name, kind=kind, numbers=numbers, at=now)
        for kind, numbers in reports.items()
    )
    Opening.objects.using("owner").create(
        unit_id=unit.id,
        state=OpeningState.OPENED,
        officer_name=f"推广{size.number % 300:03d}",
        contact_name_sealed=b"",
        contact_phone_sealed=b"",
        agreed_on=now.date(),
        agreement_ends_on=now.date() + dt.timedelta(days=900),
        registered_at=now,
        invited_at=now,
        opened_at=now,
    )
    Unit.objects.using("owner").filter(pk=unit.pk).update(state=UnitState.LIVE, opened_at=now)


def _settle() -> None:
    """What the platform's jobs do by and by: figures, sizes, lines; and a vacuum of shared rows."""
    now = clock.now()
    rollups.drain(now=now)
    rollups.measure(now=now)
    standings.recount()
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, SKIP_LOCKED) people_affiliation, usage_unittotal")
