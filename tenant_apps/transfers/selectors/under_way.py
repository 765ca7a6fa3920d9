"""Transfers under way in organisations that are to end (``services.open_matters`` there)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from tenant_apps.transfers.models import OPEN, Handover

_PAGE: Final = "/transfers/?tab=open"


def open_matters(org_ids: Sequence[UUID]) -> Iterable[tuple[Any, ...]]:
    """Transfers of persons go over with the branch; one of the whole branch names it and cannot."""
    wanted = Q(org_id__in=org_ids) | Q(to_id__in=org_ids)
    rows = Handover.objects.filter(wanted, state__in=OPEN)
    found: Counter[tuple[UUID, bool]] = Counter()
    for org_id, to_id, is_whole in rows.values_list("org_id", "to_id", "is_whole"):
        found.update((one, is_whole) for one in org_ids if one in (org_id, to_id))
    for (org_id, is_whole), count in found.items():
        text = "整建制转接" if is_whole else "组织关系转接"
        yield (org_id, f"{text}（办理中）", count, not is_whole, _PAGE)
