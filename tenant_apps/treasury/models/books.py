"""The daily figures of the books; the books themselves are the transfers of ``dues``."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Books(UnitRow):
    """The one row of a unit that says how far its daily figures reach; payments lock it.

    Transfers whose key is smaller than ``folded_to`` are in the figures, all others are not.
    """

    folded_to = models.UUIDField()


class Day(UnitRow):
    """What a day added to an account, of the transfers that are folded."""

    account = models.CharField(max_length=40)
    on = models.DateField()
    debit_fen = models.BigIntegerField(default=0)
    credit_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="treasury_day_once", fields=["account", "on"]),
        ]
