"""WeChat Pay v3 as a direct merchant, public-key mode only, on top of wechatpayv3 2.0.4.

The library builds and signs requests. Its transport is replaced (`_Line`): one session of our own
with time limits, no redirects, answers verified over their raw bytes. A success that is not
properly signed counts as UNKNOWN, as the channel's manual demands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

import requests
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core
from wechatpayv3.type import RequestType
from wechatpayv3.utils import build_authorization

from shared_apps.payments.channels import wechat_download, wechat_refund
from shared_apps.payments.channels.addresses import checked_base, is_loopback, plain_url
from shared_apps.payments.channels.base import (
    ChannelError,
    Closed,
    MerchantAccount,
    Misconfigured,
    Outcome,
    PaymentRequest,
    Prepaid,
    Refunded,
    RefundRequest,
    RefundState,
    Standing,
    TradeState,
)
from shared_apps.payments.channels.bills import BillKind, Fetched
from shared_apps.payments.channels.wechat_callback import (
    FRESHNESS_SECONDS,
    SIGNATURE_TYPE,
    apiv3_key,
    is_genuine,
    moment,
    platform_key,
)

CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 8.0
DESCRIPTION_LIMIT: Final = 127
BEIJING: Final = timezone(timedelta(hours=8))

_KNOWN_CODES = [
    "ACCOUNT_ERROR",
    "APPID_MCHID_NOT_MATCH",
    "BANK_ERROR",
    "FREQUENCY_LIMITED",
    "INVALID_REQUEST",
    "MCH_NOT_EXISTS",
    "NOT_ENOUGH",
    "NO_AUTH",
    "OPENID_MISMATCH",
    "ORDER_CLOSED",
    "ORDER_NOT_EXIST",
    "ORDER_PAID",
    "OUT_TRADE_NO_USED",
    "PARAM_ERROR",
    "RESOURCE_NOT_EXISTS",
    "RULE_LIMIT",
    "SIGN_ERROR",
    "SYSTEM_ERROR",
    "TRADE_ERROR",
    "USER_PAYING",
]
_CODES = {code.replace("_", ""): code for code in _KNOWN_CODES}

# Refusals of an order that say something about an *earlier* attempt under the same number: whether
# that one is paid can only be learnt by asking.
_ASK_FIRST = {
    "FREQUENCY_LIMITED",
    "INVALID_REQUEST",
    "ORDER_CLOSED",
    "ORDER_PAID",
    "OUT_TRADE_NO_USED",
    "TRADE_ERROR",
}
_STATES = {
    "SUCCESS": (Outcome.SUCCEEDED, TradeState.PAID),
    "REFUND": (Outcome.SUCCEEDED, TradeState.REFUNDED),
    "NOTPAY": (Outcome.PENDING, TradeState.NOT_PAID),
    "USERPAYING": (Outcome.PENDING, TradeState.NOT_PAID),
    "ACCEPT": (Outcome.PENDING, TradeState.NOT_PAID),
    "CLOSED": (Outcome.FAILED, TradeState.CLOSED),
    "REVOKED": (Outcome.FAILED, TradeState.CLOSED),
    "PAYERROR": (Outcome.FAILED, TradeState.CLOSED),
}


class WeChatAdapter:
    """Orders, queries, closes and refunds in the name of one merchant account.

    No call raises for anything the channel or the network does: the answer carries an outcome and,
    unless it succeeded, a `ChannelError`. Only the constructor raises (Misconfigured).
    """

    def __init__(self, account: MerchantAccount) -> None:
        self._account = account
        self._client = _client(account)

    def prepay(self, request: PaymentRequest) -> Prepaid:
        """Register an H5 order (POST /v3/pay/transactions/h5).

        SUCCEEDED gives the address of the channel's payment page. PENDING and UNKNOWN leave the
        order to a query. FAILED: the channel refused it for good.
        """
        status, body, error = self._call(
            "pay",
            description=request.description[:DESCRIPTION_LIMIT],
            out_trade_no=request.out_trade_no,
            amount={"total": request.amount_fen, "currency": "CNY"},
            time_expire=request.expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
            notify_url=plain_url(request.notify_url),
            scene_info={"payer_client_ip": request.payer_ip, "h5_info": {"type": "Wap"}},
        )
        if error is not None:
            asks_first = error.code in _ASK_FIRST
            return Prepaid(Outcome.UNKNOWN if asks_first else _outcome_of(error), error=error)
        pay_url = body.get("h5_url")
        if not isinstance(pay_url, str) or not pay_url:
            return Prepaid(Outcome.UNKNOWN, error=_unusable(status))
        return Prepaid(Outcome.SUCCEEDED, pay_url=pay_url)

    def query(self, out_trade_no: str) -> Standing:
        """Ask by our number; an answer about any other order counts as UNKNOWN."""
        status, body, error = self._call("query", out_trade_no=out_trade_no)
        if error is not None and error.code == "ORDER_NOT_EXIST":
            return Standing(Outcome.FAILED, TradeState.ABSENT, error=error)
        if error is not None:
            # A refused question says nothing about the order.
            return Standing(Outcome.UNKNOWN, error=error)
        about = (body.get("out_trade_no"), body.get("mchid"), body.get("appid"))
        if about != (out_trade_no, self._account.mchid, self._account.appid):
            return Standing(Outcome.UNKNOWN, error=_unusable(status))
        return _standing(status, body)

    def close(self, out_trade_no: str) -> Closed:
        """Close an unpaid order; one that the channel never knew counts as closed."""
        _, _, error = self._call("close", out_trade_no=out_trade_no)
        if error is None or error.code == "ORDER_NOT_EXIST":
            return Closed(Outcome.SUCCEEDED)
        return Closed(_outcome_of(error), error=error)

    def with_return_address(self, pay_url: str, return_url: str) -> str:
        """The payment page's address with the page that the payer is sent back to."""
        joint = "&" if urlsplit(pay_url).query else "?"
        return f"{pay_url}{joint}redirect_url={quote(return_url, safe='')}"

    def refund(self, request: RefundRequest) -> Refunded:
        """Give back (POST /v3/refund/domestic/refunds), by the channel's number of the payment.

        PENDING: accepted. UNKNOWN: ask by `query_refund` before anything is repeated.
        """
        status, body, error = self._call(
            "refund",
            **wechat_refund.document_of(request),
            notify_url=plain_url(request.notify_url),
        )
        if error is not None:
            return wechat_refund.refused(error, _outcome_of(error))
        found = wechat_refund.answered(
            body, out_refund_no=request.out_refund_no, out_trade_no=request.out_trade_no
        )
        if found is None or found.amount_fen != request.amount_fen:
            return Refunded(Outcome.UNKNOWN, error=_unusable(status))
        return found

    def query_refund(self, out_refund_no: str, out_trade_no: str) -> Refunded:
        """Ask by our number (GET /v3/refund/domestic/refunds/{out_refund_no})."""
        status, body, error = self._call("query_refund", out_refund_no=out_refund_no)
        if error is not None and error.code == "RESOURCE_NOT_EXISTS":
            return Refunded(Outcome.FAILED, RefundState.ABSENT, error=error)
        if error is not None:
            return Refunded(Outcome.UNKNOWN, error=error)
        found = wechat_refund.answered(body, out_refund_no=out_refund_no, out_trade_no=out_trade_no)
        return found or Refunded(Outcome.UNKNOWN, error=_unusable(status))

    def bill(self, kind: BillKind, day: date) -> Fetched:
        """The account's bill of a day (GET /v3/bill/tradebill, /v3/bill/fundflowbill)."""
        _, body, error = self._call(wechat_download.VERBS[kind], bill_date=day.isoformat())
        return wechat_download.fetched(self._account, body, error)

    def _call(
        self, verb: str, **arguments: object
    ) -> tuple[int, Mapping[str, Any], ChannelError | None]:
        try:
            status, text = getattr(self._client, verb)(**arguments)
        except requests.Timeout:
            return 0, {}, ChannelError("TIMEOUT", "渠道没有按时答复")
        except requests.RequestException:
            return 0, {}, ChannelError("NO_CONNECTION", "与渠道的连接中断")
        except _NotGenuine:
            return 0, {}, ChannelError("NOT_GENUINE", "渠道答复的签名无效")
        body = _object(text)
        if status in (200, 204):
            return status, body, None
        code = normalised(str(body.get("code") or f"HTTP_{status}"))
        return status, body, ChannelError(code, str(body.get("message") or ""), status)


