"""Rules of the domain as dated data (rulebook 0.2.1)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import Row


class RulePack(Row):
    """One version of a set of rules, in force from ``effective_from`` to ``effective_to``
    inclusive (None: until replaced).

    ``content`` is the pack as shipped, each value beside its source; ``checksum`` is the SHA-256
    of its canonical JSON, so that a changed pack under an old version is noticed.
    """

    unit_access: ClassVar[str] = "SELECT"

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    content = models.JSONField()
    checksum = models.CharField(max_length=64)

    class Meta:
        db_table = "rules_pack"
        ordering: ClassVar = ["code", "effective_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="rules_pack_version_once", fields=["code", "version"]),
            models.CheckConstraint(
                name="rules_pack_dates_in_order",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"
