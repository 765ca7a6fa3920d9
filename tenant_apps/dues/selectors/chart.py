"""The chart of accounts of a unit's books (payments.md 7.4; rulebook 4.4, 4.6, 10.6).

An account is a number, for some followed by a colon and what it stands for.  Numbers that begin
with 1 are assets, 2 liabilities, 3 funds, 4 income, 5 expense.  The books are on cash basis: what
members owe stands in their bills, what they paid stands here.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

BANK: Final = "1001"
"""党费专户存款, followed by the id of the dedicated account: see ``bank_account``."""

COUNTER: Final = "1002"
"""现金待存: counter cash taken and not yet brought to the dedicated account."""

CLEARING: Final = "1011"
"""渠道待结算, followed by channel and merchant number: what a channel holds for the unit."""

PROXY: Final = "1012"
"""代交在途: what a batch brought for its members until their bills take it, or it goes back."""

SWEEP_IN_TRANSIT: Final = "1013"
"""归集在途: handed up by the one organisation and not confirmed by the other."""

RETURN_IN_TRANSIT: Final = "1014"
"""回拨在途: returned by the one organisation and not confirmed by the other."""

SETTLEMENT_IN_TRANSIT: Final = "1015"
"""结算在途: an instruction was sent and the bank has not credited it."""

POOL: Final = "1016"
"""银行归集户: what channels paid out to the pool that the bank runs for its units (mode M3)."""

SUSPENSE: Final = "2001"
"""待确认: money that arrived and could not be placed; a person decides."""

REFUNDS: Final = "2003"
"""应付退款: money that is to go back to its payer and has not gone yet."""

LARGE_DUES: Final = "2004"
"""代收大额党费: one-time extras from 1,000 yuan, all of it for the Central (Art. 11)."""

SPECIAL_DUES: Final = "2005"
"""代收特殊党费: what a campaign called by the Central collects."""

OPENING: Final = "3001"
"""结余: the balance brought in when the books are opened."""

MEMBERS_DUES: Final = "4001"
"""党员交纳."""

HANDED_DOWN: Final = "4003"
"""上级下拨、回拨."""

INTEREST: Final = "4004"
"""利息: interest is dues income (Art. 24)."""

VOLUNTARY: Final = "4005"
"""自愿多交: extras below 1,000 yuan, same pool as the dues (Art. 11)."""

RECEIVED_FROM_BELOW: Final = "4010"
"""下级上缴."""

USES: Final = {
    "5001": "培训党员",
    "5002": "订阅或购买党员教育报刊、资料、音像制品和设备",
    "5003": "表彰先进基层党组织、优秀共产党员和优秀党务工作者",
    "5004": "补助生活困难的党员",
    "5005": "补助遭受严重自然灾害的党员和修缮因灾受损的基层党员教育设施",
}
"""The five uses of Art. 19 (rulebook 4.6); there is no sixth."""

HANDED_UP: Final = "5011"
"""上缴上级."""

RETURNED_BELOW: Final = "5012"
"""下拨、回拨下级."""

ACCOUNTS: Final = {
    BANK: "党费专户存款",
    COUNTER: "现金待存",
    CLEARING: "渠道待结算",
    PROXY: "代交在途",
    SWEEP_IN_TRANSIT: "归集在途",
    RETURN_IN_TRANSIT: "回拨在途",
    SETTLEMENT_IN_TRANSIT: "结算在途",
    POOL: "银行归集户",
    SUSPENSE: "待确认款项",
    REFUNDS: "应付退款",
    LARGE_DUES: "代收大额党费",
    SPECIAL_DUES: "代收特殊党费",
    OPENING: "结余",
    MEMBERS_DUES: "党员交纳",
    HANDED_DOWN: "上级下拨、回拨",
    INTEREST: "利息收入",
    VOLUNTARY: "自愿多交",
    RECEIVED_FROM_BELOW: "下级上缴",
    **USES,
    HANDED_UP: "上缴上级",
    RETURNED_BELOW: "下拨、回拨下级",
}


INCOME: Final = (MEMBERS_DUES, HANDED_DOWN, INTEREST, VOLUNTARY, RECEIVED_FROM_BELOW)
"""What comes in, in the order of the statements."""

EXPENSES: Final = (*USES, HANDED_UP, RETURNED_BELOW)
"""What goes out."""


def bank_account(account_id: UUID) -> str:
    """The ledger account of a dedicated account: its id in hexadecimal, without hyphens."""
    return f"{BANK}:{account_id.hex}"


def label_of(account: str) -> str:
    """The name of an account, whatever stands after its number."""
    return ACCOUNTS.get(account.partition(":")[0], account)
