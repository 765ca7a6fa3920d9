"""``bench reconcile``: a day's bill of a million lines against our orders, 137 of them spoilt.

The file is checked by its digest, read, copied in, tied out and compared; every difference that
was planted must be found in its class, and no other.  Figures are processor time, the process'
own and that of its database backend.  The baseline is the loop that one would write first: for
each line the order is looked up through the ORM, compared in Python, and the line written with
its verdict.  It is run in the same run on a part of the same lines, before and after ours, and
the median is scaled linearly.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import connection, transaction

from kernel.clock import BEIJING
from kernel.models import UUID7_SQL, uuid7
from shared_apps.payments.channels.bills import BillLine, demand_digest
from shared_apps.payments.channels.wechat_bills import WeChatTradeBill
from shared_apps.payments.models import ChannelConfig, Order, Refund
from shared_apps.reconciliation.models import Case, Incoming, Line, Run
from shared_apps.reconciliation.services import classifying, loading
from tenants.models import schema_name_of
from tests.shared_apps.payments.channels import bill_files as files

LINES = 1_000_000
PLANTED = {
    "duplicate": 15,
    "theirs_only": 20,
    "ours_only": 17,
    "amount": 20,
    "state": 10,
    "refund_theirs": 13,
    "refund_ours": 12,
    "fee": 15,
    "cutoff": 15,
}
"""137 differences of nine classes."""
SAMPLE = 2_000
ROUNDS = 2
DAY = dt.date(2026, 11, 21)
NOON = dt.datetime.combine(DAY, dt.time(12), tzinfo=BEIJING)
MCHID = files.MCHID


def run(options) -> dict:
    lines = options.rows or LINES
    if lines < 10 * sum(PLANTED.values()):
        raise SystemExit("too few lines for 137 differences: --lines 2000 or more")
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    config = _config()
    content, digest = _load(config, lines)
    loops = [_loop(content) for _ in range(ROUNDS)]
    opened = Run.objects.create(**_run_of(config))
    with _cpu() as reading:
        demand_digest(content, algorithm="SHA1", expected=digest)
        with transaction.atomic():
            loading.take(run=opened, content=content, now=NOON)
    with _cpu() as comparing:
        classifying.tie_out(now=NOON)
        classifying.classify_tied_out(now=NOON)
    loops += [_loop(content) for _ in range(ROUNDS)]
    found = Counter(Case.objects.values_list("kind", flat=True))
    _demand_all_found(found, opened, lines)
    used = reading[0] + comparing[0]
    scaled = median(loops) * lines / SAMPLE
    return {
        "figures": {
            "lines": lines,
            "cpu_seconds": round(used, 2),
            "cpu_seconds_reading": round(reading[0], 2),
            "cpu_seconds_comparing": round(comparing[0], 2),
            "cpu_seconds_of_database": round(reading[1] + comparing[1], 2),
            "microseconds_per_line": round(used / lines * 1e6, 1),
            "megabytes": round(len(content) / 1e6, 1),
            "planted": sum(PLANTED.values()),
            "classes": len(PLANTED),
            "found": sum(min(found[kind], n) for kind, n in PLANTED.items()),
            "false": sum(found.values()) - sum(PLANTED.values()),
        },
        "baselines": {
            "orm_cpu_seconds_scaled": round(scaled, 1),
            "orm_lines_measured": SAMPLE,
            "orm_cpu_seconds_of_rounds": [round(one, 2) for one in loops],
            "note": "measured on a part of the same lines in this run and scaled linearly",
        },
        "ratios": {"main": round(scaled / used, 1)},
    }


def _demand_all_found(found: Counter, opened: Run, lines: int) -> None:
    if found != Counter(PLANTED):
        raise SystemExit(f"planted {PLANTED}, found {dict(found)}")
    held = Line.objects.filter(run=opened)
    in_case = Case.objects.filter(line__isnull=False).count()
    if held.count() != lines or held.filter(verdict="case").count() != in_case:
        raise SystemExit("a line is neither matched nor in a case, or both")
    if Incoming.objects.exists():
        raise SystemExit("lines were left behind")


def _config() -> ChannelConfig:
    unit_id = uuid7()
    return ChannelConfig.objects.create(
        unit_id=unit_id, unit_role=schema_name_of(unit_id), channel="wechat", mchid=MCHID,
        appid="wx", merchant_serial="s", platform_key_id="PUB_KEY_ID_1", platform_public_key="k",
        secrets_sealed=b"x", base_url="https://pay.channel.test", created_at=NOON,
    )  # fmt: skip


def _run_of(config: ChannelConfig) -> dict:
    return {
        "unit_id": config.unit_id, "unit_role": config.unit_role, "config": config,
        "channel": "wechat", "mchid": MCHID, "day": DAY, "kind": "trade", "state": "fetched",
        "changed_at": NOON,
    }  # fmt: skip


def _load(config: ChannelConfig, lines: int) -> tuple[bytes, str]:
    """Our orders by one statement, and the file that a channel would make of them, spoilt."""
    extra = PLANTED["duplicate"] + PLANTED["theirs_only"] + PLANTED["refund_theirs"]
    orders = lines - extra + PLANTED["ours_only"]
    places = iter(random.Random(20_261_121).sample(range(1, orders + 1), sum(PLANTED.values())))
    plan = {kind: {next(places) for _ in range(count)} for kind, count in PLANTED.items()}
    begin = dt.datetime.combine(DAY, dt.time(), tzinfo=BEIJING)
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, {
            "unit": config.unit_id, "role": config.unit_role, "config": config.pk, "begin": begin,
            "orders": orders, "late": [*plan["cutoff"]],
        })  # fmt: skip
    for place in plan["refund_ours"]:
        _give_back(place)
    content = _file(orders, plan, lines)
    return content, hashlib.sha1(content, usedforsecurity=False).hexdigest()


_ORDERS = f"""
INSERT INTO payments_order (id, unit_id, unit_role, config_id, out_trade_no, payer_person_id,
    payer_member_id, amount_fen, description, state, pay_url, error_code, transaction_id,
    created_at, expires_at, ask_count, paid_at, settled_at)
