"""What the control cell knows of the others, and what another cell keeps of the control cell."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import Row


class Cell(models.Model):
    """A cell besides this one, in the control cell's table.

    ``upstream`` is where the edge finds its processes, ``console`` where its operators work.
    ``serial`` and ``as_of`` are those of the last summary that was taken in, ``received_at``
    when that was; ``conflicts`` names that it claims and another cell has.  ``refused_…`` is the
    last message in its name that was turned away since.
    """

    name = models.CharField(max_length=20, primary_key=True)
    upstream = models.CharField(max_length=200)
    console = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=60)
    serial = models.BigIntegerField(default=0)
    as_of = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    conflicts = models.JSONField(default=list)
    refused_at = models.DateTimeField(null=True)
    refused_code = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class NameKind(models.TextChoices):
    """What can be only one unit's in all cells."""

    LABEL = "label", "访问地址"
    CREDIT_CODE = "credit_code", "统一社会信用代码"


class TakenName(Row):
    """A name and the cell that has it: the only authority for where a host belongs.

    Which unit has it is the cell's own affair; that no two cells have it is decided here.
    """

    kind = models.CharField(max_length=12, choices=NameKind)
    value = models.CharField(max_length=40)
    cell = models.CharField(max_length=20, db_index=True)
    taken_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="tenants_name_once", fields=["kind", "value"])
        ]

    def __str__(self) -> str:
        return self.value


class Edition(models.Model):
    """The number of the directory that the control cell gives out; it grows with the content."""

    work = models.CharField(max_length=12, primary_key=True)
    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)


class ControlLink(models.Model):
    """What this cell has of the control cell: its copy of the directory, and its own last word.

    ``content`` and ``signature`` are kept as they came, so that every process checks them again
    (``directory.copy``).  ``confirmed_at`` is when the control cell last said that ``number`` is
    the newest.  ``serial`` numbers this cell's summaries and never goes back.
    """

    work = models.CharField(max_length=12, primary_key=True)
    number = models.BigIntegerField(default=0)
    content = models.BinaryField(default=b"")
    signature = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    serial = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=60, blank=True)
