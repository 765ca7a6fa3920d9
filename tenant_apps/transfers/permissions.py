"""Transfer of organisational relations (rulebook 3).  Who may do what."""

from __future__ import annotations

from kernel.permissions import Policy

POLICY: Policy = {}
