"""The unit's treasury: daily figures, vouchers, sweep and return, publication, handover (rulebook
4.5-4.7, 10.4, 10.6).  The books themselves are the transfers of ``dues``; nothing here is a second
truth.

All amounts are integer fen, rates are basis points.
"""

from .books import Books, Day
from .handovers import HandoverList, HandoverRole, HandoverState
from .publications import Comment, Publication, PublicationState
from .sweeps import Direction, OrgRule, RunState, SweepLine, SweepRule, SweepRun, Way
from .vouchers import Voucher, VoucherKind, VoucherState

__all__ = [
    "Books",
    "Comment",
    "Day",
    "Direction",
    "HandoverList",
    "HandoverRole",
    "HandoverState",
    "OrgRule",
    "Publication",
    "PublicationState",
    "RunState",
    "SweepLine",
    "SweepRule",
    "SweepRun",
    "Voucher",
    "VoucherKind",
    "VoucherState",
    "Way",
]
