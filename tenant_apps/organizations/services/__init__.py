"""Writing the tree: many at once from a roster, or one act at a time."""

from tenant_apps.organizations.services import intake, placement, shaping

__all__ = ["intake", "placement", "shaping"]
