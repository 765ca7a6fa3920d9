"""Writing the tree: many at once from a roster, or one act at a time."""

from tenant_apps.organizations.services import (
    founding,
    intake,
    merging,
    moving,
    open_matters,
    placement,
    retyping,
    revising,
    splitting,
    undoing,
)

__all__ = [
    "founding",
    "intake",
    "merging",
    "moving",
    "open_matters",
    "placement",
    "retyping",
    "revising",
    "splitting",
    "undoing",
]