SELECT {UUID7_SQL}, %(unit)s, %(role)s, %(config)s, 'GJ' || lpad(n::text, 14, '0'),
    %(unit)s, %(unit)s, 3000 + n %% 20000, '党费', 'paid', '', '',
    '4200' || lpad(n::text, 24, '0'), %(begin)s, %(begin)s + interval '1 day', 0, at, at
FROM (
    SELECT n, CASE WHEN n = ANY(%(late)s) THEN %(begin)s - interval '5 minutes'
        ELSE %(begin)s + (n %% 80000) * interval '1 second' END AS at
    FROM generate_series(1, %(orders)s) n
) made
"""


def _give_back(place: int) -> None:
    """A refund of ours that no bill has, step by step as the database demands."""
    order = Order.objects.get(out_trade_no=f"GJ{place:014d}")
    made = Refund.objects.create(
        unit_id=order.unit_id, unit_role=order.unit_role, order=order, cause_id=uuid7(),
        out_refund_no=f"GR{place:014d}", transaction_id=order.transaction_id or "",
        paid_fen=order.amount_fen, amount_fen=order.amount_fen, requested_by=uuid7(),
        requested_at=NOON,
    )  # fmt: skip
    for changes in (
        {"state": "approved", "approved_by": uuid7(), "approved_at": NOON},
        {"state": "submitting"},
        {"state": "succeeded", "refunded_at": NOON},
    ):
        Refund.objects.filter(pk=made.pk).update(**changes)


def _file(orders: int, plan: dict[str, set[int]], lines: int) -> bytes:
    """The bill as bytes; its totals are those of its own lines."""
    made, paid, back, fee = [",".join(files.WECHAT)], 0, 0, 0
    for n in range(1, orders + 1):
        if n in plan["ours_only"]:
            continue
        fen = 3000 + n % 20_000 + (n in plan["amount"])
        state = "REVOKED" if n in plan["state"] else "SUCCESS"
        charged = int(n in plan["fee"])
        line = _line(n, f"GJ{n:014d}", fen, state=state, charged=charged)
        copies = 2 if n in plan["duplicate"] else 1
        made += [line] * copies
        paid, fee = paid + fen * copies, fee + charged
    for n in plan["theirs_only"]:
        made.append(_line(orders + n, f"POS{n:013d}", 9_900))
        paid += 9_900
    for n in plan["refund_theirs"]:
        made.append(_line(n, f"GJ{n:014d}", 100, refund=f"GR{n:014d}"))
        back += 100
    if len(made) - 1 != lines:
        raise SystemExit(f"{len(made) - 1} lines were made, {lines} wanted")
    sums = [files.yuan(one) for one in (paid, back, 0, fee, paid, back)]
    made += [files.WECHAT_TOTALS, ",".join(f"`{value}" for value in (f"{lines}.0", *sums))]
    return ("\r\n".join(made) + "\r\n").encode()


def _line(n: int, number: str, fen: int, *, state="SUCCESS", charged=0, refund="") -> str:
    second = n % 80_000
    at = f"2026-11-21 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    paid, back = files.yuan(0 if refund else fen), files.yuan(fen if refund else 0)
    return (
        f"`{at},`wx0123456789abcdef,`{MCHID},`,`,`4200{n:024d},`{number},`o{n:027d},`MWEB,"
        f"`{'REFUND' if refund else state},`OTHERS,`CNY,`{paid},`0.00,`{'5' if refund else '0'},"
        f"`{refund or '0'},`{back},`0.00,`,`,`党费 2026-11,`,`{files.yuan(charged)}000,`0.00%,"
        f"`{paid},`{back},`"
    )


def _loop(content: bytes) -> float:
    """Processor seconds of the loop over the first lines; nothing of it stays."""
    config = ChannelConfig.objects.get()
    lines = WeChatTradeBill(content, mchid=MCHID).lines()
    wanted = [line for line, _ in zip(lines, range(SAMPLE), strict=False)]
    with transaction.atomic():
        opened = Run.objects.create(**_run_of(config) | {"kind": "fund"})  # beside ours
        with _cpu() as used:
            for line in wanted:
                _compare(line, opened)
        transaction.set_rollback(True)
    return used[0]


def _compare(line: BillLine, opened: Run) -> None:
    order = Order.objects.filter(out_trade_no=line.out_trade_no).select_related("config").first()
    is_ours = order is not None and order.config_id == opened.config_id
    agrees = (
        is_ours
        and order.is_paid
        and order.transaction_id == line.transaction_id
        and order.amount_fen == line.amount_fen
        and order.paid_at.astimezone(BEIJING).date() == opened.day
        and line.fee_fen == 0
        and not Line.objects.filter(run=opened, out_trade_no=line.out_trade_no).exists()
    )
    Line.objects.create(
        unit_id=opened.unit_id, unit_role=opened.unit_role, run=opened, number=line.number,
        kind=line.kind, out_trade_no=line.out_trade_no, transaction_id=line.transaction_id,
        amount_fen=line.amount_fen, fee_fen=line.fee_fen, state=line.state, at=line.at,
        verdict="matched" if agrees else "case", order_id=order.pk if is_ours else None,
    )  # fmt: skip


@contextmanager
def _cpu():
    """Processor seconds of this process and of its database backend."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    used = [0.0, 0.0]
    own, backend = time.process_time(), _ticks(pid)
    yield used
    used[1] = (_ticks(pid) - backend) / os.sysconf("SC_CLK_TCK")
    used[0] = time.process_time() - own + used[1]


def _ticks(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(stat[11]) + int(stat[12])
