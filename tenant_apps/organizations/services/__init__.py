"""Writing the tree: many at once from a roster, or one act at a time."""

from tenant_apps.organizations.services import (
    aftermath,
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
    "aftermath",
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
