"""Carrying a letter of this cell to the control cell.  It never comes to us: we ask."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Final

import requests
from django.conf import settings

from kernel.errors import Unavailable
from tenants.cells import letters

PATH: Final = "/api/v1/cells"
TIMEOUT: Final = (3.05, 15)
"""Seconds to connect and to wait for the answer."""
_log = logging.getLogger(__name__)


class ControlSilent(Unavailable):
    """Whether the control cell has heard it is not known; asking again finds out."""

    code = "control_cell_silent"
    sentence = "暂时联系不上总控分区，无法确认名称是否可用。单位没有登记，请稍后原样重试。"


class ControlRefused(Unavailable):
    """The control cell has turned the letter away: the two are set up differently."""

    code = "control_cell_refused"
    sentence = "总控分区没有受理本分区的请求（{reason}），请联系平台运维人员。"


def ask(what: str, said: dict[str, Any], *, now: dt.datetime) -> dict[str, Any]:
    """The control cell's answer.  Raises ControlSilent, ControlRefused."""
    content, signature, nonce = letters.write(said, now=now)
    try:
        response = requests.post(
            f"{settings.CONTROL_URL.rstrip('/')}{PATH}/{what}/",
            data=letters.packed(content),
            headers={
                "Host": f"console.{settings.BASE_DOMAIN}",
                "Content-Type": "application/octet-stream",
                "X-Cell": settings.CELL,
                "X-Cell-Signature": signature,
            },
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as lost:
        _log.warning("the control cell does not answer: %s", type(lost).__name__)
        raise ControlSilent from lost
    if not response.ok:
        raise ControlRefused(reason=_reason(response))
    try:
        return letters.opened_answer(
            response.content, response.headers.get("X-Cell-Signature", ""), nonce=nonce
        )
    except letters.LetterUnsigned as wrong:
        raise ControlRefused(reason=wrong.code) from wrong


def _reason(response: requests.Response) -> str:
    """The code of a problem document, in so far as it is one."""
    try:
        return str(response.json()["code"])[:60]
    except (ValueError, KeyError, TypeError):
        return f"http_{response.status_code}"
