"""``bench callbacks``: channels' callbacks over loopback HTTP, durable and exactly once.

Ours are the intake and the booker as the launcher starts them.  Every callback is signed
beforehand with the channel's key; some are sent twice.  Measured are the answers (each after its
commit) and how long it takes until the books of all units have everything; afterwards each
payment must stand there once.  The baseline is the view that one would write with Django's ORM,
in a Django without any of our middleware: verify, then event, order, bill, ledger, receipt, audit
and report in one transaction.  Both are asked by the same sender, on rows of the same kind, in
turns.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Sum

from kernel.unit import shared_context, unit_context
from shared_apps.payments.models import ChannelEvent, EventOutcome
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.models import Bill, BillState, Receipt, Transfer
from tests.bench.load import doors, payers, sender, web

CALLBACKS: Final = 20_000
PLAIN: Final = 1_500
UNITS: Final = 20
CONNECTIONS: Final = 64
DOUBLED: Final = 20
"""One of so many callbacks is sent twice."""
WARM: Final = 200
PACED_SECONDS: Final = 10
PATIENCE_SECONDS: Final = 120
SHARE: Final = 0.7
"""Of the most that was answered; the load under which the slowest are looked at."""


def run(options: Any) -> dict[str, Any]:
    """Answers and booked payments per second, milliseconds of processor per callback, p99."""
    count = getattr(options, "rows", None) or CALLBACKS
    units = getattr(options, "units", None) or UNITS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        payees = payers.opened(units, folder)
        plain = _measured(folder, payees, min(PLAIN, count), doors.plain)
        ours = _measured(folder, payees, count, doors.ours, share=SHARE)
    return {
        "figures": {"callbacks": count, "units": units, **ours},
        "baselines": {f"orm_{key}": value for key, value in plain.items()},
        "ratios": {
            "main": round(ours["answered_per_s"] / plain["answered_per_s"], 2),
            "booked": round(ours["booked_per_s"] / plain["booked_per_s"], 2),
            "processor": round(plain["processor_ms_each"] / ours["processor_ms_each"], 2),
        },
    }


def _measured(
    folder: Path, payees: list[payers.Payee], count: int, door: doors.Door, share: float = 0.0
) -> dict[str, Any]:
    with door(folder) as (port, pids):
        web.await_answer(port)
        _send(port, payers.signed(payees, WARM, port))
        _seconds_until_booked()
        requests = payers.signed(payees, count, port)
        before = _processor_seconds(pids)
        answered = _send(port, _some_twice(requests))
        booked_after = answered["seconds"] + _seconds_until_booked()
        processor = _processor_seconds(pids) - before
        figures = {
            "answered_per_s": round(answered["answers"] / answered["seconds"], 1),
            "booked_per_s": round(count / booked_after, 1),
            "p50_ms_at_full_load": answered["p50_ms"],
            "p99_ms_at_full_load": answered["p99_ms"],
            "processor_ms_each": round(processor / answered["answers"] * 1000, 3),
        }
        if share:
            rate = figures["answered_per_s"] * share
            requests += payers.signed(payees, min(count, int(rate * PACED_SECONDS)), port)
            paced = _send(port, requests[count:], per_second=rate)
            _seconds_until_booked()
            figures |= {
                "p50_ms_at_70_percent": paced["p50_ms"],
                "p99_ms_at_70_percent": paced["p99_ms"],
            }
    _exactly_once(payees)
    return figures


def _send(port: int, requests: Sequence[bytes], per_second: float = 0) -> dict[str, Any]:
    told = sender.send(port, requests, CONNECTIONS, per_second=per_second)
    if set(told["statuses"]) != {"204"}:
        raise RuntimeError(f"callbacks were answered {told['statuses']}")
    return told


def _some_twice(requests: Sequence[bytes]) -> list[bytes]:
    """Every so many-th is there again, a little later."""
    sent = list(requests)
    for place in range(len(requests) - 1, 0, -DOUBLED):
        sent.insert(min(len(sent), place + CONNECTIONS), requests[place])
    return sent


def _seconds_until_booked() -> float:
    began = time.perf_counter()
    with shared_context():
        while ChannelEvent.objects.filter(outcome=EventOutcome.PENDING).exists():
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise RuntimeError("payments were stored and not booked")
            time.sleep(0.02)
    return time.perf_counter() - began


def _exactly_once(payees: Sequence[payers.Payee]) -> None:
    """Every bill of every unit was paid, booked and receipted once, and the books hold."""
    for payee in payees:
        with unit_context(payee.unit.id):
            bills = Bill.objects.count()
            found = (
                Bill.objects.filter(state=BillState.PAID).count(),
                Transfer.objects.aggregate(n=Count("pk"))["n"],
                Transfer.objects.aggregate(fen=Sum("amount_fen"))["fen"] // payers.FEN,
                Receipt.objects.count(),
            )
            broken = [check.code for check in dues.invariants() if not check.holds]
        if set(found) != {bills} or broken:
            raise RuntimeError(f"{payee.unit.label}: {bills} bills, {found}, broken {broken}")


def _processor_seconds(pids: Sequence[int]) -> float:
    """Of the processes, their children and all backends of the database, so far."""
    listed = [Path(f"/proc/{pid}/task/{pid}/children").read_text() for pid in pids]
    children = " ".join(listed).split()
    return sum(map(_seconds_of, [*map(str, pids), *children, *_backends()]))


def _backends() -> list[str]:
    """The database's processes, where they run on this machine under this user's eyes."""
    with shared_context(), connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [str(pid) for (pid,) in cursor.fetchall()]


def _seconds_of(pid: str) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
