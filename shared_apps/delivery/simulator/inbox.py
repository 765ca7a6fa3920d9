"""The inbox page of the SMS simulator: newest first, the code large, refreshed by itself.

Without a script the page still works: 「刷新」 is a link. With one, only the list is replaced, so
that a search being typed is never lost, and the refresh can be paused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Protocol

from shared_apps.delivery.simulator import sheet

BEIJING = timezone(timedelta(hours=8))
_CODE = re.compile(r"验证码\D{0,8}(\d{4,8})(?!\d)")
_SCRIPT = """
(function () {
  var toggle = document.getElementById('toggle'), running = true;
  toggle.hidden = false;
  toggle.addEventListener('click', function () {
    running = !running;
    toggle.textContent = running ? '暂停自动刷新' : '恢复自动刷新';
  });
  setInterval(function () {
    if (!running || document.hidden) return;
    fetch(location.href).then(function (answer) { return answer.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('list');
      var list = document.getElementById('list');
      if (fresh && fresh.innerHTML !== list.innerHTML) list.innerHTML = fresh.innerHTML;
    }).catch(function () {});
  }, 3000);
})();
"""


class Shown(Protocol):
    """What the page needs of a message."""

    @property
    def phone(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def received_at(self) -> str: ...


def page(messages: Sequence[Shown], phone: str) -> bytes:
    """The inbox of all numbers, or of those that begin or end with `phone`."""
    search = (
        '<form class="search" method="get" action="/" role="search">'
        '<label for="phone">按手机号查找（可只填后四位）'
        '<input id="phone" name="phone" inputmode="numeric" maxlength="11"'
        f' value="{escape(phone)}">'
        '</label><button type="submit">查找</button></form>'
    )
    again = f"/?phone={phone}" if phone else "/"
    tools = (
        f'<div class="tools"><a href="{escape(again)}">刷新</a>'
        '<button type="button" id="toggle" class="quiet" hidden>暂停自动刷新</button></div>'
    )
    return sheet.page(
        title="短信收件箱",
        strapline="短信模拟器",
        content=f'{search}{tools}<div id="list" aria-live="polite">{_list(messages, phone)}</div>',
        note="这是短信模拟器，只在本机运行：短信不会发到真实手机。",
        width="wide",
        script=_SCRIPT,
    )


def _list(messages: Sequence[Shown], phone: str) -> str:
    if not messages:
        empty = "没有发给这个号码的短信。" if phone else "还没有短信。发送验证码后会出现在这里。"
        return f'<p class="empty">{empty}</p>'
    return f'<ul class="messages">{"".join(_item(message) for message in messages)}</ul>'


def _item(message: Shown) -> str:
    moment = datetime.fromisoformat(message.received_at).astimezone(BEIJING)
    code = _CODE.search(message.text)
    shown = f'<strong class="code">{code.group(1)}</strong>' if code else ""
    return (
        f'<li><div class="who"><span>{escape(message.phone)}</span>'
        f'<time datetime="{escape(message.received_at)}">{moment:%m-%d %H:%M:%S}</time></div>'
        f"{shown}<p>{escape(message.text)}</p></li>"
    )
