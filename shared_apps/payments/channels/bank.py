"""The bank's own mobile gateway (PGWPortal, payments.md 3.1 a): a form that the payer's browser
posts, questions over HTTPS, refunds with signed answers.

Three things are unlike the other channels. Nothing is registered beforehand: the bank hears of an
order when its payer arrives with the signed form, so a number that it does not know is one whose
payer has not come yet. There is no way to close an order: it lapses at the moment that the form
names (orderTimeoutDate). And answers to questions bear no signature: they are believed because they
come over the connection that we opened to the bank's certified name, and only if they are about the
very order that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlencode

import requests

from shared_apps.payments.channels import bank_download
from shared_apps.payments.channels.addresses import checked_base, is_loopback, plain_url
from shared_apps.payments.channels.bank_answers import Answer, Unreadable, answer_of
from shared_apps.payments.channels.bank_signature import Signer, Verifier
from shared_apps.payments.channels.bank_words import (
    CURRENCY,
    moment_of,
    plaintext,
    stamp_of,
)
from shared_apps.payments.channels.base import (
    ChannelError,
    Closed,
    MerchantAccount,
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
from shared_apps.payments.channels.yuan import fen_of, yuan_of

CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 8.0
NOTE_LIMIT: Final = 30
PORTAL: Final = "/PGWPortal"

_ORDER: Final = ("orderNo", "orderTime", "curCode", "orderAmount", "merchantNo")
_REFUND: Final = ("merchantNo", "mRefundSeq", "curCode", "refundAmount", "orderNo")
_REFUND_ANSWER: Final = (
    "merchantNo", "mRefundSeq", "refundAmount", "orderNo", "orderSeq", "orderAmount",
    "bankTranSeq", "tranTime", "dealStatus",
)  # fmt: skip
_STATES: Final = {
    "0": (Outcome.PENDING, TradeState.NOT_PAID),
    "1": (Outcome.SUCCEEDED, TradeState.PAID),
    "2": (Outcome.FAILED, TradeState.CLOSED),
    "3": (Outcome.SUCCEEDED, TradeState.REFUNDED),
    "4": (Outcome.UNKNOWN, TradeState.UNKNOWN),
    "5": (Outcome.FAILED, TradeState.CLOSED),
    "6": (Outcome.PENDING, TradeState.NOT_PAID),
}
_REFUND_STATES: Final = {
    "0": (Outcome.PENDING, RefundState.PROCESSING),
    "1": (Outcome.SUCCEEDED, RefundState.SUCCEEDED),
    "2": (Outcome.FAILED, RefundState.CLOSED),
}
LAPSES: Final = ChannelError("LAPSES_BY_ITSELF", "银行网关不提供关单，超过支付时限后订单自动失效")


class BankAdapter:
    """Orders, queries and refunds in the name of one merchant account.

    No call raises for anything the bank or the network does: the answer carries an outcome and,
    unless it succeeded, a `ChannelError`. Only the constructor raises (Misconfigured).
    """

    def __init__(self, account: MerchantAccount) -> None:
        self._account = account
        self._signer = Signer(account)
        self._verifier = Verifier(account)
        self._base = checked_base(account.base_url) + PORTAL
        self._session = requests.Session()
        # A proxy of the environment must never see what is meant for this machine.
        self._session.trust_env = not is_loopback(account.base_url)

    def prepay(self, request: PaymentRequest) -> Prepaid:
        """The signed form as an address: its query is what the payer's browser posts.

        Nothing is sent, so this always succeeds and repeating it gives the same form.
        """
        fields = {
            "merchantNo": self._account.mchid,
            "payType": "1",
            "orderNo": request.out_trade_no,
            "curCode": CURRENCY,
            "orderAmount": yuan_of(request.amount_fen),
            "orderTime": stamp_of(request.created_at),
            "orderNote": request.description[:NOTE_LIMIT],
            "orderUrl": plain_url(request.notify_url),
            "orderTimeoutDate": stamp_of(request.expires_at),
        }
        fields["signData"] = self._signer.sign(plaintext(fields, _ORDER))
        return Prepaid(
            Outcome.SUCCEEDED, pay_url=f"{self._base}/B2CMobileRecvOrder.do?{urlencode(fields)}"
        )

    def with_return_address(self, pay_url: str, return_url: str) -> str:
        """The form names no page to return to: the payer comes back to the page it was sent from,
        which stays open beside the bank's.
        """
        return pay_url

    def query(self, out_trade_no: str) -> Standing:
        """Ask by our number. One that the bank does not know waits for its payer like any other."""
        fields = {"merchantNo": self._account.mchid, "orderNos": out_trade_no}
        signed_text = f"{self._account.mchid}:{out_trade_no}"
        answer = self._ask("CommonQueryOrder.do", fields, signed_text)
        if isinstance(answer, ChannelError):
            return Standing(Outcome.UNKNOWN, error=answer)
        try:
            about = answer.about(orderNo=out_trade_no, merchantNo=self._account.mchid)
            return _standing(about) if about else Standing(Outcome.PENDING, TradeState.NOT_PAID)
        except (KeyError, ValueError):
            return Standing(Outcome.UNKNOWN, error=_unusable())

    def close(self, out_trade_no: str) -> Closed:
        """The gateway cannot close: PENDING until the time that the form gave is over."""
        return Closed(Outcome.PENDING, error=LAPSES)

    def refund(self, request: RefundRequest) -> Refunded:
        """Give money back (RefundOrder.do). Only an answer that the bank signed ends a refund."""
        fields = {
            "merchantNo": self._account.mchid,
            "mRefundSeq": request.out_refund_no,
            "curCode": CURRENCY,
            "refundAmount": yuan_of(request.amount_fen),
            "orderNo": request.out_trade_no,
        }
        answer = self._ask("RefundOrder.do", fields, plaintext(fields, _REFUND))
        if isinstance(answer, ChannelError):
            return Refunded(Outcome.UNKNOWN, error=answer)
        if answer.header.get("dealStatus") == "1":
            return self._refused(request, answer.header.get("exception") or "REFUSED")
        try:
            return self._refunded(request, answer)
        except (KeyError, ValueError):
            return Refunded(Outcome.UNKNOWN, error=_unusable())

    def query_refund(self, out_refund_no: str, out_trade_no: str) -> Refunded:
        """Ask for the order's transactions and pick the refund out of them."""
        fields = {"merchantNo": self._account.mchid, "orderNo": out_trade_no}
        answer = self._ask(
            "QueryOrderTrans.do", fields, plaintext(fields, ("merchantNo", "orderNo"))
        )
        if isinstance(answer, ChannelError):
            return Refunded(Outcome.UNKNOWN, error=answer)
        try:
            found = answer.about(custTranId=out_refund_no, orderNo=out_trade_no)
            if found is None:
                return Refunded(Outcome.FAILED, RefundState.ABSENT)
            outcome, state = _REFUND_STATES[found["tranStatus"]]
            is_done = state is RefundState.SUCCEEDED
            return Refunded(
                outcome,
                state,
                found["tranSeq"],
                moment_of(found["tranTime"]) if is_done else None,
                fen_of(found["tranAmount"]),
            )
        except (KeyError, ValueError):
            return Refunded(Outcome.UNKNOWN, error=_unusable())

    def bill(self, kind: BillKind, day: date) -> Fetched:
        """The file of payments or of the account's movements of a day."""
        fields, signed_text = bank_download.asked(self._account.mchid, kind, day)
        answer = self._ask(bank_download.PAGE, fields, signed_text)
        return bank_download.fetched(self._session, self._base, self._verifier, fields, answer)

    def _refused(self, request: RefundRequest, code: str) -> Refunded:
        """A refusal, which is not signed: believed when the order shows no such refund either."""
        known = self.query_refund(request.out_refund_no, request.out_trade_no)
        if known.state not in {RefundState.ABSENT, RefundState.CLOSED}:
            return known
        return Refunded(Outcome.FAILED, error=ChannelError(code, "银行未受理退款"))

    def _refunded(self, request: RefundRequest, answer: Answer) -> Refunded:
        """A refund that the bank says it made; raises ValueError where it does not hold."""
        facts = {**answer.header, **answer.one()}
        text = plaintext(facts, _REFUND_ANSWER)
        about = (
            facts["merchantNo"],
            facts["mRefundSeq"],
            facts["orderNo"],
            fen_of(facts["refundAmount"]),
        )
        asked = (
            self._account.mchid,
            request.out_refund_no,
            request.out_trade_no,
            request.amount_fen,
        )
        if about != asked or not self._verifier.is_genuine(text, facts["signData"]):
            raise ValueError("an answer to something else, or nobody's")
        if facts["dealStatus"] != "0":
            return Refunded(Outcome.UNKNOWN, error=ChannelError("UNCLEAR", "银行尚不能确定结果"))
        return Refunded(
            Outcome.SUCCEEDED,
            RefundState.SUCCEEDED,
            facts["bankTranSeq"],
            moment_of(facts["tranTime"]),
            request.amount_fen,
        )

    def _ask(self, page: str, fields: Mapping[str, str], signed_text: str) -> Answer | ChannelError:
        form = {**fields, "signData": self._signer.sign(signed_text)}
        try:
            heard = self._session.post(
                f"{self._base}/{page}",
                data=form,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.Timeout:
            return ChannelError("TIMEOUT", "渠道没有按时答复")
        except requests.RequestException:
            return ChannelError("NO_CONNECTION", "与渠道的连接中断")
        if heard.status_code != requests.codes.ok:
            return ChannelError(f"HTTP_{heard.status_code}", "", heard.status_code)
        try:
            answer = answer_of(heard.content)
        except Unreadable:
            return _unusable()
        if answer.header.get("hdlSts", "A") != "A":
            code = answer.header.get("rtnCd") or answer.header.get("exception") or "REFUSED"
            return ChannelError(code, answer.header.get("rtnMsg", ""), heard.status_code)
        return answer


def _standing(about: Mapping[str, str]) -> Standing:
    outcome, state = _STATES[about["orderStatus"]]
    if outcome is not Outcome.SUCCEEDED:
        return Standing(outcome, state)
    return Standing(
        outcome,
        state,
        transaction_id=about["orderSeq"],
        amount_fen=fen_of(about["payAmount"]),
        currency="CNY",
        paid_at=moment_of(about["payTime"]),
    )


def _unusable() -> ChannelError:
    return ChannelError("UNUSABLE_ANSWER", "渠道的答复缺少必要内容")
