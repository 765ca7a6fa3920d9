"""The directory of units and of the hosts that lead to them, and the schema template."""

from __future__ import annotations

import base64
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from kernel.models import Row
from kernel.unit import Access, Purpose
from tenants import versions
from tenants.archive.models import Backup, Restore  # noqa: F401 - tables of this app
from tenants.cells.distant import DistantMonth, DistantStanding, DistantUnit  # noqa: F401 - ditto
from tenants.cells.models import Cell, ControlLink, Edition, TakenName  # noqa: F401 - the same
from tenants.rollout import DriftFinding, Wave, WaveEvent, WaveStep  # noqa: F401 - the same
from tenants.work import PeriodicWork, QueuedWork, Served  # noqa: F401 - the same


class UnitState(models.TextChoices):
    """The life of a unit.  Only those in SERVING answer requests."""

    DRAFT = "draft", "草稿"
    OPENING = "opening", "开通中"
    TRIAL = "trial", "试用"
    LIVE = "live", "正式"
    READ_ONLY = "read_only", "只读"
    SUSPENDED = "suspended", "暂停"
    CLOSING = "closing", "注销中"
    CLOSED = "closed", "已注销"


class UnitProfile(models.TextChoices):
    """What kind of organisation a client is; it decides wording and defaults, never rights."""

    ENTERPRISE = "enterprise", "国有企业"
    AGENCY = "agency", "机关"
    INSTITUTION = "institution", "事业单位"
    SCHOOL = "school", "学校"
    VILLAGE = "village", "农村"
    COMMUNITY = "community", "社区"
    NEW_ORGANIZATION = "new_organization", "两新组织"


WORKING: Final = (UnitState.TRIAL, UnitState.LIVE)
"""The states in which a unit does its daily work."""
ONLY_READ: Final = (UnitState.READ_ONLY, UnitState.CLOSING)
"""A unit that is closing can be looked at and exported until its day, and is not changed."""
SERVING: Final = (*WORKING, *ONLY_READ)
"""The states in which a unit's address answers."""
BACKED_UP: Final = (*SERVING, UnitState.SUSPENDED)
"""The states in which a unit has rows to lose."""
_BEFORE: Final = (UnitState.DRAFT, UnitState.OPENING)
_WRITES: Final = {
    Purpose.WORK: (*_BEFORE, *WORKING),
    Purpose.KEPT_OPEN: (*_BEFORE, *SERVING),
    Purpose.SETTLING: (*_BEFORE, *SERVING, UnitState.SUSPENDED),
    Purpose.READING: (),
}
_READS: Final = {
    Purpose.WORK: ONLY_READ,
    Purpose.KEPT_OPEN: (),
    Purpose.SETTLING: (),
    Purpose.READING: (*_BEFORE, *SERVING, UnitState.SUSPENDED),
}
GRACE_DAYS: Final = 30
"""How long a unit stays in CLOSING, and how long an address that was given up leads on."""


def schema_name_of(unit_id: UUID) -> str:
    """``t_`` and the unit's id in base32: opaque, immutable, never made from a name."""
    return "t_" + base64.b32encode(unit_id.bytes).decode().rstrip("=").lower()


