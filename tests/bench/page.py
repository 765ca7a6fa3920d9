"""``bench page``: the member list of a unit of 15,000 members, and the same list the plain way.

Ours is the page that people get, asked over HTTP by a signed-in administrator with the filters
they use.  The baseline is the same list as Django's own tools suggest it: a ``Paginator`` that
counts for itself, a count per tab, the organisation of each row looked up when the template asks
for it, the tree with a count of members per node.  Same rows, same template, same database,
alternating in one run; the baseline is even spared the session and the dues column.
"""

from __future__ import annotations

import datetime as dt
import gzip
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.paginator import Paginator
from django.db import connection, connections
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import set_urlconf

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.unit import unit_context
from tenant_apps.members.forms import ListForm
from tenant_apps.members.models import Category, Member
from tenant_apps.members.selectors import INCOMPLETE, columns_of, search
from tenant_apps.members.services import intake as members
from tenant_apps.members.views.lists import Row
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


def run(options: Any) -> dict[str, Any]:
    """p50 and p95 in ms over all addresses, statements and compressed KB of the first page."""
    size = getattr(options, "rows", None) or MEMBERS
    unit = open_unit("alpha")
    fill(unit, size)
    client = cast.officer(Client(), unit)
    ours, plain = _timed(client, unit)
    figures = {
        "members": size,
        "p50_ms": _percentile(ours, 50),
        "p95_ms": _percentile(ours, 95),
        **_cost(client),
    }
    baselines = {
        "plain_django_p50_ms": _percentile(plain, 50),
        "plain_django_p95_ms": _percentile(plain, 95),
        "plain_django_queries": _plain_queries(unit),
    }
    ratio = baselines["plain_django_p95_ms"] / figures["p95_ms"]
    return {"figures": figures, "baselines": baselines, "ratios": {"main": round(ratio, 2)}}


def fill(unit: Any, size: int) -> None:
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


def _timed(client: Client, unit: Any) -> tuple[list[float], list[float]]:
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
            _plain_page(unit, address)
            plain.append(time.perf_counter() - began)
    return ours[2:], plain[2:]


def _plain_page(unit: Any, address: str) -> bytes:
    """The same template over lists as Django's own tools suggest them; no session is read."""
    request = RequestFactory().get(address)
    request.actor = Actor(
        kind="person", name="艾达", person_id=uuid4(), holdings=(Holding("unit_admin"),)
    )
    request.unit, request.face = unit, "unit"
    state = ListForm(request.GET, actor=request.actor)
    everybody = Member.objects.filter(is_active=True)
    page = Paginator(_plain_rows(everybody, state), state.size_chosen).get_page(
        state.value("page") or 1
    )
    context = {
        "title": "党员名册",
        "as_of": clock.now(),
        "tree": [_plain_node(org) for org in Organization.objects.filter(depth=1)],
        "state": state,
        "include_sub": True,
        "views": _plain_tabs(everybody),
        "rows": [Row(member, "", None, ()) for member in page],
        "page_obj": page,
        "page_sizes": "20 50 100 200",
        "sort": state.value("sort") or "name",
        "columns": columns_of(request.actor, today=clock.today()),
        "bulk_actions": [{"label": "导出所选", "icon": "download", "url": "/members/export/"}],
        "may_edit": True,
        "can_export": True,
    }
    with override_urlconf(settings.HOST_URLCONFS["unit"]):
        return render(request, "members/list.html", context).content


@contextmanager
def override_urlconf(name: str) -> Iterator[None]:
    set_urlconf(name)
    try:
        yield
    finally:
        set_urlconf(None)


def _plain_rows(everybody: Any, state: ListForm) -> Any:
    rows = everybody.filter(search(state.value("q") or ""))
    if state.value("category"):
        rows = rows.filter(category=state.value("category"))
    if state.value("tab") == "incomplete":
        rows = rows.filter(INCOMPLETE)
    return rows.order_by("-joined_on" if state.value("sort") == "-joined" else "name_pinyin", "id")


def _plain_tabs(everybody: Any) -> list[dict[str, Any]]:
    lists = {
        "全部": everybody,
        "正式党员": everybody.filter(category=Category.FULL),
        "预备党员": everybody.filter(category=Category.PROBATIONARY),
        "资料待完善": everybody.filter(INCOMPLETE),
    }
    return [{"label": label, "url": "?", "count": rows.count()} for label, rows in lists.items()]


def _plain_node(org: Organization) -> dict[str, Any]:
    children = [_plain_node(child) for child in org.children.all()] if org.depth == 1 else []
    return {
        "label": org.short_name,
        "kind": org.mark,
        "url": f"/members/?org={org.pk}",
        "count": Member.objects.filter(org_path__startswith=org.path).count(),
        "has_children": org.children.exists(),
        "is_expanded": bool(children),
        "children": children,
        "children_url": f"/members/tree/{org.pk}/",
    }


def _cost(client: Client) -> dict[str, float]:
    with CaptureQueriesContext(connection) as asked:
        response = client.get(ADDRESSES[0], headers={"accept-encoding": "identity"})
    return {
        "queries": len(asked),
        "page_kb": round(len(gzip.compress(response.content)) / 1024, 1),
    }


def _plain_queries(unit: Any) -> int:
    with unit_context(unit.id), CaptureQueriesContext(connection) as asked:
        _plain_page(unit, ADDRESSES[0])
    return len(asked)


def _percentile(seconds: list[float], percent: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percent - 1] * 1000, 1)
