"""Dues of a unit: standards, bills, receipts and the ledger (rulebook 4 and 10.2).

All amounts are integer fen, rates are basis points, months are YYYYMM.
"""

from .bills import Bill, BillState
from .contributions import (
    Contribution,
    ContributionKind,
    ContributionState,
    HandUp,
    HandUpState,
)
from .entrustments import EntrustedBy, Entrustment
from .ledger import Resolution, ResolutionKind, ResolutionState, Transfer
from .receipts import Receipt, ReceiptCounter
from .slips import Lot, LotState, Slip, SlipKind, SlipState
from .standards import Answer, Origin, Relief, ReliefKind, Setting, Standard
from .standards_import import ImportState, StandardsImport

__all__ = [
    "Answer",
    "Bill",
    "BillState",
    "Contribution",
    "ContributionKind",
    "ContributionState",
    "EntrustedBy",
    "Entrustment",
    "HandUp",
    "HandUpState",
    "ImportState",
    "Lot",
    "LotState",
    "Origin",
    "Receipt",
    "ReceiptCounter",
    "Relief",
    "ReliefKind",
    "Resolution",
    "ResolutionKind",
    "ResolutionState",
    "Setting",
    "Slip",
    "SlipKind",
    "SlipState",
    "Standard",
    "StandardsImport",
    "Transfer",
]