class Unit(TenantMixin, Row):  # type: ignore[misc]  # django-tenants is untyped
    """A client organisation (共建单位): the tenant.

    ``label`` is the host in front of the base domain.  ``schema_version`` names the last
    template step replayed into the schema; empty means that the schema does not exist yet.
    ``bank_branch`` is the branch of the bank that signed the unit and answers for it.
    ``closes_at`` is the end of the last 30 days, while the unit is closing.  Label and code of
    a closed unit may be another unit's: they are unique among the others.

    ``entered_for`` is no column: the purpose for which a connection was put into the unit;
    nor is ``moved_from``: the host that was asked for, where the unit gave it up.
    ``is_canary`` marks units of our own that a wave reaches before any client's,
    ``is_synthetic`` those that a probe opens, tries and discards: they are in no list or figure.
    """

    entered_for: Purpose = Purpose.WORK
    moved_from: str = ""
    auto_create_schema: ClassVar[bool] = False
    clone_mode: ClassVar[str] = "NODATA"

    name = models.CharField(max_length=120)
    label = models.CharField(max_length=40)
    credit_code = models.CharField(max_length=18)
    region_code = models.CharField(max_length=6, db_index=True)
    bank_branch = models.CharField(max_length=80, blank=True)
    profile = models.CharField(max_length=16, choices=UnitProfile, default=UnitProfile.ENTERPRISE)
    state = models.CharField(max_length=12, choices=UnitState, default=UnitState.DRAFT)
    schema_version = models.CharField(max_length=200, blank=True)
    is_canary = models.BooleanField(default=False)
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="tenants_unit_label_once",
                fields=["label"],
                condition=~models.Q(state=UnitState.CLOSED),
            ),
            models.UniqueConstraint(
                name="tenants_unit_credit_code_once",
                fields=["credit_code"],
                condition=~models.Q(state=UnitState.CLOSED),
            ),
            models.CheckConstraint(
                name="tenants_unit_schema_is_opaque",
                condition=models.Q(schema_name__regex=r"^t_[a-z2-7]{26}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> Any:
        """Banned: its stack is shared between threads and returns to the wrong unit."""
        raise RuntimeError("use kernel.unit.unit_context(unit.id)")

    @property
    def is_serving(self) -> bool:
        return self.state in SERVING

    @property
    def is_outdated(self) -> bool:
        """Whether the schema is older than what this code serves."""
        return self.schema_version in versions.too_old()

    @property
    def shown_state(self) -> str:
        """The state in the words in which a refusal names it."""
        return "待升级" if self.is_outdated and self.is_serving else self.get_state_display()

    @property
    def is_only_read(self) -> bool:
        """Whether the unit answers reads and refuses writes: read-only, or closing."""
        return self.state in ONLY_READ

    @property
    def access(self) -> Access:
        """What may be done in the unit now that it was entered for its purpose."""
        return self.access_for(self.entered_for)

    def access_for(self, purpose: Purpose) -> Access:
        """What the unit's state allows for a purpose; an outdated one is only looked at."""
        if self.is_outdated and purpose is not Purpose.READING:
            return Access.NONE
        if self.state in _WRITES[purpose]:
            return Access.WRITE
        return Access.READ if self.state in _READS[purpose] else Access.NONE


class Domain(DomainMixin, Row):  # type: ignore[misc]  # django-tenants is untyped
    """A host that leads to a unit; exact match only.

    One that was given up (``retired_at``) tells for GRACE_DAYS where the unit is now, and is
    nobody else's until then.
    """

    tenant = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="domains")
    retired_at = models.DateTimeField(null=True, blank=True, db_index=True)


class Transition(Row):
    """A change of a unit's state: who, when and why.  Never changed.

    ``number`` counts a unit's changes without a gap and is their order, whatever the clock
    did; ``at`` is never before the one of the change before.
    """

    is_append_only: ClassVar[bool] = True
    outlives_unit: ClassVar[str] = "单位状态变更记录"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="transitions")
    number = models.PositiveIntegerField()
    was = models.CharField(max_length=12, choices=UnitState)
    to = models.CharField(max_length=12, choices=UnitState)
    reason = models.CharField(max_length=300, blank=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="tenants_transition_order", fields=["unit", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.was} → {self.to}"


class UnitKey(models.Model):
    """The secret from which all keys of a unit are derived, wrapped under the master key.

    Destroying it makes whatever the unit sealed unreadable for ever, in copies and backups
    too; the row stays and says when.
    """

    outlives_unit: ClassVar[str] = "密钥销毁记录（不含密钥）"

    unit = models.OneToOneField(
        Unit, on_delete=models.CASCADE, primary_key=True, related_name="key"
    )
    wrapped = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="tenants_key_destroyed_is_gone",
                condition=(models.Q(destroyed_at=None) & ~models.Q(wrapped=b""))
                | models.Q(destroyed_at__isnull=False, wrapped=b""),
            ),
        ]


class ReadySchema(Row):
    """A schema that was made before its unit is known; ``id`` becomes the unit's (R15).

    One transaction writes the row and makes role, schema, tables and rights; another deletes
    the row and registers the unit.  So a row never stands for anything half made.
    """

    schema_name = models.CharField(max_length=63, unique=True)
    schema_version = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.schema_name


class TemplateStep(models.Model):
    """One migration of a unit app as the SQL it ran, in the order of replay.

    The rows together are the template artifact: a schema is opened by replaying all of them
    and brought up to date by replaying those it has not seen (architecture 3.6).  ``checksum``
    is the SM3 of the statements, ``source`` that of the file they were captured from.  A step
    that any schema has seen never changes again.
    """

    position = models.PositiveIntegerField(primary_key=True)
    migration = models.CharField(max_length=200, unique=True)
    statements = models.JSONField()
    checksum = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    captured_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["position"]
