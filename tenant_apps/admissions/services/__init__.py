"""The verbs of admission: open a case, act, decide, keep up, hand in papers, close, move."""

from tenant_apps.admissions.services import (
    acting,
    closing,
    deciding,
    moving,
    notes,
    opening,
    papers,
)

__all__ = ["acting", "closing", "deciding", "moving", "notes", "opening", "papers"]
