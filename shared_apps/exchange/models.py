"""What units send each other: who can be reached, and what is on its way (rulebook 3.2, 12.2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitBoundShared


class Address(UnitBoundShared):
    """A unit that lets others find it: the name of the unit and of its outermost organisation.

    The unit writes its own row.  Nothing else about it is told to other units.
    """

    unit_access: ClassVar[str] = "SELECT, INSERT, UPDATE"

    unit_name = models.CharField(max_length=120)
    organization_name = models.CharField(max_length=120)
    organization_code = models.CharField(max_length=40, blank=True)
    is_open = models.BooleanField(default=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="exchange_address_once", fields=["unit_id"]),
        ]


class Parcel(UnitBoundShared):
    """A message to the unit of the row, which alone can open ``content_sealed``.

    It is WAITING until the unit has taken it in, however long that is, and empty afterwards.
    ``thread_id`` is the parcel that began the correspondence.  ``decision`` of that first one is
    what was decided about it: whoever decides first, in whichever of the two units, sets it.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "等待送达"
        DELIVERED = "DELIVERED", "已送达"

    class Hindrance(models.TextChoices):
        """Why a parcel could not be handed over when it was last tried."""

        SUSPENDED = "SUSPENDED", "对方单位暂停服务"
        READ_ONLY = "READ_ONLY", "对方单位只读或正在注销"
        CLOSED = "CLOSED", "对方单位已注销"
        ELSEWHERE = "ELSEWHERE", "对方单位不在本平台分区"
        EARLIER = "EARLIER", "排在前面的消息尚未送达"
        FAILED = "FAILED", "系统处理失败，将自动重试"

    class Decision(models.TextChoices):
        ACCEPTED = "ACCEPTED", "已接收"
        REFUSED = "REFUSED", "已拒收"
        WITHDRAWN = "WITHDRAWN", "已撤回"
        RETURNED = "RETURNED", "已退回"

    unit_access: ClassVar[str] = "SELECT"

    from_unit_id = models.UUIDField()
    topic = models.CharField(max_length=20)
    thread_id = models.UUIDField(db_index=True)
    content_sealed = models.BinaryField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    hindrance = models.CharField(max_length=10, choices=Hindrance, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(state="WAITING"),
                name="exchange_to_deliver",
            ),
        ]
