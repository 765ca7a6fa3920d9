"""Frozen pictures of a unit's members, from which the yearly tables are counted (rulebook 7)."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Cut(models.TextChoices):
    """The day on which a period ends: 31 December, or 30 June for the half-year (rulebook 7.1)."""

    YEAR = "YEAR", "年报"
    HALF = "HALF", "半年报"


class State(models.TextChoices):
    """Where a snapshot stands.  Its figures never change from ``TAKEN`` on."""

    TAKING = "TAKING", "采集中"
    TAKEN = "TAKEN", "待填报"
    SUBMITTED = "SUBMITTED", "待报出"
    FILED = "FILED", "已报出"
    FAILED = "FAILED", "采集失败"


class Source(models.TextChoices):
    """What a frozen line is: a member at the cut, or something that happened in the period."""

    PEOPLE = "PEOPLE", "党员"
    CHANGE = "CHANGE", "党员变动"
    APPRAISAL = "APPRAISAL", "民主评议"
    TRAINING = "TRAINING", "教育培训"
    REWARD = "REWARD", "表彰奖励"
    HONOUR = "HONOUR", "党组织受表彰"


class Snapshot(UnitRow):
    """The unit at the cut of a year, as its tables said at the moment of taking.

    Taking again makes a new row; the old one stays.  Who fills in and who files are two people
    (rulebook 7.2: 填表人, 负责人, 报出时间).  ``rules`` names the dictionary of codes used,
    ``profile`` what kind of client the unit was.
    """

    year = models.PositiveSmallIntegerField()
    cut = models.CharField(max_length=4, choices=Cut)
    as_of = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.TAKING)
    rules = models.CharField(max_length=20)
    profile = models.CharField(max_length=16)
    people = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField()
    requested_by = models.UUIDField(null=True)
    requested_by_name = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.UUIDField(null=True, blank=True)
    submitted_by_name = models.CharField(max_length=60, blank=True)
    filed_at = models.DateTimeField(null=True, blank=True)
    filed_by = models.UUIDField(null=True, blank=True)
    filed_by_name = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["year", "cut", "-requested_at"], name="insight_snapshot_year"),
        ]

    org_path: ClassVar[str] = ""
    """What permissions are asked of: the whole unit, not any part of it."""

    @property
    def label(self) -> str:
        return f"{self.year} 年{'' if self.cut == Cut.YEAR else '上'}{self.get_cut_display()}"

    @property
    def first_day(self) -> dt.date:
        """The day on which the period begins."""
        return dt.date(self.year, 1, 1)

    @property
    def is_ready(self) -> bool:
        """Whether its figures are there."""
        return self.state in (State.TAKEN, State.SUBMITTED, State.FILED)


class Place(UnitRow):
    """An organisation as the tree had it at the moment of taking.

    Places and lines are written only by the statement that holds their snapshot locked, so the
    database need not look it up again for each of a million rows.
    """

    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, db_index=False, db_constraint=False
    )
    org_id = models.UUIDField()
    path = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["snapshot", "org_id"], name="insight_place_org"),
        ]


class Line(UnitRow):
    """One person of one source, with what was known of them then, as codes (rulebook 7.3).

    ``code`` and ``detail`` say what happened (the kind of change and its ground, the grade, the
    award and its level); ``times`` and ``amount`` count trainings and their hours.  ``age`` is
    the year of the statistics less that of birth, ``unit_nature`` that of the unit behind the
    organisation.  Unknown is 0, empty or null.  An honour is of an organisation: ``member_id`` is
    then the organisation's id, and nothing is known of a person.
    """

    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, db_index=False, db_constraint=False
    )
    source = models.CharField(max_length=10, choices=Source)
    member_id = models.UUIDField()
    org_id = models.UUIDField()
    org_path = models.CharField(max_length=80)
    code = models.CharField(max_length=24)
    detail = models.CharField(max_length=24)
    times = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=9, decimal_places=1, null=True)
    is_probationary = models.BooleanField()
    gender = models.PositiveSmallIntegerField()
    ethnicity = models.PositiveSmallIntegerField()
    is_taiwanese = models.BooleanField()
    education = models.PositiveSmallIntegerField()
    age = models.SmallIntegerField(null=True)
    joined_on = models.DateField(null=True)
    party_years = models.SmallIntegerField(null=True)
    occupation = models.CharField(max_length=20)
    front_line = models.CharField(max_length=20)
    stratum = models.CharField(max_length=20)
    unit_nature = models.CharField(max_length=20, default="", db_default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["snapshot", "source", "org_path"],
                opclasses=["uuid_ops", "varchar_ops", "varchar_pattern_ops"],
                name="insight_line_place",
            ),
        ]
