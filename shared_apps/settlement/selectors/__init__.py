"""What other rooms ask about settlement, and the words in which they are answered."""

from shared_apps.settlement.models import (
    Account,
    AccountState,
    Bank,
    Cycle,
    Instruction,
    InstructionState,
    Mode,
)

from .accounts import AccountLine, account_in_force, accounts_of

__all__ = [
    "Account",
    "AccountLine",
    "AccountState",
    "Bank",
    "Cycle",
    "Instruction",
    "InstructionState",
    "Mode",
    "account_in_force",
    "accounts_of",
]
