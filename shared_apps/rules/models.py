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


class Campaign(Row):
    """A call of the Centre for special dues (rulebook 4.4): entered by the platform with the number
    of its document, never by a unit (Art. 14).

    ``number`` stands in addresses.  Dates are inclusive; who ends it early sets ``ended_at``.
    ``suggested_fen`` are amounts to choose from, none is asked for.
    """

    unit_access: ClassVar[str] = "SELECT"

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=60)
    document = models.CharField(max_length=80)
    cause = models.TextField(max_length=500)
    opens_on = models.DateField()
    closes_on = models.DateField()
    suggested_fen = models.JSONField(default=list)
    may_be_anonymous = models.BooleanField(default=False)
    entered_by_name = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    ended_by_name = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rules_campaign_dates_in_order", condition=Q(closes_on__gte=F("opens_on"))
            ),
            models.CheckConstraint(
                name="rules_campaign_called_by_document", condition=~Q(document="")
            ),
        ]

    def __str__(self) -> str:
        return self.title
