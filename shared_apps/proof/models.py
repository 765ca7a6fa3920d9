"""What the nightly proof found, and the seals by which a changed ledger is noticed.

Shared tables, so that operators see all units without entering one.  They hold numbers and
digests: no names, no amounts.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitBoundShared


class Finding(UnitBoundShared):
    """How many rows of a unit violated a rule when it was last asked, and since when it does."""

    unit_access: ClassVar[str] = "SELECT, INSERT, UPDATE"

    code = models.CharField(max_length=4)
    violations = models.PositiveIntegerField()
    failing_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="proof_finding_once", fields=["unit_id", "code"]),
            models.CheckConstraint(
                name="proof_finding_fails_since",
                condition=models.Q(violations=0, failing_since__isnull=True)
                | models.Q(violations__gt=0, failing_since__isnull=False),
            ),
        ]


class Seal(UnitBoundShared):
    """The lines of a unit's ledger whose keys lie before ``upto`` and not before the last seal's.

    ``content`` is their SHA-256, ``digest`` that of the last seal's digest and the content, so
    that whoever changes a line would have to change every later seal.  Only added to.
    """

    unit_access: ClassVar[str] = "SELECT, INSERT"

    number = models.PositiveIntegerField()
    upto = models.UUIDField()
    lines = models.PositiveIntegerField()
    content = models.BinaryField()
    digest = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="proof_seal_in_turn", fields=["unit_id", "number"]),
        ]
