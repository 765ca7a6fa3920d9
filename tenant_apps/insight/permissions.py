"""Yearly statistics and charts (rulebook 7).  Who may do what."""

from __future__ import annotations

from kernel.permissions import Policy

POLICY: Policy = {}
