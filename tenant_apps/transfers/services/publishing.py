"""Letting other units find this one as a receiver."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.permissions import require
from shared_apps.exchange.services import directory
from tenant_apps.audit.services import record
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import places


@transaction.atomic
def publish(*, is_open: bool, actor: Actor, now: dt.datetime) -> None:
    """Others see the name of the unit, the name of its outermost organisation and its code.

    Raises Forbidden for who does not administer the whole unit.
    """
    root = places.root()
    require(actor, TransferPermission.PUBLISH, root)
    directory.publish(
        is_open=is_open,
        organization_name=root.name,
        organization_code=getattr(root, "national_code", "") or root.code,
        now=now,
    )
    record(
        "transfer.published" if is_open else "transfer.unpublished",
        actor=actor, now=now, subject_type="organization", subject_id=root.pk,
    )  # fmt: skip
