"""Who may do what with messages between units (rulebook 3 and 8.4)."""

from __future__ import annotations

from kernel.permissions import Policy

POLICY: Policy = {}
