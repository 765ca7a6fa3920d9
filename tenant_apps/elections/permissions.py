"""Posts, terms and re-election (rulebook 1.3 to 1.6).  Who may do what."""

from __future__ import annotations

from kernel.permissions import Policy

POLICY: Policy = {}
