"""Who may read the cards."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, signed_in


class LibraryPermission(StrEnum):
    """The cards are written for members; whoever signed in may read them."""

    LIBRARY_READ = "library:read"
    """Read knowledge cards."""


POLICY: Policy = {LibraryPermission.LIBRARY_READ: ((signed_in,),)}
