"""Lets whoever applied sign in by phone, to the own case and to nothing else (rulebook 12.1)."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.unit import Purpose, current_unit, unit_context
from shared_apps.people.services import affiliations
from tenant_apps.admissions.models import Case, State
from tenant_apps.members.services import sealing
from tenants.archive.listeners import Replaced

IMPORTED = "unit.imported"


def allow(case: Case, *, phone: str, identity: str) -> None:
    """The phone opens the case from now on; another one does no more."""
    unit = current_unit()
    affiliations.record(
        unit_id=unit.id,
        unit_role=unit.schema_name,
        rows=[(case.pk, phone or None, identity)],
        kind=affiliations.APPLICANT,
    )


def allow_again(cases: Iterable[Case]) -> None:
    """The phones that the cases hold open them again."""
    unit = current_unit()
    affiliations.record(
        unit_id=unit.id,
        unit_role=unit.schema_name,
        rows=_rows(cases),
        kind=affiliations.APPLICANT,
    )


def end(*cases: Case) -> None:
    """The cases let nobody in any more: closed, or their people are members by now."""
    affiliations.forget(member_ids=[case.pk for case in cases])


def after_import(replaced: Replaced) -> None:
    """Records who applied where a unit came in as a whole (``archive.listeners``)."""
    if replaced.code != IMPORTED:
        return
    with unit_context(replaced.unit_id, for_=Purpose.READING):
        unit = current_unit()
        rows = _rows(Case.objects.filter(state=State.OPEN, member_id=None))
    affiliations.record(
        unit_id=unit.id, unit_role=unit.schema_name, rows=rows, kind=affiliations.APPLICANT
    )


def _rows(cases: Iterable[Case]) -> list[affiliations.Row]:
    return [
        (
            case.pk,
            sealing.open_phone(case.phone_sealed) if case.phone_sealed else None,
            sealing.open_identity(case.identity_sealed),
        )
        for case in cases
    ]
