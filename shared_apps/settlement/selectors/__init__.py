"""What other rooms ask about settlement."""

from .accounts import AccountLine, account_in_force, accounts_of

__all__ = ["AccountLine", "account_in_force", "accounts_of"]
