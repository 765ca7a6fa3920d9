"""Batches as workbooks."""

from __future__ import annotations

from kernel.clock import BEIJING
from kernel.money import yuan
from kernel.sheets.writing import Heading, Workbook
from shared_apps.settlement.models import Batch
from shared_apps.settlement.selectors.instructions import of_batch
from tenants import selectors as units

_HEADINGS = (
    Heading("指令号", 16),
    Heading("单位", 32),
    Heading("开户银行", 18),
    Heading("账号尾号", 10),
    Heading("户名", 36),
    Heading("周期", 8),
    Heading("结算至", 12),
    Heading("金额（元）", 14),
    Heading("状态", 14),
    Heading("银行流水号", 18),
    Heading("银行答复", 24),
    Heading("到账时间", 18),
)


def batch_workbook(batch: Batch) -> bytes:
    """Every instruction of a batch, accounts by their last four digits."""
    rows = of_batch(batch)
    names = dict(units.all_units().filter(pk__in=rows.values("unit_id")).values_list("pk", "name"))
    with Workbook() as book:
        book.add_sheet(
            batch.number,
            (
                (
                    row.insid,
                    names.get(row.unit_id, ""),
                    row.account.get_bank_display(),
                    row.account.last_four,
                    row.account.name,
                    row.get_cycle_display(),
                    row.cut_off_on,
                    yuan(row.amount_fen),
                    row.get_state_display(),
                    row.obssid,
                    row.bank_words,
                    f"{row.settled_at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
                    if row.settled_at
                    else "",
                )
                for row in rows.iterator(chunk_size=2000)
            ),
            headings=_HEADINGS,
        )
    return book.content()
