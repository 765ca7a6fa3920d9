"""Cases as the development set of rulebook 8.2 asks for them: values by the set's keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from tenant_apps.admissions.models import Case, Category, State, Step
from tenant_apps.members.services import sealing
from tenant_apps.organizations.selectors import organizations_by_id
from tenant_apps.organizations.selectors.gates import within

_OF_THE_PARTY: Final = {Category.FULL: "01", Category.PROBATIONARY: "02"}
"""人员类别 -> GB/T 4762; what others are, the case does not say."""


def case_records(
    paths: Iterable[str], *, is_full: bool, with_ended: bool, since: dt.datetime | None
) -> list[dict[str, Any]]:
    """The cases of the sub-trees; the ended ones only where asked for, marked as deleted."""
    found = Case.objects.filter(within(paths, field="org_path")).select_related("org")
    changed = dict(Step.objects.order_by().values_list("case_id").annotate(Max("given_at")))
    cases = [
        (case, max(case.created_at, changed.get(case.pk, case.created_at)))
        for case in found.order_by("org_path", "applied_on", "id")
        if case.is_open or with_ended
    ]
    wanted = [(case, moment) for case, moment in cases if since is None or moment >= since]
    parents = organizations_by_id([c.org.parent_id for c, _ in wanted if c.org.parent_id])
    return [_record(case, moment, parents, is_full=is_full) for case, moment in wanted]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case as a file of the set is held against it, the number in the clear."""

    id: UUID
    org_id: UUID
    record: dict[str, Any]


def open_cases(paths: Iterable[str]) -> list[OpenCase]:
    """The open cases of the sub-trees."""
    found = Case.objects.filter(within(paths, field="org_path"), state=State.OPEN)
    return [
        OpenCase(case.pk, case.org_id, _record(case, case.created_at, {}, is_full=True))
        for case in found.select_related("org").order_by("org_path", "applied_on", "id")
    ]


def case_of(case_id: UUID) -> Case | None:
    """The case for the job that applies a file."""
    return Case.objects.select_related("org").filter(pk=case_id).first()


def _record(
    case: Case, moment: dt.datetime, parents: dict[UUID, Any], *, is_full: bool
) -> dict[str, Any]:
    parent = parents.get(case.org.parent_id) if case.org.parent_id else None
    is_member = case.category in _OF_THE_PARTY
    return {
        "name": case.name,
        "identity": (
            sealing.open_identity(case.identity_sealed) if is_full else case.identity_masked
        ),
        "applied_on": case.applied_on,
        "political_status": _OF_THE_PARTY.get(Category(case.category), ""),
        "org": case.org.name,
        "activist_on": case.activist_on,
        "workplace": case.workplace,
        "joined_on": case.joined_on,
        "full_on": case.converted_on,
        "standing": "NORMAL" if is_member and case.is_open else "",
        "joined_kind": "NEW" if case.joined_on else "",
        "category": case.category,
        "parent_org": parent.name if parent else case.org.name,
        "is_deleted": not case.is_open,
        "updated_at": moment,
    }
