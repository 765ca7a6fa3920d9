"""The opening of client units: who registered what, which roster came in, what happened.

These are shared rows.  They hold no personal data of a unit's members: what a roster says lies
sealed in the unit's own storage and only its keys, counts and sums are here.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from kernel.models import Row

UNDO_DAYS: Final = 7
"""How long an import can be taken back."""


class OpeningState(models.TextChoices):
    """How far a unit's opening has come; finer steps are blockers (services.blockers)."""

    REGISTERED = "registered", "已登记"
    OPENING = "opening", "开通中"
    OPENED = "opened", "已开通"


class Opening(Row):
    """A client unit as the bank's outreach knows it (rulebook M1): agreement and contact.

    ``officer`` registered the unit and answers for it; ``holder`` is whoever confirmed the
    roster that is being imported right now.  The contact is sealed under the platform's key.
    """

    unit = models.OneToOneField("tenants.Unit", on_delete=models.PROTECT, related_name="opening")
    state = models.CharField(max_length=12, choices=OpeningState, default=OpeningState.REGISTERED)
    officer_id = models.UUIDField(null=True, db_index=True)
    officer_name = models.CharField(max_length=60)
    holder_id = models.UUIDField(null=True, blank=True)
    holder_name = models.CharField(max_length=60, blank=True)
    contact_name_sealed = models.BinaryField()
    contact_phone_sealed = models.BinaryField()
    contact_phone_masked = models.CharField(max_length=11)
    agreed_on = models.DateField()
    agreement_ends_on = models.DateField()
    is_provisional = models.BooleanField(default=False)
    registered_at = models.DateTimeField()
    invited_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    totals = models.ForeignObject(  # no column: joins the unit's totals without its directory row
        "usage.UnitTotal", models.DO_NOTHING, from_fields=["unit"], to_fields=["unit"],
        null=True, editable=False, related_name="+",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-registered_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="onboarding_agreement_ends_after_it_starts",
                condition=Q(agreement_ends_on__gt=models.F("agreed_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.officer_name


class RegistrationDraft(Row):
    """A registration form that somebody has not finished; sealed, for that officer only."""

    officer_id = models.UUIDField(null=True, db_index=True)
    content_sealed = models.BinaryField()
    saved_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-saved_at"]

    def __str__(self) -> str:
        return str(self.saved_at)


class ImportState(models.TextChoices):
    """The life of one roster.  Reading and importing are done by jobs that can be resumed."""

    UPLOADED = "UPLOADED", "等待识别"
    READING = "READING", "识别中"
    REVIEW = "REVIEW", "待确认"
    CONFIRMED = "CONFIRMED", "等待导入"
    IMPORTING = "IMPORTING", "导入中"
    DONE = "DONE", "已导入"
    FAILED = "FAILED", "失败"
    DISCARDED = "DISCARDED", "已放弃"
    UNDONE = "UNDONE", "已撤销"


IN_HAND: Final = (
    ImportState.UPLOADED,
    ImportState.READING,
    ImportState.REVIEW,
    ImportState.CONFIRMED,
    ImportState.IMPORTING,
)
"""A unit has at most one roster in one of these states."""
FOR_JOBS: Final = (
    ImportState.UPLOADED,
    ImportState.READING,
    ImportState.CONFIRMED,
    ImportState.IMPORTING,
)
"""A job has work to do; the sweep sends it again when nobody holds a live claim."""
TAKEN: Final = (*IN_HAND, ImportState.DONE)
"""The same file handed in again in one of these states does nothing."""


class RosterImport(Row):
    """One roster handed in for a unit.

    ``…_key`` are files in the unit's storage, sealed under the unit's key.  ``done_rows`` moves
    in the transaction that stores the rows, so that a killed worker's successor goes on exactly
    there.  ``claimed_until`` is how long the present worker may be believed to be alive.
    """

    unit = models.ForeignKey(
        "tenants.Unit", on_delete=models.PROTECT, related_name="roster_imports"
    )
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.UPLOADED)
    digest = models.BinaryField()
    filename_sealed = models.BinaryField()
    size = models.PositiveIntegerField()
    source_key = models.CharField(max_length=200, blank=True)
    corrections_key = models.CharField(max_length=200, blank=True)
    review_key = models.CharField(max_length=200, blank=True)
    accepted_key = models.CharField(max_length=200, blank=True)
    refused_key = models.CharField(max_length=200, blank=True)
    organization_count = models.PositiveIntegerField(default=0)
    new_organization_count = models.PositiveIntegerField(default=0)
    accepted_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    known_elsewhere_count = models.PositiveIntegerField(default=0)
    monthly_dues_fen = models.BigIntegerField(default=0)
    done_rows = models.PositiveIntegerField(default=0)
    made_count = models.PositiveIntegerField(default=0)
    made_dues_fen = models.BigIntegerField(default=0)
    already_known_count = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    uploaded_by = models.UUIDField(null=True, blank=True)
    uploaded_by_name = models.CharField(max_length=60)
    uploaded_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True, blank=True)
    confirmed_by_name = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-uploaded_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="onboarding_one_roster_in_hand",
                fields=["unit"],
                condition=Q(state__in=IN_HAND),
            ),
            models.UniqueConstraint(
                name="onboarding_same_file_once",
                fields=["unit", "digest"],
                condition=Q(state__in=TAKEN),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["claimed_until"],
                condition=Q(state__in=FOR_JOBS),
                name="onboarding_import_sweep",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.uploaded_at:%Y-%m-%d}"

    @property
    def percent(self) -> int:
        """How much of the import is done, 0 to 100."""
        if self.state == ImportState.DONE:
            return 100
        return self.done_rows * 100 // self.accepted_count if self.accepted_count else 0

    @property
    def undo_until(self) -> dt.datetime | None:
        """The last moment at which the import may still be taken back."""
        return self.done_at + dt.timedelta(days=UNDO_DAYS) if self.done_at else None


