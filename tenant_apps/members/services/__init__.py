"""Writing members: many at once from a roster, or one act at a time."""

from tenant_apps.members.services import (
    changes,
    entries,
    exporting,
    filing,
    intake,
    moving,
    revealing,
    sealing,
)

__all__ = ["changes", "entries", "exporting", "filing", "intake", "moving", "revealing", "sealing"]