def normalised(code: str) -> str:
    """One spelling per error code: old pages write ORDERNOTEXIST, new ones ORDER_NOT_EXIST."""
    upper = code.upper()
    return _CODES.get(upper.replace("_", ""), upper)


class _NotGenuine(Exception):
    """A 2xx without a valid signature."""


class _Line(Core):  # type: ignore[misc]  # the library has no types
    """The library's core with our own way over the wire.

    Pinned to wechatpayv3 2.0.4: it relies on `_gate_way` and the key attributes of `Core`.
    """

    def __init__(self, account: MerchantAccount, base_url: str) -> None:
        super().__init__(
            mchid=account.mchid,
            cert_serial_no=account.merchant_serial,
            private_key=account.merchant_private_key,
            apiv3_key=account.apiv3_key,
            public_key=account.platform_public_key,
            public_key_id=account.platform_key_id,
        )
        self._gate_way = base_url
        self._session = requests.Session()
        # A proxy of the environment must never see what is meant for this machine.
        self._session.trust_env = not is_loopback(base_url)

    def request(
        self,
        path: str,
        method: RequestType = RequestType.GET,
        data: Mapping[str, object] | None = None,
        **_unused: object,
    ) -> tuple[int, str]:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else ""
        answer = self._session.request(
            method.value,
            self._gate_way + path,
            data=body.encode() or None,
            headers={
                "Accept": "application/json",
                "Authorization": build_authorization(
                    path, method.value, self._mchid, self._cert_serial_no, self._private_key, body
                ),
                "Content-Type": "application/json",
                "User-Agent": "gongjian",
                "Wechatpay-Serial": self._public_key_id,
            },
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
        if answer.status_code in range(200, 300) and not self._is_signed(answer):
            raise _NotGenuine
        return answer.status_code, answer.content.decode(errors="replace")

    def _is_signed(self, answer: requests.Response) -> bool:
        headers = answer.headers
        timestamp = headers.get("Wechatpay-Timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit()):
            return False
        age = datetime.now(tz=BEIJING).timestamp() - int(timestamp)
        return (
            headers.get("Wechatpay-Serial") == self._public_key_id
            and headers.get("Wechatpay-Signature-Type") == SIGNATURE_TYPE
            and abs(age) <= FRESHNESS_SECONDS
            and is_genuine(
                self._public_key,
                timestamp=timestamp,
                nonce=headers.get("Wechatpay-Nonce", ""),
                body=answer.content,
                signature=headers.get("Wechatpay-Signature", ""),
            )
        )


def _client(account: MerchantAccount) -> Any:
    platform_key(account)
    apiv3_key(account)
    base_url = checked_base(account.base_url)
    try:
        line = _Line(account, base_url)
        client = WeChatPay(
            wechatpay_type=WeChatPayType.H5,
            mchid=account.mchid,
            private_key=account.merchant_private_key,
            cert_serial_no=account.merchant_serial,
            appid=account.appid,
            apiv3_key=account.apiv3_key,
            public_key=account.platform_public_key,
            public_key_id=account.platform_key_id,
        )
    except Exception as error:  # the library raises bare exceptions
        raise Misconfigured("merchant_private_key") from error
    client._core = line  # noqa: SLF001 - the library offers no other way in; pinned by a test
    return client


def _outcome_of(error: ChannelError) -> Outcome:
    """What an error says about the order: only a refusal (4xx) is certain, 429 excepted."""
    if error.status == 202:
        return Outcome.PENDING
    is_refusal = error.status is not None and 400 <= error.status < 500
    return Outcome.FAILED if is_refusal and error.status != 429 else Outcome.UNKNOWN


def _standing(status: int, body: Mapping[str, Any]) -> Standing:
    outcome, state = _STATES.get(
        str(body.get("trade_state")), (Outcome.UNKNOWN, TradeState.UNKNOWN)
    )
    if outcome is not Outcome.SUCCEEDED:
        error = _unusable(status) if outcome is Outcome.UNKNOWN else None
        return Standing(outcome, state, error=error)
    try:
        return Standing(
            outcome,
            state,
            transaction_id=str(body["transaction_id"]),
            amount_fen=int(body["amount"]["total"]),
            currency=str(body["amount"]["currency"]),
            payer=str(body["payer"]["openid"]),
            paid_at=moment(body["success_time"]),
        )
    except (KeyError, TypeError, ValueError):
        return Standing(Outcome.UNKNOWN, error=_unusable(status))


def _unusable(status: int) -> ChannelError:
    return ChannelError("UNUSABLE_ANSWER", "渠道的答复缺少必要内容", status)


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
