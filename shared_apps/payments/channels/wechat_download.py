"""Fetching a bill of WeChat Pay: the signed answer names an address and a digest (payments.md 1.7).

The address is good for five minutes.  What lies there carries no signature: the digest of the
unpacked file, from the signed answer, is all that vouches for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from wechatpayv3.utils import build_authorization

from shared_apps.payments.channels.addresses import checked_base, is_loopback
from shared_apps.payments.channels.base import ChannelError, MerchantAccount, Outcome
from shared_apps.payments.channels.bills import BillKind, BillUnreadable, Fetched, demand_digest

VERBS: Final = {BillKind.TRADE: "trade_bill", BillKind.FUND: "fundflow_bill"}
MOST_BYTES: Final = 1 << 30
_GZIP: Final = 31
_NOT_YET: Final = {"STATEMENT_CREATING", "FREQUENCY_LIMITED", "SYSTEM_ERROR"}
_NONE: Final = {"NO_STATEMENT_EXIST"}
_SECONDS: Final = (3.05, 60.0)


def fetched(
    account: MerchantAccount, document: Mapping[str, Any], error: ChannelError | None
) -> Fetched:
    """The bill that the answer leads to.  PENDING: not made yet, or the way there was lost; ask
    again later.  SUCCEEDED without content: the account had no movement that day.
    """
    if error is not None and error.code in _NONE:
        return Fetched(Outcome.SUCCEEDED)
    if error is not None:
        is_refused = error.status is not None and 400 <= error.status < 500
        is_final = is_refused and error.code not in _NOT_YET
        return Fetched(Outcome.FAILED if is_final else Outcome.PENDING, error=error)
    try:
        content, digest = _vouched(account, document)
    except KeyError:
        error = ChannelError("UNUSABLE_ANSWER", "渠道的答复缺少必要内容")
    except requests.RequestException:
        error = ChannelError("NO_CONNECTION", "下载账单时连接中断")
    except zlib.error:
        error = ChannelError("BROKEN_FILE", "账单压缩包不完整")
    except BillUnreadable as unreadable:
        error = ChannelError(unreadable.code, unreadable.message)
    except _Refused as refused:
        error = ChannelError(f"HTTP_{refused.status}", "下载地址已失效")
    else:
        return Fetched(Outcome.SUCCEEDED, content=content, digest=digest)
    return Fetched(Outcome.PENDING, error=error)


def _vouched(account: MerchantAccount, document: Mapping[str, Any]) -> tuple[bytes, str]:
    """The unpacked file and its digest, which is the one of the signed answer."""
    url, algorithm, expected = (
        str(document[key]) for key in ("download_url", "hash_type", "hash_value")
    )
    content = _unpacked(_download(account, url))
    return content, demand_digest(content, algorithm=algorithm, expected=expected)


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _download(account: MerchantAccount, url: str) -> bytes:
    """What lies at the address, which must be the channel's own."""
    base = checked_base(account.base_url)
    if not url.startswith(f"{base}/"):
        raise KeyError("download_url")
    split = urlsplit(url)
    path = f"{split.path}?{split.query}"
    key = load_pem_private_key(account.merchant_private_key.encode(), password=None)
    session = requests.Session()
    session.trust_env = not is_loopback(base)
    answer = session.get(
        url,
        headers={
            "Accept": "application/octet-stream, application/json",
            "Authorization": build_authorization(
                path, "GET", account.mchid, account.merchant_serial, key
            ),
            "User-Agent": "gongjian",
        },
        timeout=_SECONDS,
        allow_redirects=False,
    )
    if answer.status_code != requests.codes.ok:
        raise _Refused(answer.status_code)
    return answer.content


def _unpacked(content: bytes) -> bytes:
    """The file in a gzip of at most a gigabyte; raises zlib.error for one that is cut off."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    plain = unpacker.decompress(content, MOST_BYTES)
    if not unpacker.eof:
        raise zlib.error("cut off, or too large")
    return plain
