"""What must always be true of the treasury's books (payments.md 7.5: I12, and the figures)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from tenant_apps.dues.selectors import Check, balance, chart
from tenant_apps.dues.selectors.books import LEDGER, TURNOVER_SQL
from tenant_apps.treasury.models import Day, SweepLine, SweepRun, Voucher
from tenant_apps.treasury.selectors.balances import folded_to, require_browsing
from tenant_apps.treasury.selectors.sweeps import in_transit

_FIGURES: Final = f"""
    SELECT coalesce(held.account, ledger.account) || ' ' || coalesce(held."on", ledger.day)
    FROM ({TURNOVER_SQL.format(where="id < %s")}) AS ledger
    FULL JOIN {Day._meta.db_table} AS held
      ON held.account = ledger.account AND held."on" = ledger.day
    WHERE (held.debit_fen, held.credit_fen)
       IS DISTINCT FROM (ledger.debit_fen, ledger.credit_fen)
"""
_SIDES: Final = f"""
    SELECT line.id FROM {SweepLine._meta.db_table} AS line
    JOIN {SweepRun._meta.db_table} AS run ON run.id = line.run_id
    LEFT JOIN {LEDGER} AS gone ON gone.effect = 'sweep-out:' || line.id
    LEFT JOIN {LEDGER} AS come ON come.effect = 'sweep-in:' || line.id
    WHERE run.reverses_id IS NULL AND (
        (run.state IN ('POSTED', 'DONE') AND gone.amount_fen IS DISTINCT FROM line.amount_fen)
        OR (line.taken_at IS NOT NULL) <> (come.id IS NOT NULL)
        OR come.amount_fen <> line.amount_fen
        OR (run.state = 'DONE' AND line.taken_at IS NULL))
"""
_BOOKED: Final = f"""
    SELECT held.id FROM {Voucher._meta.db_table} AS held
    LEFT JOIN {LEDGER} AS line ON line.id = held.line_id
    WHERE held.state IN ('PAID', 'REVERSED') AND line.amount_fen IS DISTINCT FROM held.amount_fen
"""


def checks(actor: Actor) -> list[Check]:
    """Each invariant of the unit in force, with what violates it; they look at the whole unit."""
    require_browsing(actor)
    transit = -balance(chart.SWEEP_IN_TRANSIT) - balance(chart.RETURN_IN_TRANSIT)
    off = transit - in_transit()
    return [
        _asked("T1", "日汇总与明细账一致", "每天的汇总等于明细账逐笔相加", _FIGURES, folded_to()),
        _asked("T2", "归集回拨两边相等", "每笔的付出与到账同额，全部确认后合计为零", _SIDES),
        Check(
            "I12", "在途逐笔有去处", "在途科目的余额等于尚未确认到账的各笔之和",
            int(off != 0), (str(off),) if off else (),
        ),
        _asked("T3", "单据与凭证同额", "每张已入账的单据恰有一笔同额的凭证", _BOOKED),
    ]  # fmt: skip


def differing_figures() -> int:
    """How many daily figures are not what the ledger says."""
    return _asked("T1", "", "", _FIGURES, folded_to()).violations


def _asked(code: str, title: str, rule: str, sql: str, *values: UUID) -> Check:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        found = [str(key) for (key,) in cursor.fetchall()]
    return Check(code, title, rule, len(found), tuple(found[:5]))
