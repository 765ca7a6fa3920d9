"""``bench page``: the member list of a unit of 15,000 members, and the same list the plain way.

Ours is the page that people get, asked over HTTP by a signed-in administrator with the filters
they use.  The baseline is the same list as Django's own tools suggest it: a ``Paginator`` that
counts for itself, a count per tab, the organisation of each row looked up when the template asks
for it, the whole tree with a count of members per node.  Same rows, same template engine, same
database, alternating in one run.
"""

from __future__ import annotations

import datetime as dt
import gzip
import random
import statistics
import time
from typing import Any
from uuid import uuid4

from django.core.paginator import Paginator
from django.db import connection, connections
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.actor import Actor
from kernel.unit import unit_context
from tenant_apps.members.models import Category, Member
from tenant_apps.members.services import intake as members
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import intake as organizations
from tests import cast
from tests.database import open_unit

MEMBERS = 15_000
BRANCHES = 300
ROUNDS = 40
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "国建志海春晓文立永秀桂德明玉子嘉思雨金强军伟平华敏燕梅兰峰新"
ADDRESSES = (
    "/members/",
    "/members/?sort=-joined&page=20",
    "/members/?q=zg",
    "/members/?category=PROBATIONARY",
    "/members/?tab=incomplete&size=50",
)
_PLAIN = """
<ul>{% for node in tree %}<li>{{ node.name }} {{ node.people }}</li>{% endfor %}</ul>
<p>{{ full }} {{ probationary }} {{ incomplete }} {{ page.paginator.count }}</p>
<table>{% for m in page %}<tr><td>{{ m.name }}</td><td>{{ m.identity_masked }}</td>
<td>{{ m.org.name }}</td><td>{{ m.org.parent.name }}</td><td>{{ m.get_category_display }}</td>
<td>{{ m.joined_on|date:"Y-m-d" }}</td></tr>{% endfor %}</table>
"""


def run(options: Any) -> dict[str, Any]:
    """p50 and p95 in ms over all addresses, statements and compressed KB of the first page."""
    size = getattr(options, "rows", None) or MEMBERS
    unit = open_unit("alpha")
    _fill(unit, size)
    client = cast.officer(Client(), unit)
    template = engines["django"].from_string(_PLAIN)
    ours, plain = _timed(client, unit, template)
    figures = {
        "members": size,
        "p50_ms": _percentile(ours, 50),
        "p95_ms": _percentile(ours, 95),
        **_cost(client),
    }
    baselines = {
        "plain_django_p50_ms": _percentile(plain, 50),
        "plain_django_p95_ms": _percentile(plain, 95),
        "plain_django_queries": _plain_queries(unit, template),
    }
    ratio = baselines["plain_django_p95_ms"] / figures["p95_ms"]
    return {"figures": figures, "baselines": baselines, "ratios": {"main": round(ratio, 2)}}


def _fill(unit: Any, size: int) -> None:
    """Members made by the product's own intake, the same ones in every run."""
    chance, actor, import_id = random.Random(20261122), Actor.system("bench"), uuid4()
    now = dt.datetime.now(dt.UTC)
    with unit_context(unit.id):
        planted = organizations.plant_tree(nodes=_tree(), import_id=import_id, actor=actor, now=now)
        branches = [place for key, place in planted.items() if key.startswith("b")]
        for start in range(0, size, 5_000):
            rows = [
                _member(number, chance, chance.choice(branches))
                for number in range(start, min(start + 5_000, size))
            ]
            members.store(rows=rows, import_id=import_id, actor=actor, now=now)
    with connections["owner"].cursor() as cursor:
        for table in ("members_member", "organizations_organization"):
            cursor.execute(f"ANALYZE {unit.schema_name}.{table}")


def _tree() -> list[organizations.NewOrganization]:
    new = organizations.NewOrganization
    nodes = [new("root", "中共示例集团委员会", "集团党委", Kind.COMMITTEE, None)]
    for number in range(30):
        name = f"第{number + 1}党总支"
        nodes.append(new(f"g{number}", name, name, Kind.GENERAL_BRANCH, "root"))
    for number in range(BRANCHES):
        name = f"第{number + 1}党支部"
        nodes.append(new(f"b{number}", name, name, Kind.BRANCH, f"g{number % 30}"))
    return nodes


def _member(number: int, chance: random.Random, place: Any) -> members.NewMember:
    born = dt.date(1950, 1, 1) + dt.timedelta(days=chance.randrange(19_000))
    joined = born + dt.timedelta(days=365 * chance.randrange(19, 35))
    is_full = chance.random() > 0.05
    name = chance.choice(_FAMILY) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
    return members.NewMember(
        row_key=str(number),
        org_id=place.id,
        org_path=place.path,
        name=name,
        category=Category.FULL if is_full else Category.PROBATIONARY,
        identity_number=f"320303{born:%Y%m%d}{number % 10_000:04d}"[:14] + f"{number:05d}"[-4:],
        phone=f"138{number:08d}" if chance.random() > 0.03 else None,
        gender=chance.choice("MF"),
        ethnicity="汉族",
        birth_on=born,
        education=chance.choice(["大学本科", "大学专科", "高中"]),
        joined_on=joined,
        full_on=joined + dt.timedelta(days=366) if is_full else None,
    )


def _timed(client: Client, unit: Any, template: Any) -> tuple[list[float], list[float]]:
    """Both ways in turn, so that what else the machine does falls on both."""
    ours: list[float] = []
    plain: list[float] = []
    for round_number in range(ROUNDS + 2):
        address = ADDRESSES[round_number % len(ADDRESSES)]
        began = time.perf_counter()
        response = client.get(address)
        ours.append(time.perf_counter() - began)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}")
        with unit_context(unit.id):
            began = time.perf_counter()
            _plain_page(address, template)
            plain.append(time.perf_counter() - began)
    return ours[2:], plain[2:]


def _plain_page(address: str, template: Any) -> str:
    """The list as Django's own tools suggest it."""
    rows = Member.objects.filter(is_active=True)
    if "q=" in address:
        rows = rows.filter(name_initials__startswith="zg")
    if "category=" in address:
        rows = rows.filter(category=Category.PROBATIONARY)
    if "tab=incomplete" in address:
        rows = rows.filter(phone_masked="")
    rows = rows.order_by("-joined_on" if "joined" in address else "name_pinyin", "id")
    page = Paginator(rows, 50 if "size=50" in address else 20).get_page(
        20 if "page=20" in address else 1
    )
    tree = list(Organization.objects.filter(depth__lte=2).order_by("path"))
    for node in tree:
        node.people = Member.objects.filter(org_path__startswith=node.path).count()
    everybody = Member.objects.filter(is_active=True)
    return str(
        template.render(
            {
                "page": page,
                "tree": tree,
                "full": everybody.filter(category=Category.FULL).count(),
                "probationary": everybody.filter(category=Category.PROBATIONARY).count(),
                "incomplete": everybody.filter(phone_masked="").count(),
            }
        )
    )


def _cost(client: Client) -> dict[str, float]:
    with CaptureQueriesContext(connection) as asked:
        response = client.get(ADDRESSES[0], headers={"accept-encoding": "identity"})
    return {
        "queries": len(asked),
        "page_kb": round(len(gzip.compress(response.content)) / 1024, 1),
    }


def _plain_queries(unit: Any, template: Any) -> int:
    with unit_context(unit.id), CaptureQueriesContext(connection) as asked:
        _plain_page(ADDRESSES[0], template)
    return len(asked)


def _percentile(seconds: list[float], percent: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percent - 1] * 1000, 1)
