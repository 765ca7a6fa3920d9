"""Reporting from units, folding into rollups, correcting them."""

from shared_apps.usage.services import correcting, outbox, rollups

__all__ = ["correcting", "outbox", "rollups"]
