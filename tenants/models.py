"""The directory of units and of the hosts that lead to them, and the schema template."""

from __future__ import annotations

import base64
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from kernel.models import Row


class UnitState(models.TextChoices):
    """The life of a unit.  Only TRIAL, LIVE and READ_ONLY answer requests."""

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


SERVING = (UnitState.TRIAL, UnitState.LIVE, UnitState.READ_ONLY)


def schema_name_of(unit_id: UUID) -> str:
    """``t_`` and the unit's id in base32: opaque, immutable, never made from a name."""
    return "t_" + base64.b32encode(unit_id.bytes).decode().rstrip("=").lower()


class Unit(TenantMixin, Row):  # type: ignore[misc]  # django-tenants is untyped
    """A client organisation (共建单位): the tenant.

    ``label`` is the host in front of the base domain.  ``schema_version`` names the last
    template step replayed into the schema; empty means that the schema does not exist yet.
    ``bank_branch`` is the branch of the bank that signed the unit and answers for it.
    """

    auto_create_schema: ClassVar[bool] = False
    clone_mode: ClassVar[str] = "NODATA"

    name = models.CharField(max_length=120)
    label = models.CharField(max_length=40, unique=True)
    credit_code = models.CharField(max_length=18, unique=True)
    region_code = models.CharField(max_length=6, db_index=True)
    bank_branch = models.CharField(max_length=80, blank=True)
    profile = models.CharField(max_length=16, choices=UnitProfile, default=UnitProfile.ENTERPRISE)
    state = models.CharField(max_length=12, choices=UnitState, default=UnitState.DRAFT)
    schema_version = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
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


class Domain(DomainMixin, Row):  # type: ignore[misc]  # django-tenants is untyped
    """A host that leads to a unit; exact match only."""

    tenant = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="domains")


class TemplateStep(models.Model):
    """One migration of a unit app as the SQL it ran, in the order of replay.

    The rows together are the template artifact: a schema is opened by replaying all of them
    and brought up to date by replaying those it has not seen (architecture 3.6).
    """

    position = models.PositiveIntegerField(primary_key=True)
    migration = models.CharField(max_length=200, unique=True)
    statements = models.JSONField()
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["position"]
