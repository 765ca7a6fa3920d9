"""Transfers of organisational relations (rulebook 3): one row per person and side."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models import UnitRow


class State(models.TextChoices):
    """Where a transfer stands (rulebook 3.3); the last four end it otherwise than wished."""

    DRAFT = "DRAFT", "草稿"
    SUBMITTED = "SUBMITTED", "待党委审批"
    SENDER_APPROVED = "SENDER_APPROVED", "已批准"
    IN_TRANSIT = "IN_TRANSIT", "转接途中"
    RECEIVER_ACCEPTED = "RECEIVER_ACCEPTED", "接收方已接收"
    PLACED = "PLACED", "已编入支部"
    RECEIPT_RETURNED = "RECEIPT_RETURNED", "回执已寄回"
    CLOSED = "CLOSED", "已办结"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    REJECTED = "REJECTED", "未通过"
    EXPIRED = "EXPIRED", "已逾期作废"
    RETURNED = "RETURNED", "已退回"


OPEN = (
    State.DRAFT, State.SUBMITTED, State.SENDER_APPROVED, State.IN_TRANSIT,
    State.RECEIVER_ACCEPTED, State.PLACED, State.RECEIPT_RETURNED,
)  # fmt: skip
"""The states in which something is still to be done."""
TRAVELLING = (State.SENDER_APPROVED, State.IN_TRANSIT)
"""The states in which a letter is out and its validity runs."""


class Side(models.TextChoices):
    """What the unit has to do with it: it sends, it receives, or both places are its own."""

    OUT = "OUT", "转出"
    IN = "IN", "转入"
    WITHIN = "WITHIN", "单位内"


class Kind(models.TextChoices):
    """Kinds of transfer (rulebook 3.2)."""

    INTRA_COMMITTEE = "INTRA_COMMITTEE", "同一党委内"
    INTRA_SYSTEM = "INTRA_SYSTEM", "本单位其他党委"
    INTER_TENANT = "INTER_TENANT", "平台内其他单位"
    INTRA_PROVINCE = "INTRA_PROVINCE", "省内（平台外）"
    INTER_PROVINCE = "INTER_PROVINCE", "跨省（平台外）"
    SPECIAL = "SPECIAL", "军队、民航、铁路、境外等"


class Handover(UnitRow):
    """One person's transfer, as the unit keeps it; a transfer between two units is a row in each.

    ``batch_id`` holds those together that were begun together; ``is_whole`` says that a branch
    goes with all its people (整建制).  ``org_*`` is the unit's own branch that sends, or within the
    unit sends, or that is to receive; ``to_*`` the other place within the unit.  ``other_name`` is
    the organisation outside the unit, ``other_unit_id`` set where it is on the platform.

    The letter (rulebook 3.1): ``letter_year`` and ``letter_number`` run without a gap in the unit,
    ``valid_until`` is its last day, ``code`` proves it; a letter of another unit is ``letter``.
    ``paid_to`` is the month (YYYYMM) up to which dues are paid; ``arrears_note`` explains arrears.
    ``replaces_id`` is the transfer whose letter this one follows (rulebook 3.3).

    ``file_sealed`` holds, on the receiving side only and only until somebody is placed, the file
    that came; ``preview`` what of it may be seen before, masked.
    """

    batch_id = models.UUIDField()
    side = models.CharField(max_length=6, choices=Side)
    kind = models.CharField(max_length=16, choices=Kind)
    is_whole = models.BooleanField(default=False)
    state = models.CharField(max_length=18, choices=State, default=State.DRAFT)
    member = models.ForeignKey(
        "members.Member", null=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(max_length=60)
    category = models.CharField(max_length=20)
    org_id = models.UUIDField()
    org_path = models.CharField(max_length=80)
    to_id = models.UUIDField(null=True)
    to_path = models.CharField(max_length=80, blank=True)
    other_unit_id = models.UUIDField(null=True)
    other_name = models.CharField(max_length=120, blank=True)
    thread_id = models.UUIDField(null=True)
    file_sealed = models.BinaryField(null=True)
    preview = models.JSONField(default=dict)
    reason = models.CharField(max_length=20, blank=True)
    note = models.CharField(max_length=200, blank=True)
    papers = models.JSONField(default=list)
    paid_to = models.PositiveIntegerField(null=True)
    arrears_note = models.CharField(max_length=200, blank=True)
    letter = models.CharField(max_length=60, blank=True)
    letter_year = models.PositiveSmallIntegerField(null=True)
    letter_number = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=16, blank=True)
    issued_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    replaces_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=200, blank=True)
    applied_by = models.UUIDField(null=True)
    submitted_by = models.UUIDField(null=True)
    submitted_by_name = models.CharField(max_length=60, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="transfers_one_at_a_time", fields=["member"], condition=Q(state__in=OPEN)
            ),
            models.UniqueConstraint(
                name="transfers_letter_once",
                fields=["letter_year", "letter_number"],
                condition=~Q(letter_number=None),
            ),
            models.UniqueConstraint(
                name="transfers_thread_once",
                fields=["thread_id", "side"],
                condition=~Q(thread_id=None),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "valid_until"], name="transfers_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class LetterCounter(UnitRow):
    """The last number of a year; locked while a letter is given."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)
