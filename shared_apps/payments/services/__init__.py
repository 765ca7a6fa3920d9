"""Verbs of payment: keep a unit's account, open and follow orders, take callbacks.

How the dues app, which stands above, uses them:

1.  In the unit, inside its own transaction: `orders.open_order(items=[Item(bill_id, fen)], …)`.
    Commit. Then, outside any transaction: `orders.submit(order=…, …)`. State AWAITING: send the
    payer to `orders.pay_page(order=…, return_url=…)`.
2.  The view under `accounts.NOTIFY_PATH` on the pay host, without a unit in force:
    `accepted = callbacks.accept(channel=…, config_uid=…, headers=…, body=…, now=…)`. It is
    committed when it returns. Then, in `accepted.unit_id`: apply `accepted.event_id`, and answer
    `accepted.acknowledgement`, as NothingToKeep is at once. `CallbackRefused` becomes its HTTP
    status; anything unexpected a 5xx, never a 200.
3.  To apply events, in the unit and inside one transaction, call
    `paying.mark_paid(event_ids=…, now=…)`. It returns a `Payment` exactly once per order; post
    bills, ledger and receipts from them in the same transaction.
4.  A job every 30 seconds, on the shared tables: `selectors.orders_to_ask(now)` → `orders.refresh`,
    `selectors.orders_to_close(now)` → `orders.close_expired`, each in its unit and outside a
    transaction; an `event_id` in the answer is applied as in 3. `selectors.events_to_apply(now)`
    lists what a crash left between 2 and 3.
"""

from . import accounts, callbacks, inbox, numbers, orders, paying

__all__ = ["accounts", "callbacks", "inbox", "numbers", "orders", "paying"]
