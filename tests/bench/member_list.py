"""``bench member-list``: the list of members of a unit with 1.7 million, under any filter.

Measured is what the page asks the database for and makes of it: the tabs with their counts and
one page of rows, for every filter of the drawer, for pairs of them, for what people search by,
for the orders and for a sub-tree.  The baseline is the list as an admin page of Django would have
it on the same rows and indexes: ``icontains``, ``count(*)`` and ``OFFSET``.  ``--rows`` makes the
unit smaller.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.db import OperationalError, connection, connections
from django.db.models import Q
from django.http import QueryDict

from kernel import clock, pinyin
from kernel.actor import Actor, Holding
from kernel.unit import unit_context
from shared_apps.rules.selectors import codes
from tenant_apps.members.forms import ListForm
from tenant_apps.members.models import Member
from tenant_apps.members.selectors import columns_of
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import intake as organizations
from tests.database import open_unit

MEMBERS = 1_700_000
BRANCHES = 20_000
PAIRS = 400
PLAIN = 60
PATIENCE_MS = 20_000
"""How long a statement of the baseline may take; longer counts as this."""
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "国建志海春晓文立永秀桂德明玉子嘉思雨金强军伟平华敏燕梅兰峰新泽涵浩宇欣怡梓博"

SINGLE: tuple[dict[str, str], ...] = (
    {"category": "PROBATIONARY"}, {"category": "FULL"}, {"gender": "M"}, {"gender": "F"},
    {"gender": "none"}, {"ethnicity": "minority"}, {"ethnicity": "03"}, {"ethnicity": "56"},
    {"ethnicity": "none"}, {"education": "college"}, {"education": "20"}, {"education": "10"},
    {"education": "80"}, {"education": "11"}, {"education": "none"}, {"occupation": "WORKER"},
    {"occupation": "OFFICIAL"}, {"occupation": "RETIRED"}, {"occupation": "STUDENT"},
    {"occupation": "none"}, {"stratum": "any"}, {"stratum": "OWNER"}, {"front_line": "any"},
    {"front_line": "TEACHING"}, {"age": "-30"}, {"age": "31-35"}, {"age": "61-"},
    {"age": "90-"}, {"age": "19-19"}, {"joined_from": "2026-01-01"},
    {"joined_from": "2024-07-01", "joined_to": "2024-07-07"}, {"joined_to": "1949-09-30"},
    {"party_age": "0-4"}, {"party_age": "50-"}, {"party_age": "70-"}, {"state": "away"},
    {"state": "lost"}, {"state": "abroad"}, {"state": "amends"}, {"phone": "no"},
    {"posts": "any"}, {"posts": "书记"}, {"mark": "taiwanese"}, {"mark": "migrant"},
    {"tab": "incomplete"}, {"tab": "probationary"}, {"tab": "bill_unpaid"},
)  # fmt: skip
SEARCHED: tuple[dict[str, str], ...] = (
    {"q": "王建国"}, {"q": "建国"}, {"q": "梓"}, {"q": "wang"}, {"q": "zgq"}, {"q": "zhangwei"},
    {"q": "1234"}, {"q": "013X"}, {"q": "13800001234"}, {"q": "320303198001010019"},
    {"q": "欧阳"},
)  # fmt: skip
ORDERED: tuple[dict[str, str], ...] = (
    {}, {"sort": "-name"}, {"sort": "joined"}, {"sort": "-joined"}, {"sort": "age"},
    {"sort": "-age"}, {"sort": "org"}, {"sort": "-org"}, {"page": "500"},
    {"sort": "-joined", "category": "PROBATIONARY"}, {"sort": "age", "gender": "F"},
)  # fmt: skip


def run(options: Any) -> dict[str, Any]:
    """p50, p95 and the slowest in ms, ours and the baseline's, over the same filters."""
    size = getattr(options, "rows", None) or MEMBERS
    unit = open_unit("alpha")
    actor = Actor(kind="person", person_id=uuid4(), name="bench", unit_id=unit.id,
                  holdings=(Holding("unit_admin", ""),), is_second_factor_passed=True)  # fmt: skip
    branch_path = _fill(unit, size)
    asked = _addresses(branch_path)
    with unit_context(unit.id):
        _look(actor, {})
        ours = [(one, _ms(lambda one=one: _look(actor, one))) for one in asked]
        chosen = random.Random(7).sample([*SINGLE, *SEARCHED, *ORDERED], PLAIN)
        plain = [(one, _ms(lambda one=one: _plain(one))) for one in chosen]
    same = [ms for one, ms in ours if one in chosen]
    slowest = sorted(ours, key=lambda pair: -pair[1])[:5]
    figures = {
        "members": size, "lists_asked_for": len(ours), **_summary([ms for _, ms in ours]),
        "p95_ms_of_the_filters_of_the_baseline": _percentile(same, 95),
        "slowest": {urlencode(one) or "all": round(ms, 1) for one, ms in slowest},
    }  # fmt: skip
    baselines = {f"plain_{key}": value for key, value in _summary([m for _, m in plain]).items()}
    ratio = baselines["plain_p95_ms"] / figures["p95_ms_of_the_filters_of_the_baseline"]
    return {"figures": figures, "baselines": baselines, "ratios": {"main": round(ratio, 2)}}


