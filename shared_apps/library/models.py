"""Short texts for members: one comes with each receipt."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import Row


class Card(Row):
    """A knowledge card (知识卡).  ``number`` is its fixed place in the round in which cards are
    given; ``minutes`` is how long it takes to read; ``source`` the document it rests on.
    """

    unit_access: ClassVar[str] = "SELECT"

    number = models.PositiveSmallIntegerField(unique=True)
    title = models.CharField(max_length=60)
    body = models.TextField()
    source = models.CharField(max_length=120)
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.title

    @property
    def reading_time(self) -> str:
        return f"约 {self.minutes} 分钟"

    @property
    def paragraphs(self) -> list[str]:
        return [text for text in self.body.split("\n") if text]
