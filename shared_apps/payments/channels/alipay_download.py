"""Fetching a bill of Alipay: the signed answer names an address that is good for thirty seconds.

What lies there carries neither signature nor digest: the zip's checksums and the bill's own totals
vouch for it, and the address must be the channel's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from shared_apps.payments.channels.base import ChannelError, Outcome
from shared_apps.payments.channels.bills import BillKind, Fetched

METHOD: Final = "alipay.data.dataservice.bill.downloadurl.query"
TYPES: Final = {BillKind.TRADE: "trade", BillKind.FUND: "signcustomer"}
MOST_BYTES: Final = 1 << 30
_OWN: Final = ".alipay.com"
_SECONDS: Final = (3.05, 60.0)
_REFUSED: Final = {"isv.invalid-arguments", "isv.insufficient-isv-permissions"}
"""Which asking again will not change.  That a bill does not exist is also said of one that is not
made yet.
"""


def fetched(
    session: requests.Session, base: str, body: Mapping[str, Any], error: ChannelError | None
) -> Fetched:
    """The bill that the answer leads to; PENDING: ask again later."""
    if error is not None:
        outcome = Outcome.FAILED if error.code in _REFUSED else Outcome.PENDING
        return Fetched(outcome, error=error)
    url = str(body.get("bill_download_url", ""))
    if not _is_the_channels(url, base):
        return _pending("UNUSABLE_ANSWER", "渠道的答复缺少必要内容")
    try:
        answer = session.get(
            url, headers={"User-Agent": "gongjian"}, timeout=_SECONDS, allow_redirects=False,
            stream=True,
        )  # fmt: skip
        if answer.status_code != requests.codes.ok:
            return _pending(f"HTTP_{answer.status_code}", "下载地址已失效")
        content = _read(answer)
    except requests.RequestException:
        return _pending("NO_CONNECTION", "下载账单时连接中断")
    if content is None:
        return _pending("BILL_TOO_LARGE", "账单文件超过 1 GB")
    return Fetched(Outcome.SUCCEEDED, content=content)


def _read(answer: requests.Response) -> bytes | None:
    parts, size = [], 0
    for part in answer.iter_content(1 << 20):
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _is_the_channels(url: str, base: str) -> bool:
    """Under the address that is spoken to, or, of the real channel, at a host of its own."""
    if url.startswith(f"{base}/"):
        return True
    split, own = urlsplit(url), urlsplit(base).hostname or ""
    host = split.hostname or ""
    return split.scheme == "https" and own.endswith(_OWN) and host.endswith(_OWN)


def _pending(code: str, words: str) -> Fetched:
    return Fetched(Outcome.PENDING, error=ChannelError(code, words))