def _addresses(branch_path: Any) -> list[dict[str, str]]:
    pairs = [
        {**one, **other}
        for one, other in itertools.combinations(SINGLE, 2)
        if not set(one) & set(other)
    ]
    chance = random.Random(11)
    asked = [*SINGLE, *SEARCHED, *ORDERED, *chance.sample(pairs, min(PAIRS, len(pairs)))]
    asked += [{**one, "org": str(branch_path)} for one in chance.sample(SINGLE, 12)]
    chance.shuffle(asked)
    return asked


def _look(actor: Actor, asked: dict[str, str]) -> int:
    """Tabs, counts and one page of rows with their organisations, as the view asks for them."""
    today, state = clock.today(), ListForm(QueryDict(urlencode(asked)), actor=actor)
    org = Organization.objects.get(pk=asked["org"]) if "org" in asked else None
    listing = state.listing(org_path=org.path if org else "")
    tabs = listing.tabs(actor, today=today)
    tab = next(tab for tab in tabs if tab.key == listing.tab)
    start = 20 * (int(asked.get("page", "1")) - 1)
    rows = listing.slice(actor, today=today, start=start, stop=start + 20, tab=tab)
    ids = [member.pk for member in rows]
    for column in columns_of(actor, today=today):
        if column.provider and ids:
            column.provider.cells(ids, today=today)
    return len([member.org.name for member in rows])


def _plain(asked: dict[str, str]) -> int:
    """The same list as an admin page has it."""
    wanted = _plain_filter(asked)
    members = Member.objects.filter(wanted, is_active=True).select_related("org")
    order = asked.get("sort", "name").replace("joined", "joined_on").replace("age", "birth_on")
    order = order.replace("org", "org_path").replace("name", "name_pinyin")
    start = 20 * (int(asked.get("page", "1")) - 1)
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {PATIENCE_MS}")
    try:
        members.count()
        return len(members.order_by(order, "id")[start : start + 20])
    except OperationalError:
        return 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def _plain_filter(asked: dict[str, str]) -> Q:
    """The admin's ``search_fields`` for what is typed, and the list's own condition else."""
    text = asked.get("q", "")
    state = ListForm(QueryDict(urlencode({k: v for k, v in asked.items() if k != "q"})),
                     actor=Actor.system("bench"))  # fmt: skip
    listing = state.listing()
    wanted = Q(pk__in=listing.everybody(Actor.system("bench"), today=clock.today()).values("pk"))
    wanted = wanted if any(k not in ("sort", "page", "q") for k in asked) else Q()
    if not text:
        return wanted
    fields = ("name", "name_pinyin", "name_initials", "identity_masked", "phone_masked")
    searched = Q()
    for field in fields:
        searched |= Q(**{f"{field}__icontains": text})
    return wanted & searched


def _ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _summary(taken: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": _percentile(taken, 50), "p95_ms": _percentile(taken, 95),
        "max_ms": round(max(taken), 1),
    }  # fmt: skip


def _percentile(taken: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(taken, n=100, method="inclusive")[percent - 1], 1)


def _fill(unit: Any, size: int) -> Any:
    """The tree by the product's intake, the members by one statement, indexes made afterwards."""
    actor, now = Actor.system("bench"), dt.datetime.now(dt.UTC)
    with unit_context(unit.id):
        organizations.plant_tree(nodes=_tree(), import_id=uuid4(), actor=actor, now=now)
        middle = Organization.objects.filter(kind=Kind.GENERAL_BRANCH).first()
    schema = unit.schema_name
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SET search_path = {schema}, public")
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute(_INDEXES, [f"{schema}.members_member"])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX {schema}."{name}"')
        cursor.execute(_MEMBERS, {"size": size, "seed": 0.5, **_words()})
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM (ANALYZE) members_member")
        cursor.execute("ANALYZE organizations_organization")
        cursor.execute("SET search_path = public")
    return middle.pk if middle else None


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


_INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass
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
