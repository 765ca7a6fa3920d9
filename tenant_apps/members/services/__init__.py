"""Writing members: many at once from a roster, or one act at a time."""

from tenant_apps.members.services import (
    applying,
    changes,
    entries,
    exporting,
    filing,
    intake,
    moving,
    restoring,
    revealing,
    sealing,
    set_orders,
)

__all__ = [
    "applying", "changes", "entries", "exporting", "filing", "intake", "moving", "restoring",
    "revealing", "sealing", "set_orders",
]  # fmt: skip
