"""Reporting from units, folding into rollups, correcting them."""

from shared_apps.usage.services import outbox, rollups

__all__ = ["outbox", "rollups"]
