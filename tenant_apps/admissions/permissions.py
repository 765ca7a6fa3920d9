"""Admission of members, step by step (rulebook 2.2 to 2.4).  Who may do what."""

from __future__ import annotations

from kernel.permissions import Policy

POLICY: Policy = {}
