"""One unit with as many members as the largest that there can be, kept between runs.

The tree comes by the product's intake; members, their standards and bills of this month by one
statement each, in one transaction in which indexes and foreign keys are made last.
"""

from __future__ import annotations

import datetime as dt
import random
from uuid import UUID, uuid4

from django.db import connections, transaction

from kernel import clock, pinyin
from kernel.actor import Actor
from kernel.clock import Month
from kernel.models import UUID7_SQL
from kernel.unit import unit_context
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import intake as organizations
from tenants.models import Unit
from tenants.services import schemas
from tests.database import open_unit

BRANCHES = 20_000
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "国建志海春晓文立永秀桂德明玉子嘉思雨金强军伟平华敏燕梅兰峰新泽涵浩宇欣怡梓博"
_TABLES = ("members_member", "dues_standard", "dues_bill")


def opened(size: int) -> tuple[Unit, UUID]:
    """The unit, filled if it was not, in the shape of this release; and one of its sub-trees."""
    unit = Unit.objects.filter(label="alpha").first() or open_unit("alpha")
    schemas.upgrade(unit=unit)
    with unit_context(unit.id):
        is_filled = Member.objects.exists()
        if not is_filled:
            organizations.plant_tree(
                nodes=_tree(), import_id=uuid4(), actor=Actor.system("bench"),
                now=dt.datetime.now(dt.UTC),
            )  # fmt: skip
        middle = Organization.objects.filter(kind=Kind.GENERAL_BRANCH).values_list("pk", flat=True)
        branch = middle.order_by("path")[0]
    if not is_filled:
        _fill(unit.schema_name, size)
    return unit, branch


def _fill(schema: str, size: int) -> None:
    with connections["owner"].cursor() as cursor:
        with transaction.atomic(using="owner"):
            cursor.execute(f"SET LOCAL search_path = {schema}, public")
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute(_KEYS, [schema, list(_TABLES)])
            keys = cursor.fetchall()
            for table, name, _ in keys:
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            cursor.execute(_INDEXES, [schema, list(_TABLES)])
            indexes = cursor.fetchall()
            for name, _ in indexes:
                cursor.execute(f'DROP INDEX {schema}."{name}"')
            cursor.execute(_MEMBERS, {"size": size, "seed": 0.5, **_words()})
            month = Month.of(clock.today()).value
            cursor.execute(_STANDARDS, {"month": month, "year": month // 100})
            cursor.execute(_BILLS, {"month": month})
            for _, definition in indexes:
                cursor.execute(definition)
            for table, name, definition in keys:
                cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        tables = ", ".join(f"{schema}.{table}" for table in _TABLES)
        cursor.execute(f"VACUUM (ANALYZE) {tables}, {schema}.organizations_organization")


def _tree() -> list[organizations.NewOrganization]:
    new = organizations.NewOrganization
    nodes = [new("root", "中共示例集团委员会", "集团党委", Kind.COMMITTEE, None)]
    for number in range(200):
        name = f"第{number + 1}党总支"
        nodes.append(new(f"g{number}", name, name, Kind.GENERAL_BRANCH, "root"))
    for number in range(BRANCHES):
        name = f"第{number + 1}党支部"
        nodes.append(new(f"b{number}", name, name, Kind.BRANCH, f"g{number % 200}"))
    return nodes


def _words() -> dict[str, list[str]]:
    """Names with their pinyin, and labels in the shares in which they occur."""
    chance = random.Random(20261122)
    names = sorted(
        {
            chance.choice(_FAMILY) + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2, 2))))
            for _ in range(30_000)
        }
    )
    spelt = [pinyin.of_name(name) for name in names]
    peoples = codes.table("ethnicity").labels[1:56]
    schools = ["大学本科"] * 30 + ["大学专科"] * 25 + ["高中"] * 18 + ["初中"] * 12
    schools += ["中专"] * 6 + ["硕士研究生"] * 4 + ["小学"] * 3 + ["博士研究生", ""]
    work = ["FARMER"] * 26 + ["RETIRED"] * 20 + ["PROFESSIONAL"] * 16 + ["MANAGER"] * 11
    work += ["OFFICIAL"] * 8 + ["WORKER"] * 7 + ["OTHER"] * 7 + ["STUDENT"] * 3 + [""] * 2
    return {
        "names": names, "spelt": [full for full, _ in spelt], "short": [s for _, s in spelt],
        "peoples": list(peoples), "schools": schools, "work": work,
    }  # fmt: skip


