"""Writing members: many at once from a roster, or one act at a time."""

from tenant_apps.members.services import intake, sealing

__all__ = ["intake", "sealing"]
