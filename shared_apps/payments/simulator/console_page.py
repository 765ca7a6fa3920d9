"""The simulator's own page as HTML: tables that become cards on a phone, forms without a script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final, NamedTuple

from shared_apps.delivery.simulator import sheet
from shared_apps.payments.simulator.clock import BEIJING
from shared_apps.payments.simulator.console_words import POINTS, words_of

NOTE: Final = "这是支付模拟器，只在本机运行：这里的钱不是真的，付款、退款和故障都只影响本机演示。"
VIEWS: Final = (
    ("/", "账目"),
    ("/console/orders", "订单"),
    ("/console/callbacks", "通知"),
    ("/console/faults", "故障"),
    ("/console/journal", "流水"),
)
STYLE: Final = """
.sheet.full{max-width:80rem}
.sheet.full main{padding:1.25rem clamp(1rem,3vw,2rem)}
nav.tabs{display:flex;flex-wrap:wrap;gap:.25rem;margin:0 0 1.25rem;
border-bottom:1px solid var(--line)}
nav.tabs a{padding:.5rem .875rem;min-height:2.75rem;display:flex;align-items:center;
color:var(--ink);text-decoration:none;border-bottom:3px solid transparent}
nav.tabs a[aria-current]{border-color:var(--main);font-weight:600}
h2{font-size:1rem;margin:1.75rem 0 .5rem}
.said{margin:0 0 1rem;padding:.625rem .875rem;border-radius:.5rem;background:var(--note);
color:var(--note-ink)}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding:.25rem 0}
th{text-align:left;font-weight:600;color:var(--soft);font-size:.875rem}
th,td{padding:.625rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td small{display:block;color:var(--soft)}
td.num{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
tfoot td{font-weight:600}
.tag{display:inline-block;padding:0 .5rem;border:1px solid var(--line);border-radius:1rem;
font-size:.8125rem;white-space:nowrap}
.tag.good{color:var(--good);border-color:currentColor}
.tag.bad{color:var(--main);border-color:currentColor}
table+.acts{margin-top:.75rem}
.acts{display:flex;flex-wrap:wrap;gap:.375rem;justify-content:flex-end}
.acts button,.inline button{width:auto;min-height:2.25rem;margin:0;padding:.125rem .75rem;
font-size:.875rem;white-space:nowrap}
form.fields{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));
align-items:end;margin:0 0 1rem}
form.fields label,form.inline label{font-size:.875rem;color:var(--soft)}
form.fields .wide{grid-column:span 2}
form.fields button{margin:0;min-height:2.75rem}
form.inline{display:flex;gap:.5rem;align-items:end;flex-wrap:wrap;margin:0 0 1rem}
form.inline input{width:12rem}
form.inline button{min-height:2.75rem}
select{display:block;width:100%;min-height:2.75rem;padding:.5rem .625rem;font:inherit;
color:var(--ink);background:var(--sheet);border:1px solid var(--soft);border-radius:.5rem}
details{margin:1rem 0}
summary{cursor:pointer;min-height:2.75rem;display:flex;align-items:center;color:var(--main)}
code{overflow-wrap:anywhere;font-size:.875rem}
@media (max-width:47.99rem){
table,tbody,tfoot,tr,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{padding:.75rem 0;border-bottom:1px solid var(--line)}
td{display:flex;justify-content:space-between;gap:1rem;padding:.125rem 0;border:0;text-align:right}
td::before{content:attr(data-label);color:var(--soft);flex:none;text-align:left}
td>div{min-width:0}
td.acts-cell::before{content:none}
td.acts-cell{justify-content:flex-end;padding-top:.5rem}
form.fields .wide{grid-column:auto}
}
"""


class Mode(NamedTuple):
    """A fault that can be planted, and the channels that can play it."""

    point: str
    name: str
    channels: tuple[str, ...]


Cell = tuple[str, str]
"""The class of a cell and its finished HTML."""


def page(*, title: str, at: str, content: str, said: str = "") -> bytes:
    """A whole page with the tabs above; `said` tells what the last act did."""
    told = f'<p class="said" role="status">{escape(said)}</p>' if said else ""
    return sheet.page(
        title=title,
        strapline="支付模拟器",
        content=f"{_tabs(at)}{told}{content}",
        note=NOTE,
        style=STYLE,
        width="full",
    )


def _tabs(at: str) -> str:
    links = (
        f'<a href="{url}"{" aria-current=page" if url == at else ""}>{name}</a>'
        for url, name in VIEWS
    )
    return f'<nav class="tabs" aria-label="模拟器">{"".join(links)}</nav>'


def table(
    heads: Sequence[Cell], rows: Iterable[Sequence[Cell]], *, empty: str, foot: Sequence[Cell] = ()
) -> str:
    """A table; a phone shows each row as a card with the heads as labels."""
    body = "".join(_row(heads, row) for row in rows)
    if not body:
        return f'<p class="empty">{escape(empty)}</p>'
    names = "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for kind, name in heads)
    tail = f"<tfoot>{_row(heads, foot)}</tfoot>" if foot else ""
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody>{tail}</table>"


def _row(heads: Sequence[Cell], row: Sequence[Cell]) -> str:
    cells = (
        f'<td class="{kind}" data-label="{escape(head)}"><div>{html}</div></td>'
        for (_, head), (kind, html) in zip(heads, row, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def button(action: str, label: str, **fields: object) -> str:
    """One act as a form of its own."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(str(value))}">'
        for name, value in fields.items()
    )
    return (
        f'<form method="post" action="{action}">{hidden}'
        f'<button class="quiet">{escape(label)}</button></form>'
    )


def search(action: str, value: str, *, more: str = "") -> str:
    return (
        f'<form class="inline" method="get" action="{action}" role="search">'
        '<label>订单号（可只填开头或结尾）<input name="number" maxlength="64" autocomplete="off"'
        f' value="{escape(value)}"></label>{more}<button>查找</button></form>'
    )


def select(name: str, label: str, options: Iterable[Cell], *, chosen: str = "") -> str:
    """A list to choose from: values and words."""
    shown = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(words)}</option>"
        for value, words in options
    )
    return f'<label>{escape(label)}<select name="{name}">{shown}</select></label>'


def fault_select(modes: Sequence[Mode]) -> str:
    """Every fault of every point, in words."""
    points = dict.fromkeys(mode.point for mode in modes)
    groups = "".join(
        f'<optgroup label="{escape(POINTS.get(point, point))}">'
        + "".join(_fault_option(mode) for mode in modes if mode.point == point)
        + "</optgroup>"
        for point in points
    )
    return f'<label class="wide">出什么故障<select name="fault" required>{groups}</select></label>'


def _fault_option(mode: Mode) -> str:
    name, does = words_of(mode.point, mode.name)
    text = f"{POINTS.get(mode.point, mode.point)}：{name}（{does}；{'、'.join(mode.channels)}）"
    return f'<option value="{escape(mode.point)} {escape(mode.name)}">{escape(text)}</option>'


def yuan(fen: int) -> str:
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def clock_time(moment: datetime | str | float | None) -> str:
    """Beijing time to the second; a dash for none."""
    if moment is None or moment == "":
        return "—"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, (int, float)):
        moment = datetime.fromtimestamp(moment, tz=UTC)
    return f"{moment.astimezone(BEIJING):%m-%d %H:%M:%S}"


def tag(text: str, kind: str = "") -> str:
    return f'<span class="tag {kind}">{escape(text)}</span>'