_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
WHERE k.contype = 'f' AND t.relnamespace = %s::regnamespace AND t.relname = ANY (%s)
"""
_INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = %s::regnamespace AND t.relname = ANY (%s)
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""
_MEMBERS = """
WITH seeded AS (SELECT setseed(%(seed)s)),
places AS (
    SELECT id, path, row_number() OVER (ORDER BY path) AS place
    FROM organizations_organization WHERE kind = 'BRANCH'
),
called AS (
    SELECT * FROM unnest(%(names)s::text[], %(spelt)s::text[], %(short)s::text[])
    WITH ORDINALITY AS one(name, spelt, short, who)
),
people AS MATERIALIZED (
    SELECT n, 1 + floor(random() * (SELECT count(*) FROM places))::int AS place,
        1 + floor(random() * (SELECT count(*) FROM called))::int AS who,
        random() AS a, random() AS b, random() AS c, random() AS d, random() AS e,
        date '1932-01-01' + floor(27000 * sqrt(random()))::int AS born
    FROM seeded, generate_series(1, %(size)s) AS n
)
INSERT INTO members_member (
    id, org_id, org_path, name, name_pinyin, name_initials, gender, ethnicity, birth_on, education,
    category, joined_on, full_on, probation_until, posts, occupation, front_line, stratum,
    is_migrant_worker, is_taiwanese, lost_since, away_since, abroad_since, identity_sealed,
    identity_index, identity_masked, phone_sealed, phone_index, phone_masked, is_active, created_at
)
SELECT gen_random_uuid(), places.id, places.path, called.name, called.spelt, called.short,
    CASE WHEN a < 0.002 THEN '' WHEN a < 0.7 THEN 'M' ELSE 'F' END,
    CASE WHEN b < 0.003 THEN '' WHEN b < 0.925 THEN '汉族'
         ELSE (%(peoples)s::text[])[1 + floor(55 * power(c, 3))::int] END,
    born, (%(schools)s::text[])[1 + floor(100 * d)::int],
    CASE WHEN e < 0.02 THEN 'PROBATIONARY' ELSE 'FULL' END, joined.joined_on,
    CASE WHEN e >= 0.02 AND a < 0.995 THEN joined.joined_on + 365 END,
    CASE WHEN e < 0.02 THEN joined.joined_on + 365 END,
    CASE WHEN c < 0.012 THEN '书记' WHEN c < 0.03 THEN '组织委员' WHEN c < 0.045 THEN '宣传委员'
         ELSE '' END,
    (%(work)s::text[])[1 + floor(100 * c)::int],
    CASE WHEN d < 0.08 THEN 'TEACHING' WHEN d < 0.3 THEN 'PRODUCTION' ELSE 'NONE' END,
    CASE WHEN b > 0.996 THEN 'OWNER' WHEN b > 0.98 THEN 'PRIVATE_STAFF' ELSE 'NONE' END,
    a BETWEEN 0.5 AND 0.512, b BETWEEN 0.5 AND 0.5001,
    CASE WHEN e BETWEEN 0.3 AND 0.301 THEN date '2025-06-01' END,
    CASE WHEN e BETWEEN 0.4 AND 0.412 THEN date '2026-02-01' END,
    CASE WHEN e BETWEEN 0.5 AND 0.503 THEN date '2024-09-01' END,
    decode(repeat(md5(n::text), 2), 'hex') || decode(md5('s' || n), 'hex'),
    decode(md5(n::text) || md5('i' || n), 'hex'),
    substr('320303', 1, 3) || '***********' || lpad((n::bigint * 7919 %% 10000)::text, 4, '0'),
    CASE WHEN a > 0.03 THEN decode(repeat(md5('p' || n), 3), 'hex') END,
    CASE WHEN a > 0.03 THEN decode(md5('q' || n) || md5('r' || n), 'hex') END,
    CASE WHEN a > 0.03
         THEN '138****' || lpad((n::bigint * 104729 %% 10000)::text, 4, '0') ELSE '' END,
    c > 0.004, now()
FROM people JOIN places USING (place) JOIN called USING (who), LATERAL (
    SELECT least(born + 365 * (19 + floor(15 * c)::int), date '2026-10-01') AS joined_on
) joined
"""
_STANDARDS = f"""
INSERT INTO dues_standard
    (id, member_id, year, category, base_fen, rate_bp, raw_fen, amount_fen, is_capped, pack,
     pack_version, effective_month, reason, is_current, created_at)
SELECT {UUID7_SQL}, id, %(year)s, 'WAGE', 1000000, 150, 15000, 15000, false, 'dues', '2008',
    %(month)s, '', true, now()
FROM members_member WHERE is_active
"""
_BILLS = f"""
INSERT INTO dues_bill
    (id, member_id, standard_id, month, org_id, org_path, due_fen, paid_fen, paid_at, state,
     issued_at, exempt_reason, exempt_approved_by)
SELECT {UUID7_SQL}, member_id, standard_id, %(month)s, org_id, org_path, 15000,
    CASE state WHEN 'PAID' THEN 15000 ELSE 0 END, CASE state WHEN 'PAID' THEN now() END, state,
    now(), CASE state WHEN 'EXEMPT' THEN '生活困难' ELSE '' END,
    CASE state WHEN 'EXEMPT' THEN '集团党委' ELSE '' END
FROM (
    SELECT m.id AS member_id, s.id AS standard_id, m.org_id, m.org_path,
        CASE WHEN chance < 0.6 THEN 'PAID' WHEN chance < 0.61 THEN 'EXEMPT' ELSE 'UNPAID' END
            AS state
    FROM dues_standard s JOIN members_member m ON m.id = s.member_id,
        LATERAL (SELECT random() + 0 * s.amount_fen AS chance) AS drawn
    WHERE chance < 0.97
) AS billed
"""
