"""What each view of the simulator's own page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Final

from shared_apps.payments.simulator import bill_days
from shared_apps.payments.simulator import console_page as html
from shared_apps.payments.simulator import console_reads as reads
from shared_apps.payments.simulator.books import Order
from shared_apps.payments.simulator.console_page import Cell, Mode, tag, yuan
from shared_apps.payments.simulator.console_words import (
    CHANNEL_NAMES,
    CHANNELS,
    JOURNAL,
    KINDS,
    POINTS,
    STATES,
    words_of,
)
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.front import FrontMachine
from shared_apps.payments.simulator.front_books import MODES as FRONT_MODES
from shared_apps.payments.simulator.skins import expired

_Form = Mapping[str, str]
SCALES: Final = (
    ("1", "1（如实）"),
    ("60", "60（一小时变一分钟）"),
    ("1440", "1440（一天变一分钟）"),
)
EMPTY: Final = "还没有订单。在业务页面发起支付后会出现在这里。"
REQUEST_ORDER: Final = ("order", "query", "close", "refund", "callback")


class ConsoleViews:
    """Every view takes what the address says and what the last act did."""

    def __init__(self, core: GatewayCore, front: FrontMachine) -> None:
        self._core = core
        self._front = front

    def books(self, _given: _Form, said: str) -> bytes:
        sums = reads.sums(self._core.books)
        heads = [("", "渠道"), ("n", "已收（元）"), ("n", "已退（元）"), ("n", "已付订单"),
                 ("n", "待支付"), ("n", "待送通知")]  # fmt: skip
        rows = [
            [("", escape(one.name)), ("n", yuan(one.paid_fen)), ("n", yuan(one.refunded_fen)),
             ("n", str(one.paid)), ("n", str(one.waiting)), ("n", str(one.owed))]
            for one in sums
        ]  # fmt: skip
        foot: list[Cell] = [
            ("", "合计"),
            ("n", yuan(sum(one.paid_fen for one in sums))),
            ("n", yuan(sum(one.refunded_fen for one in sums))),
            ("n", str(sum(one.paid for one in sums))),
            ("n", str(sum(one.waiting for one in sums))),
            ("n", str(sum(one.owed for one in sums))),
        ]
        content = (
            f"<h2>各渠道</h2>{html.table(heads, rows, empty='', foot=foot)}"
            f"<h2>账户余额</h2>{self._balances()}<h2>时钟</h2>{self._clock()}"
        )
        return html.page(title="账目", at="/", content=content, said=said)

    def orders(self, given: _Form, said: str) -> bytes:
        number, channel = given.get("number", "").strip(), given.get("channel", "")
        found = reads.orders(self._core.books, search=number, channel=channel)
        options = [("", "全部渠道"), *CHANNEL_NAMES.items()]
        tools = html.search(
            "/console/orders",
            number,
            more=html.select("channel", "渠道", options, chosen=channel),
        )
        heads = [("", "订单号"), ("", "渠道"), ("", "收款方"), ("n", "金额（元）"), ("", "状态"),
                 ("", "时间"), ("acts-cell", "")]  # fmt: skip
        table = html.table(
            heads,
            [self._order_row(order, number) for order in found],
            empty="没有这样的订单。" if number or channel else EMPTY,
        )
        note = f'<p class="note">只列最近 {reads.PAGE} 笔。</p>' if len(found) == reads.PAGE else ""
        return html.page(
            title="订单", at="/console/orders", content=tools + table + note, said=said
        )

    def callbacks(self, given: _Form, said: str) -> bytes:
        number = given.get("number", "").strip()
        found = reads.callbacks(self._core.books, search=number)
        heads = [("", "通知"), ("", "订单号"), ("", "渠道"), ("n", "已送次数"), ("", "商户的答复"),
                 ("", "下一次"), ("acts-cell", "")]  # fmt: skip
        table = html.table(
            heads,
            [self._callback_row(one) for one in found],
            empty="没有这样的通知。" if number else "还没有通知。付款之后会出现在这里。",
        )
        content = html.search("/console/callbacks", number) + table
        return html.page(title="通知", at="/console/callbacks", content=content, said=said)

    def faults(self, _given: _Form, said: str) -> bytes:
        content = (
            f"<h2>设故障</h2>{self._plant_form()}<h2>已设下的故障</h2>{self._planted()}"
            f"{self._all_modes()}"
        )
        return html.page(title="故障", at="/console/faults", content=content, said=said)

    def journal(self, _given: _Form, said: str) -> bytes:
        rows = [
            [
                ("num", html.clock_time(one["at"])),
                ("", escape(JOURNAL.get(one["what"], one["what"]))),
                ("num", f"<code>{escape(_facts(one['facts']))}</code>"),
            ]
            for one in self._core.books.journal(limit=100)
        ]
        heads = [("", "时间"), ("", "事项"), ("", "内容")]
        table = html.table(heads, rows, empty="还没有发生过什么。")
        return html.page(title="流水", at="/console/journal", content=table, said=said)

    def _balances(self) -> str:
        balances = self._core.books.balances()
        payers = sum(fen for account, fen in balances.items() if account.startswith("payer:"))
        rows: list[list[Cell]] = [
            [("", self._owner(account)), ("n", yuan(fen))]
            for account, fen in sorted(balances.items())
            if not account.startswith("payer:")
        ]
        if balances:
            rows.append([("", "全部付款人"), ("n", yuan(payers))])
        foot = [("", "借贷合计"), ("n", yuan(sum(balances.values())))]
        heads = [("", "账户"), ("n", "余额（元）")]
        return html.table(heads, rows, empty="还没有钱动过。", foot=foot)

    def _owner(self, account: str) -> str:
        """Who an account of the books belongs to, with the channel."""
        kind, _, mchid = account.partition(":")
        order = self._core.books.newest_of(mchid) if kind == "merchant" else None
        if order is None:
            return escape(account)
        payee = self._core.callbacks.skin_of(order).payee(order)
        name = f"{payee}（{CHANNELS.get(order.kind, order.kind)}）"
        return f"{escape(name)}<small>{escape(mchid)}</small>"

    def _clock(self) -> str:
        now = f"{self._core.clock.scale:g}"
        scales = SCALES if now in dict(SCALES) else ((now, now), *SCALES)
        choose = html.select("scale", "重试等待缩短多少倍", scales, chosen=now)
        return (
            '<form class="inline" method="post" action="/console/clock">'
            f"{choose}<button>改</button></form>"
            '<form class="inline" method="post" action="/console/day">'
            f"<span>渠道和银行的日期：{self._core.clock.today()}</span><label>前进几天"
            '<input name="days" inputmode="numeric" value="1"></label><button>前进</button></form>'
            "<p>通知没有人接时，渠道会等一阵再送，倍率只缩短等待。日期前进时，期间该送的通知逐次送完，"
            "退款办结，次日上午的账单可以下载，银行三天后的退汇也已发生；日期只能前进。</p>"
        )

    def _order_row(self, order: Order, number: str) -> list[Cell]:
        is_over = expired(order, self._core.clock.now())
        state = STATES.get(order.state, order.state)
        if order.state == "NOTPAY" and is_over:
            state = "已超时"
        kind = {"SUCCESS": "good", "REFUND": "bad"}.get(order.state, "")
        until = f"时限 {html.clock_time(order.expires_at)}" if order.expires_at else ""
        at = f"付款 {html.clock_time(order.paid_at)}" if order.paid_at else until
        payee = self._core.callbacks.skin_of(order).payee(order)
        return [
            ("num", f"{escape(order.out_trade_no)}<small>{escape(order.description)}</small>"),
            ("", escape(CHANNELS.get(order.kind, order.kind))),
            ("", escape(payee)),
            ("n", yuan(order.amount_fen)),
            ("", tag(state, kind)),
            ("num", at),
            ("acts-cell", _order_acts(order, number, is_over=is_over)),
        ]

    def _callback_row(self, one: reads.Owed) -> list[Cell]:
        answers = " ".join(_answer(status) for status in one.answers) or "—"
        again = html.button("/console/send", "马上送", event_id=one.event_id)
        due = html.clock_time(one.due_at) if one.due_at is not None else "不再送"
        return [
            ("num", escape(one.event_id)),
            ("num", escape(one.order.out_trade_no)),
            ("", escape(CHANNELS.get(one.order.kind, one.order.kind))),
            ("n", str(one.attempt)),
            ("", answers),
            ("num", due),
            ("acts-cell", f'<div class="acts">{again}</div>'),
        ]

    def _modes(self) -> list[Mode]:
        """Every fault of every point, as it can be planted."""
        found = [
            Mode(point, mode, self._players(point, mode))
            for point in REQUEST_ORDER
            for mode in sorted(self._core.callbacks.modes(point))
        ]
        found += [Mode(bill_days.POINT, mode, ("渠道账单",)) for mode in sorted(bill_days.MODES)]
        return found + [Mode("front", mode, ("银企直联",)) for mode in FRONT_MODES]

    def _players(self, point: str, mode: str) -> tuple[str, ...]:
        """The channels that can play a fault there."""
        kinds = self._core.callbacks.kinds_with(point, mode)
        return tuple(name for key, name in CHANNEL_NAMES.items() if kinds & {*KINDS[key]})

    def _plant_form(self) -> str:
        return (
            '<form class="fields" method="post" action="/console/plant">'
            f"{html.fault_select(self._modes())}"
            '<label>只对这个订单号（不填：任何一笔）<input name="number" maxlength="64"'
            ' autocomplete="off"></label>'
            '<label>次数<input name="times" inputmode="numeric" value="1"></label>'
            "<label>秒数（迟到、答复慢时用）"
            '<input name="seconds" inputmode="decimal" value="0"></label>'
            "<button>设下</button></form>"
        )

    def _planted(self) -> str:
        rows = [_planted_row(one) for one in reads.planted(self._core.books)]
        rows += [_planted_row(one | {"point": "front"}) for one in self._front.books.planted()]
        heads = [("", "在哪里"), ("", "故障"), ("", "对哪一笔"), ("n", "还剩几次"), ("n", "秒数"),
                 ("acts-cell", "")]  # fmt: skip
        table = html.table(heads, rows, empty="没有设下故障，一切照常。")
        every = html.button("/console/unplant", "全部取消", fault="all") if rows else ""
        return f'{table}<div class="acts">{every}</div>'

    def _all_modes(self) -> str:
        heads = [("", "在哪里"), ("", "故障"), ("", "会发生什么"), ("", "哪些渠道")]
        rows = []
        for one in self._modes():
            name, does = words_of(one.point, one.name)
            where = POINTS.get(one.point, one.point)
            words = (where, name, does, "、".join(one.channels))
            rows.append([("", escape(text)) for text in words])
        return (
            f"<details><summary>全部 {len(rows)} 种故障说明</summary>"
            f"{html.table(heads, rows, empty='')}</details>"
        )


def _order_acts(order: Order, number: str, *, is_over: bool) -> str:
    fields = {"prepay_id": order.prepay_id, "number": number}
    acts = ""
    if order.state == "NOTPAY":
        if not is_over:
            acts += html.button("/console/pay", "付款", **fields)
        acts += html.button("/console/close", "关闭", **fields)
    if order.state == "CLOSED" and order.transaction_id is None:
        acts = html.button("/console/pay", "关闭后付款", after_close="1", **fields)
    return f'<div class="acts">{acts}</div>'


def _planted_row(one: Mapping[str, object]) -> list[Cell]:
    point, mode = str(one["point"]), str(one["mode"])
    name, does = words_of(point, mode)
    number = str(one.get("out_trade_no") or one.get("insid") or "任何一笔")
    is_front = point == "front"
    act = "" if is_front else html.button("/console/unplant", "取消", fault=one["id"])
    return [
        ("", POINTS.get(point, point)),
        ("", f"{escape(name)}<small>{escape(does)}</small>"),
        ("num", escape(number)),
        ("n", str(one["remaining"])),
        ("n", "—" if is_front else f"{one['seconds']:g}"),
        ("acts-cell", f'<div class="acts">{act}</div>'),
    ]


def _answer(status: int) -> str:
    if status == 0:
        return tag("没有答复", "bad")
    return tag(str(status), "good" if status in {200, 204} else "bad")


def _facts(facts: Mapping[str, object]) -> str:
    kept = {name: value for name, value in facts.items() if value not in ("", [], None)}
    return json.dumps(kept, ensure_ascii=False)[1:-1]
