"""``bench member-list``: the list of members of a unit with 1.7 million, under any filter.

Measured is what a visitor waits for: the part of the page that a filter fetches, asked of the
whole stack by a signed-in administrator, for every filter of the drawer, for pairs of them, for
what people search by, for the orders, for pages and for a sub-tree.  The baseline is the list as
an admin page of Django would have it on the same rows and indexes, spared everything but its
statements: ``icontains``, ``count(*)`` and ``OFFSET``.  The unit is kept and built on by the next
run; ``--rows`` makes a smaller one.
"""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.models import Q
from django.http import QueryDict
from django.test import Client

from kernel import clock
from kernel.actor import Actor
from kernel.unit import unit_context
from tenant_apps.members.forms import ListForm
from tenant_apps.members.models import Member
from tests import cast
from tests.bench.load import one_large_unit

MEMBERS = 1_700_000
PAIRS = 400
ROUNDS = 2
PLAIN = 60
PATIENCE_MS = 20_000
"""How long a statement of the baseline may take; longer counts as this."""
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
    {"tab": "incomplete"}, {"tab": "probationary"}, {"tab": "away"}, {"tab": "bill_unpaid"},
    {"bill": "paid"}, {"bill": "unpaid"}, {"bill": "exempt"}, {"bill": "none"},
)  # fmt: skip
SEARCHED: tuple[dict[str, str], ...] = (
    {"q": "王建国"}, {"q": "建国"}, {"q": "梓"}, {"q": "wang"}, {"q": "zgq"}, {"q": "zhangwei"},
    {"q": "1234"}, {"q": "013X"}, {"q": "13800001234"}, {"q": "320303198001010019"},
    {"q": "欧阳"},
)  # fmt: skip
ORDERED: tuple[dict[str, str], ...] = (
    {}, {"sort": "-name"}, {"sort": "joined"}, {"sort": "-joined"}, {"sort": "age"},
    {"sort": "-age"}, {"sort": "org"}, {"sort": "-org"}, {"page": "100"},
    {"sort": "-joined", "category": "PROBATIONARY"}, {"sort": "age", "gender": "F"},
    {"sort": "-joined", "age": "61-"}, {"sort": "age", "party_age": "50-"},
    {"sort": "name", "q": "王"}, {"sort": "-age", "q": "明"},
)  # fmt: skip
LATE: tuple[dict[str, str], ...] = tuple(
    {"sort": sort, "page": "100", **filtered}
    for sort in ("name", "-joined", "age", "org")
    for filtered in (
        {}, {"category": "PROBATIONARY"}, {"gender": "F"}, {"education": "10"},
        {"ethnicity": "minority"}, {"tab": "incomplete"}, {"bill": "exempt"},
    )
)  # fmt: skip
"""Pages as late as a long list is leafed through."""


def run(options: Any) -> dict[str, Any]:
    """p50, p95 and the slowest in ms, of all and by class; the baseline's over some of the same."""
    size = getattr(options, "rows", None) or MEMBERS
    unit, branch = one_large_unit.opened(size)
    client = cast.officer(Client(), unit)
    classes = _addresses(branch)
    asked = [one for addresses in classes.values() for one in addresses]
    random.Random(11).shuffle(asked)
    cache.clear()
    _get(client, {})
    ours = [(one, _ms(lambda one=one: _get(client, one))) for _ in range(ROUNDS) for one in asked]
    chosen = random.Random(7).sample([*SINGLE, *SEARCHED, *ORDERED], PLAIN)
    with unit_context(unit.id):
        plain = [(one, _ms(lambda one=one: _plain(one))) for one in chosen]
    same = [ms for one, ms in ours if one in chosen]
    figures = {
        "members": size, "lists_asked_for": len(ours), **_summary([ms for _, ms in ours]),
        "p95_ms_of_the_filters_of_the_baseline": _percentile(same, 95),
        "by_class": {
            name: _summary([ms for one, ms in ours if one in addresses])
            for name, addresses in classes.items()
        },
        "p95_ms_by_filter": _by_filter(ours),
        "whole_page_ms": round(_ms(lambda: _get(client, {}, is_whole=True)), 1),
        "whole_page_again_ms": round(_ms(lambda: _get(client, {}, is_whole=True)), 1),
        "slowest": _slowest(ours),
    }  # fmt: skip
    baselines = {f"plain_{key}": value for key, value in _summary([m for _, m in plain]).items()}
    ratio = baselines["plain_p95_ms"] / figures["p95_ms_of_the_filters_of_the_baseline"]
    return {"figures": figures, "baselines": baselines, "ratios": {"main": round(ratio, 2)}}


def _addresses(branch: Any) -> dict[str, list[dict[str, str]]]:
    """What is asked for, by what it is made of."""
    pairs = [
        {**one, **other}
        for one, other in itertools.combinations(SINGLE, 2)
        if not set(one) & set(other)
    ]
    chance = random.Random(11)
    return {
        "one_filter": list(SINGLE),
        "two_filters": chance.sample(pairs, min(PAIRS, len(pairs))),
        "searched": list(SEARCHED),
        "ordered": list(ORDERED),
        "late_page": list(LATE),
        "sub_tree": [{**one, "org": str(branch)} for one in chance.sample(SINGLE, 12)],
    }


def _get(client: Client, asked: dict[str, str], *, is_whole: bool = False) -> None:
    """The list as htmx fetches it, or the page around it as well."""
    headers = {} if is_whole else {"HX-Request": "true", "HX-Target": "roster"}
    answer = client.get("/members/", asked, headers=headers)
    if answer.status_code != 200:
        raise SystemExit(f"{urlencode(asked)}: {answer.status_code}")


def _by_filter(taken: Iterable[tuple[dict[str, str], float]]) -> dict[str, float]:
    """By the names in the address; a list counts for each of its filters."""
    found: dict[str, list[float]] = {}
    for one, ms in taken:
        for name in one or ("all",):
            found.setdefault(name, []).append(ms)
    return {name: _percentile([*all_ms, all_ms[0]], 95) for name, all_ms in sorted(found.items())}


def _slowest(taken: Iterable[tuple[dict[str, str], float]]) -> dict[str, float]:
    """The ten addresses that took longest, at their best."""
    best: dict[str, float] = {}
    for one, ms in taken:
        address = urlencode(one) or "all"
        best[address] = round(min(ms, best.get(address, ms)), 1)
    return dict(sorted(best.items(), key=lambda pair: -pair[1])[:10])


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
