"""Alipay's open platform in public-key mode: the payment page for phones, query, close, refund.

The payment page has no call of its own: its signed address *is* the order, and the channel learns
of it only when the payer confirms there. So an order that the channel does not know is not yet
paid, never refused; and it cannot be taken back before the time that its address carries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from shared_apps.payments.channels import alipay_download, alipay_refund
from shared_apps.payments.channels.addresses import checked_base, is_loopback, plain_url
from shared_apps.payments.channels.alipay_signing import (
    SIGN_TYPE,
    Garbled,
    is_genuine,
    members,
    private_key,
    public_key,
    signed,
)
from shared_apps.payments.channels.alipay_words import BEIJING, moment_of, text_of, written
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
    Standing,
    TradeState,
)
from shared_apps.payments.channels.bills import BillKind, Fetched
from shared_apps.payments.channels.yuan import fen_of, yuan_of

GATEWAY: Final = "/gateway.do"
PAGE: Final = "alipay.trade.wap.pay"
PRODUCT: Final = "QUICK_WAP_WAY"
CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 8.0
SUBJECT_LIMIT: Final = 256
DONE: Final = "10000"
REFUSED: Final = "40004"
"""The only code that says for certain that nothing was done; `sub_code` says why."""

_UNWANTED: Final = str.maketrans("/=&", "   ")
"""What the channel does not take in a subject."""

_STATES: Final = {
    "WAIT_BUYER_PAY": (Outcome.PENDING, TradeState.NOT_PAID),
    "TRADE_SUCCESS": (Outcome.SUCCEEDED, TradeState.PAID),
    "TRADE_FINISHED": (Outcome.SUCCEEDED, TradeState.PAID),
    "TRADE_CLOSED": (Outcome.FAILED, TradeState.CLOSED),
}


class AlipayAdapter:
    """Orders, queries, closes and refunds in the name of one application.

    No call raises for anything the channel or the network does: the answer carries an outcome and,
    unless it succeeded, a `ChannelError`. Only the constructor raises (Misconfigured).
    """

    def __init__(self, account: MerchantAccount) -> None:
        if not (account.appid.isascii() and account.appid.isdigit()):
            raise Misconfigured("appid")
        if not (account.mchid.isascii() and account.mchid.isdigit()):
            raise Misconfigured("mchid")
        self._account = account
        self._key = private_key(account)
        self._platform_key = public_key(account)
        self._gateway = checked_base(account.base_url) + GATEWAY
        self._session = requests.Session()
        # A proxy of the environment must never see what is meant for this machine.
        self._session.trust_env = not is_loopback(account.base_url)

    def prepay(self, request: PaymentRequest) -> Prepaid:
        """The signed address of the payment page; nothing is sent, so it cannot fail."""
        parameters = self._parameters(
            PAGE,
            out_trade_no=request.out_trade_no,
            total_amount=yuan_of(request.amount_fen),
            subject=request.description.translate(_UNWANTED)[:SUBJECT_LIMIT],
            product_code=PRODUCT,
            seller_id=self._account.mchid,
            time_expire=written(request.expires_at),
        )
        parameters["notify_url"] = plain_url(request.notify_url)
        return Prepaid(Outcome.SUCCEEDED, pay_url=self._address(parameters))

    def with_return_address(self, pay_url: str, return_url: str) -> str:
        """The page's address is signed as a whole, so it is signed anew with the way back."""
        parameters = dict(parse_qsl(urlsplit(pay_url).query))
        business = json.loads(parameters["biz_content"]) | {"quit_url": return_url}
        parameters |= {"return_url": return_url, "biz_content": _compact(business)}
        return self._address(parameters)

    def query(self, out_trade_no: str) -> Standing:
        """Ask by our number; an order that the channel does not know has not been confirmed by
        its payer yet. An answer about any other order counts as UNKNOWN.
        """
        body, error = self._call("alipay.trade.query", out_trade_no=out_trade_no)
        if error is not None and error.code == "TRADE_NOT_EXIST":
            return Standing(Outcome.PENDING, TradeState.NOT_PAID)
        if error is not None:
            return Standing(Outcome.UNKNOWN, error=error)
        if body.get("out_trade_no") != out_trade_no:
            return Standing(Outcome.UNKNOWN, error=_unusable())
        return _standing(body)

    def close(self, out_trade_no: str) -> Closed:
        """Close an unpaid order. One that its payer has not confirmed cannot be closed (PENDING):
        whoever has the page's address may use it until its time is over.
        """
        _, error = self._call("alipay.trade.close", out_trade_no=out_trade_no)
        if error is None:
            return Closed(Outcome.SUCCEEDED)
        if error.code == "TRADE_NOT_EXIST":
            return Closed(Outcome.PENDING)
        return Closed(_outcome_of(error), error=error)

    def refund(self, request: RefundRequest) -> Refunded:
        """Give money back. Only `fund_change` = Y says that it moved; without it, ask."""
        body, error = self._call("alipay.trade.refund", **alipay_refund.document_of(request))
        if error is not None:
            return alipay_refund.refused(error, _outcome_of(error))
        return alipay_refund.accepted(body, request) or Refunded(Outcome.UNKNOWN, error=_unusable())

    def query_refund(self, out_refund_no: str, out_trade_no: str) -> Refunded:
        """An answer without the facts of a refund means that there is none."""
        body, error = self._call(
            "alipay.trade.fastpay.refund.query",
            out_trade_no=out_trade_no,
            out_request_no=out_refund_no,
            query_options=["gmt_refund_pay"],
        )
        if error is not None:
            return Refunded(Outcome.UNKNOWN, error=error)
        return alipay_refund.answered(body, out_refund_no, out_trade_no) or Refunded(
            Outcome.UNKNOWN, error=_unusable()
        )

    def bill(self, kind: BillKind, day: date) -> Fetched:
        """The trade bill or the bill of the account of a day."""
        body, error = self._call(
            alipay_download.METHOD,
            bill_type=alipay_download.TYPES[kind],
            bill_date=day.isoformat(),
        )
        base = self._gateway.removesuffix(GATEWAY)
        return alipay_download.fetched(self._session, base, body, error)

    def _parameters(self, method: str, **business: object) -> dict[str, str]:
        return {
            "app_id": self._account.appid,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": SIGN_TYPE,
            "timestamp": written(datetime.now(tz=BEIJING)),
            "version": "1.0",
            "biz_content": _compact(business),
        }

    def _address(self, parameters: Mapping[str, str]) -> str:
        return f"{self._gateway}?{urlencode(signed(self._key, parameters))}"

    def _call(
        self, method: str, **business: object
    ) -> tuple[Mapping[str, Any], ChannelError | None]:
        try:
            answer = self._session.post(
                f"{self._gateway}?charset=utf-8",
                data=signed(self._key, self._parameters(method, **business)),
                headers={"Accept": "application/json", "User-Agent": "gongjian"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.Timeout:
            return {}, ChannelError("TIMEOUT", "渠道没有按时答复")
        except requests.RequestException:
            return {}, ChannelError("NO_CONNECTION", "与渠道的连接中断")
        if answer.status_code != 200:
            return {}, ChannelError(f"HTTP_{answer.status_code}", "", answer.status_code)
        return self._opened(answer.content, method)

    def _opened(self, content: bytes, method: str) -> tuple[Mapping[str, Any], ChannelError | None]:
        """The answer, if the channel signed it; what it did not sign says nothing for certain."""
        try:
            parts = members(content.decode())
            raw = parts.get(method.replace(".", "_") + "_response", "")
            body = _object(raw or parts.get("error_response", ""))
            signature = json.loads(parts.get("sign", '""'))
        except (Garbled, ValueError):
            return {}, _unusable()
        code = str(body.get("code", ""))
        if not (isinstance(signature, str) and is_genuine(self._platform_key, raw, signature)):
            return {}, ChannelError("NOT_GENUINE", _words(body), 200)
        if code == DONE:
            return body, None
        name = str(body.get("sub_code") or code).removeprefix("ACQ.")
        if code != REFUSED or name == "SYSTEM_ERROR":
            return {}, ChannelError(name, _words(body))
        return {}, ChannelError(name, _words(body), 400)


def _outcome_of(error: ChannelError) -> Outcome:
    """Only a signed business refusal is certain."""
    return Outcome.FAILED if error.status == 400 else Outcome.UNKNOWN


def _standing(body: Mapping[str, Any]) -> Standing:
    outcome, state = _STATES.get(
        str(body.get("trade_status")), (Outcome.UNKNOWN, TradeState.UNKNOWN)
    )
    if state is TradeState.CLOSED and body.get("send_pay_date"):
        # Given back in full: the trade is closed, but it had been paid.
        outcome, state = Outcome.SUCCEEDED, TradeState.REFUNDED
    if outcome is not Outcome.SUCCEEDED:
        return Standing(outcome, state, error=_unusable() if outcome is Outcome.UNKNOWN else None)
    try:
        return Standing(
            outcome,
            state,
            transaction_id=text_of(body["trade_no"], 64),
            amount_fen=fen_of(body["total_amount"]),
            currency=str(body.get("trans_currency") or "CNY"),
            payer=str(body.get("buyer_open_id") or body.get("buyer_user_id") or ""),
            paid_at=moment_of(body["send_pay_date"]),
        )
    except (KeyError, ValueError):
        return Standing(Outcome.UNKNOWN, error=_unusable())


def _unusable() -> ChannelError:
    return ChannelError("UNUSABLE_ANSWER", "渠道的答复缺少必要内容")


def _words(body: Mapping[str, Any]) -> str:
    return str(body.get("sub_msg") or body.get("msg") or "渠道答复的签名无效")


def _object(raw: str) -> Mapping[str, Any]:
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise Garbled
    return cast("Mapping[str, Any]", value)


def _compact(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
