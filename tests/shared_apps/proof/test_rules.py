"""Every rule of the books, violated as only the owner of the database can: it turns red.

A row is planted in the owner's transaction, past keys, constraints and rights, and the rules are
asked there under the unit's own role.  Nothing of it is ever committed.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

import pytest
from django.db import connections

from kernel.models import uuid7
from shared_apps.proof.selectors import checks
from shared_apps.proof.selectors.catalogue import RULES

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

NOW = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
TODAY = NOW.date()
ADA, BEN = uuid7(), uuid7()
_MADE = {
    "uuid": uuid7,
    "character varying": lambda: "",
    "text": lambda: "",
    "boolean": lambda: False,
    "timestamp with time zone": lambda: NOW,
    "date": lambda: TODAY,
    "jsonb": lambda: "[]",
    "bytea": lambda: b"",
}
_REQUIRED = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = ANY (%s) AND table_name = %s AND is_nullable = 'NO'
"""


class Owner:
    """Whoever holds the database: writes what the product never would."""

    def __init__(self, unit, other):
        self.unit, self.other = unit, other
        self._freed: set[str] = set()
        self.do(f"GRANT {unit.schema_name} TO CURRENT_USER")  # whoever makes roles is in none
        self.do(f"SET LOCAL search_path = {unit.schema_name}, public")

    def do(self, sql, params=None):
        with connections["owner"].cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else None

    def plant(self, table, *without, of=None, **values):
        """One row with these values and something in every other column that must have a value,
        ``without`` these constraints.
        """
        self.free(table)
        for name in without:
            self.do(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        unit = of or self.unit
        required = dict(self.do(_REQUIRED, [[self.unit.schema_name, "public"], table]))
        row = {name: _MADE.get(kind, lambda: 1)() for name, kind in required.items()}
        if "unit_id" in required:
            row |= {"unit_id": unit.pk, "unit_role": unit.schema_name}
        row |= values
        columns = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(["%s"] * len(row))
        self.do(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))
        return row["id"]

    def free(self, table):
        """Takes the triggers and foreign keys of a table away."""
        if table in self._freed:
            return
        self._freed.add(table)
        self.do(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        keys = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass"
        for (name,) in self.do(keys, [table]):
            self.do(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def line(self, debit, credit, fen=500, **more):
        return self.plant(
            "dues_transfer", debit=debit, credit=credit, amount_fen=fen, effect=uuid7().hex, **more
        )

    def paid_order(self, **more):
        return self.plant(
            "payments_order", out_trade_no=uuid7().hex[-32:], state="paid", amount_fen=500,
            transaction_id=uuid7().hex, paid_at=NOW, settled_at=NOW,
            expires_at=NOW + dt.timedelta(minutes=20), **more,
        )  # fmt: skip

    def instruction(self, *without, **more):
        account = self.plant(
            "settlement_account", bank="BOC", cnaps="104301000123", state="confirmed",
            registered_by=ADA, decided_by=BEN, effective_on=TODAY, number_index=uuid7().bytes,
        )  # fmt: skip
        values = {"made_by": ADA, "checked_by": BEN, "account_id": account, "amount_fen": 500}
        insid = uuid7().hex[-12:]
        return self.plant("settlement_instruction", *without, **{**values, "insid": insid, **more})


def broken():
    return {check.code for check in checks.invariants(now=NOW) if not check.holds}


@pytest.fixture
def owner(alpha, beta, monkeypatch):
    """The owner's transaction; the rules are asked in it, as the unit and as the platform."""
    held = Owner(alpha, beta)
    asked = checks._ask

    def as_the_unit(parts, values):
        held.do(f"SET LOCAL ROLE {alpha.schema_name}")
        try:
            return asked(parts, values)
        finally:
            held.do("RESET ROLE")

    @contextmanager
    def beside():
        monkeypatch.setattr(checks, "_ask", asked)
        yield
        monkeypatch.setattr(checks, "_ask", as_the_unit)

    monkeypatch.setattr(checks, "connection", connections["owner"])
    monkeypatch.setattr(checks, "shared_context", beside)
    monkeypatch.setattr(checks, "_ask", as_the_unit)
    return held


def _an_order_of_another_unit(owner):
    order = owner.paid_order(of=owner.other)
    owner.plant("payments_channelevent", order_id=order, event_key="x", outcome="pending")


def _an_earlier_line(owner):
    owner.plant("proof_seal", number=1, upto=uuid7(), content=b"0" * 32, digest=b"0" * 32)


def _a_sweep(owner, *without, **more):
    run = owner.plant(
        "treasury_sweeprun", *without, direction="UP", state="POSTED", first_on=TODAY,
        last_on=TODAY, **{"made_by": ADA, "confirmed_by": BEN, **more},
    )  # fmt: skip
    owner.plant("treasury_sweepline", run_id=run, amount_fen=500)


PLANTED = {
    "I1: a line over nothing": lambda on: on.plant(
        "dues_transfer", "dues_transfer_positive", debit="1001", credit="4004", amount_fen=-500,
        effect="x",
    ),
    "I2: the unit may change lines": lambda on: on.do(
        f"GRANT UPDATE ON dues_transfer TO {on.unit.schema_name}"
    ),
    "I3: an unpaid bill with a line": lambda on: on.line(
        "1011:wechat:1", "4001",
        bill_id=on.plant("dues_bill", state="UNPAID", month=202611, due_fen=500, paid_fen=0),
    ),
    "I4: an order without its items": lambda on: on.paid_order(),
    "R1: a receipt that is missing": lambda on: on.plant("dues_receiptcounter", year=2026, last=1),
    "V1: an extra that nobody booked": lambda on: on.plant(
        "dues_contribution", kind="VOLUNTARY", state="PAID", amount_fen=500, limit_fen=100_000,
        paid_at=NOW, order_id=uuid7(),
    ),
    "I5: a refund that is not in the books": lambda on: on.plant(
        "payments_refund", order_id=on.paid_order(), out_refund_no="R1", paid_fen=500,
        amount_fen=500, state="succeeded", requested_by=ADA, approved_by=BEN, approved_at=NOW,
        refunded_at=NOW, settled_at=NOW,
    ),
    "I6: money in suspense from nowhere": lambda on: on.line("4004", "2001"),
    "I6: a sent instruction nobody booked": lambda on: on.instruction(state="sent", sent_at=NOW),
    "I6: an order that nobody asks about": lambda on: on.plant(
        "payments_order", out_trade_no="O1", state="unknown", amount_fen=500,
        created_at=NOW - dt.timedelta(days=3), expires_at=NOW - dt.timedelta(days=2),
    ),
    "I7: a closed day of another balance": lambda on: on.plant(
        "reconciliation_run", channel="wechat", kind="fund", state="closed", balance_fen=500,
        books_fen=499,
    ),
    "I8: a credit that no statement has": lambda on: on.instruction(state="settled"),
    "I9: a difference without a case": lambda on: on.plant(
        "reconciliation_line", verdict="case", kind="payment",
        run_id=on.plant("reconciliation_run", kind="trade", state="loaded"),
    ),
    "I9: a bill of more lines than are there": lambda on: on.plant(
        "reconciliation_run", kind="trade", state="closed", line_count=2
    ),
    "I10: a maker who checked": lambda on: on.instruction(
        "settlement_instruction_two_people", state="checked", checked_by=ADA
    ),
    "I10: an account that nobody confirmed": lambda on: on.instruction(
        state="checked", account_id=uuid7()
    ),
    "I10: a sweep of one person": lambda on: _a_sweep(
        on, "treasury_run_two_people", confirmed_by=ADA
    ),
    "I10: a refund of one person": lambda on: on.plant(
        "payments_refund", "payments_refund_two_people", state="approved", requested_by=ADA,
        approved_by=ADA, approved_at=NOW,
    ),
    "I10: an expense of one person": lambda on: on.plant(
        "treasury_voucher", "treasury_voucher_two_people", kind="EXPENSE", state="PAID",
        entered_by=ADA, approved_by=BEN, paid_by=ADA, use="5001", minute="纪要", decided_on=TODAY,
        present=5,
    ),
    "I11: a paid order that nobody told of": lambda on: on.paid_order(),
    "I12: money on its way of no run": lambda on: on.line("5011", "1013"),
    "I13: an event of another unit's order": _an_order_of_another_unit,
    "I13: a line of an unknown order": lambda on: on.line("1001", "4004", order_id=uuid7()),
    "I14: a seal over other lines": _an_earlier_line,
    "C1: cash in hand of no slip": lambda on: on.line("1002", "4001"),
    "T1: a figure that the ledger has not": lambda on: on.plant(
        "treasury_day", account="4001", debit_fen=500
    ),
    "T2: a sweep that nobody booked": _a_sweep,
    "T3: a voucher that nobody booked": lambda on: on.plant(
        "treasury_voucher", kind="INTEREST", state="PAID"
    ),
}  # fmt: skip


def test_nothing_is_broken_before(owner):
    assert broken() == set()


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_violation_is_found(owner, planted):
    PLANTED[planted](owner)
    assert planted.partition(":")[0] in broken()


def test_every_rule_has_a_violation():
    assert {planted.partition(":")[0] for planted in PLANTED} == set(RULES)


def test_a_rule_must_be_in_the_catalogue():
    with pytest.raises(ValueError, match="I99"):
        checks.register("I99", "SELECT 1 WHERE false")


def test_what_is_within_its_time_is_no_violation(owner):
    owner.plant(
        "payments_order", out_trade_no="O1", state="unknown", amount_fen=500,
        created_at=NOW - dt.timedelta(hours=3), expires_at=NOW - dt.timedelta(hours=2),
    )  # fmt: skip
    assert broken() <= {"I4"}
