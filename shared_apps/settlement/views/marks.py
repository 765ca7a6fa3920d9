"""How states look."""

from __future__ import annotations

from typing import Final

from shared_apps.settlement.models import AccountState, BatchState, EntryState, InstructionState

INSTRUCTION: Final = {
    InstructionState.DRAFT: "pending",
    InstructionState.VOID: "closed",
    InstructionState.CHECKED: "pending",
    InstructionState.SENT: "processing",
    InstructionState.UNKNOWN: "warning",
    InstructionState.ACCEPTED: "processing",
    InstructionState.SETTLED: "done",
    InstructionState.REJECTED: "failed",
    InstructionState.RETURNED: "failed",
}
BATCH: Final = {
    BatchState.LOCKED: "pending",
    BatchState.SENT: "processing",
    BatchState.PARTIAL: "failed",
    BatchState.DONE: "done",
    BatchState.WITHDRAWN: "closed",
}
ACCOUNT: Final = {
    AccountState.REGISTERED: "pending",
    AccountState.CONFIRMED: "active",
    AccountState.REFUSED: "refused",
    AccountState.WITHDRAWN: "closed",
    AccountState.REPLACED: "closed",
    AccountState.CLOSED: "closed",
}
ENTRY: Final = {
    EntryState.MATCHED: "done",
    EntryState.DOUBLED: "warning",
    EntryState.UNMATCHED: "warning",
    EntryState.EXPLAINED: "done",
}
