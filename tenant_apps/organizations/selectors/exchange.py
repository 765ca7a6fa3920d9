"""Organisations as the exchange sets of rulebook 8.3 ask for them: values by the sets' keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, Q

from tenant_apps.organizations.models import Organization, Turn, Workplace
from tenant_apps.organizations.selectors.contacts import open_phone
from tenant_apps.organizations.selectors.gates import within

ROOT_UID: Final = "0" * 32
"""What stands for the parent of the root (rulebook 8.3)."""
MOST_SUB_TREES: Final = 500
"""A box longer than that is no use; the page of an organisation leads to its own."""
_SAME: Final = "SAME"
_PLAIN: Final = (
    "name", "short_name", "kind", "code", "founded_on", "contact", "unit_situation", "region",
)  # fmt: skip


def organization_records(
    paths: Iterable[str], *, is_full: bool, with_ended: bool, since: dt.datetime | None = None
) -> list[tuple[UUID, dict[str, Any]]]:
    """Every organisation of the sub-trees in tree order, the ended ones last; those to which
    something happened ``since`` then.
    """
    found = Organization.objects.filter(within(paths)).order_by("ended_on", "path")
    if not with_ended:
        found = found.filter(ended_on=None)
    changed = _last_turns()
    orgs = [org for org in found if since is None or _moment(org, changed) >= since]
    names = dict(Organization.objects.values_list("pk", "name"))
    units = _workplaces([org.pk for org in orgs])
    return [
        (
            org.pk,
            {
                **_record(org, place, names, units.get(org.pk, []), is_full=is_full),
                "updated_at": _moment(org, changed),
            },
        )
        for place, org in enumerate(orgs, 1)
    ]


def sub_trees(paths: Iterable[str], *, named: str = "") -> list[Organization]:
    """Organisations that have others below them, in tree order, and the one that is ``named``."""
    found = Organization.objects.filter(within(paths), ended_on=None)
    above = Organization.objects.filter(ended_on=None).values("parent_id")
    wanted = Q(pk__in=above.exclude(parent=None))
    if _is_key(named):
        wanted |= Q(pk=named)
    return list(found.filter(wanted).order_by("path")[:MOST_SUB_TREES])


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _record(
    org: Organization,
    place: int,
    names: dict[UUID, str],
    units: list[Workplace],
    *,
    is_full: bool,
) -> dict[str, Any]:
    parent_name = names.get(org.parent_id, "") if org.parent_id else ""
    record: dict[str, Any] = {key: getattr(org, key) for key in _PLAIN}
    phone = open_phone(org) if is_full else org.contact_phone_masked
    if org.unit_situation == _SAME:
        units = []
    return {
        **record,
        "uid": org.pk.hex,
        "parent_uid": org.parent_id.hex if org.parent_id else ROOT_UID,
        "parent_name": parent_name,
        "operator_org": parent_name or org.name,
        "contact_phone": phone,
        "secretary": org.appointed_secretary,
        "founding": "已建立" if org.ended_on is None else "已撤销",
        "unit_name": "、".join(unit.name for unit in units),
        "unit_nature": "、".join(filter(None, (unit.nature for unit in units))),
        "credit_code": units[0].credit_code if len(units) == 1 else "",
        "is_deleted": org.ended_on is not None,
        "place": place,
    }


def _moment(org: Organization, changed: dict[UUID, dt.datetime]) -> dt.datetime:
    """When something last happened to an organisation."""
    return max(org.created_at, changed.get(org.pk, org.created_at))


def _last_turns() -> dict[UUID, dt.datetime]:
    rows = Turn.objects.order_by().values_list("org_id").annotate(Max("recorded_at"))
    return dict(rows)


def _workplaces(ids: list[UUID]) -> dict[UUID, list[Workplace]]:
    found: dict[UUID, list[Workplace]] = {}
    for unit in Workplace.objects.filter(org_id__in=ids).order_by("name"):
        found.setdefault(unit.org_id, []).append(unit)
    return found