class BatchState(models.TextChoices):
    """The life of a sheet of units; CHECKED waits for an officer, OPENING for the jobs."""

    CHECKED = "checked", "待确认"
    OPENING = "opening", "开通中"
    DONE = "done", "已结束"
    DISCARDED = "discarded", "已放弃"


class Batch(Row):
    """A sheet of units handed in to be opened together (批量开通)."""

    state = models.CharField(max_length=12, choices=BatchState, default=BatchState.CHECKED)
    digest = models.BinaryField()
    filename_sealed = models.BinaryField()
    uploaded_by = models.UUIDField(null=True, db_index=True)
    uploaded_by_name = models.CharField(max_length=60)
    uploaded_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_by_name = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    stopped_by_name = models.CharField(max_length=60, blank=True)
    stopped_at = models.DateTimeField(null=True)
    links_taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-uploaded_at", "-id"]


class RowState(models.TextChoices):
    """REFUSED is wrong as written; SKIPPED was open already; FAILED and STOPPED can go on."""

    REFUSED = "refused", "需修改"
    SKIPPED = "skipped", "已开通，跳过"
    WAITING = "waiting", "等待开通"
    OPENING = "opening", "开通中"
    DONE = "done", "已开通"
    FAILED = "failed", "开通失败"
    STOPPED = "stopped", "已停止"


TO_OPEN: Final = (RowState.WAITING, RowState.OPENING)


class BatchRow(Row):
    """One unit of a sheet.  ``content_sealed`` is the row as it was written, sealed under the
    platform's key: it names a person.  ``unit`` is set in the transaction that registers it, so
    that whoever takes the row up again goes on with that unit.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    credit_code = models.CharField(max_length=24)
    content_sealed = models.BinaryField()
    faults = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=RowState)
    unit = models.ForeignKey(
        "tenants.Unit", on_delete=models.PROTECT, null=True, related_name="batch_rows"
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="onboarding_batch_row_once", fields=["batch", "number"]),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["batch", "number"],
                condition=Q(state__in=TO_OPEN),
                name="onboarding_batch_next",
            ),
        ]


class Event(Row):
    """What happened in the opening of a unit and who did it: its time line, never changed."""

    is_append_only: ClassVar[bool] = True
    outlives_unit: ClassVar[str] = "开通过程记录"

    unit_id = models.UUIDField(db_index=True)
    at = models.DateTimeField()
    code = models.CharField(max_length=60)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60, blank=True)
    data = models.JSONField(default=dict)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return self.code


class ClosingState(models.TextChoices):
    """How far the end of a unit has come."""

    REQUESTED = "requested", "待复核"
    RUNNING = "running", "注销中"
    FINISHING = "finishing", "清除中"
    FINISHED = "finished", "已注销"
    CALLED_OFF = "called_off", "已撤回"


OPEN_CLOSINGS: Final = (ClosingState.REQUESTED, ClosingState.RUNNING, ClosingState.FINISHING)


class Closing(Row):
    """The end of a unit: asked by one person, confirmed by another, carried out after 30 days.

    ``steps`` holds the moment at which each step of carrying out was done, ``counts`` what the
    unit held, ``document`` the certificate; its SM3 ``digest`` carries the platform's
    ``signature``.  ``blocked`` says which amounts (fen) held it up on its day.
    """

    outlives_unit: ClassVar[str] = "注销申请、复核与证明"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ClosingState, default=ClosingState.REQUESTED)
    reason = models.CharField(max_length=300)
    requested_by = models.UUIDField()
    requested_by_name = models.CharField(max_length=60)
    requested_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_by_name = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    called_off_by_name = models.CharField(max_length=60, blank=True)
    called_off_reason = models.CharField(max_length=300, blank=True)
    called_off_at = models.DateTimeField(null=True)
    blocked = models.JSONField(default=dict)
    steps = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    number = models.CharField(max_length=20, blank=True)
    document = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-requested_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="onboarding_closing_one_open",
                fields=["unit"],
                condition=Q(state__in=OPEN_CLOSINGS),
            ),
            models.UniqueConstraint(
                name="onboarding_closing_number_once",
                fields=["number"],
                condition=~Q(number=""),
            ),
            models.CheckConstraint(
                name="onboarding_closing_two_people",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("requested_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.state}"
