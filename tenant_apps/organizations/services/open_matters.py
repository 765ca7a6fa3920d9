"""An organisation does not end over what is still under way in it.

``open_matters.register(provider)`` in an app's ``AppConfig.ready`` says what that app has under
way: ``provider(org_ids)`` gives (org_id, text, count, carries), see ``Matter``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from kernel.errors import Conflict
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors.open_matters import Matter, matters_of, register

__all__ = ["Matter", "StillOpen", "hold", "hold_each", "refuse_open", "register"]


class StillOpen(Conflict):
    code = "organization_still_open"
    sentence = "「{name}」还有未办结的事项：{matters}。请先办结或终止，再{act}。"


def hold(organization: Organization) -> Organization:
    """The organisation as it is now, kept from ending until the transaction is over: what whoever
    opens something in one calls first, and then asks whether it has ended.
    """
    return hold_each([organization.pk])[organization.pk]


def hold_each(ids: Iterable[UUID]) -> dict[UUID, Organization]:
    """The same for several.  Whoever hangs rows below one holds it first: its place in the tree is
    then the one that the rows take, whatever else is being moved.
    """
    held = Organization.objects.select_for_update(of=("self",), no_key=True)
    return {found.pk: found for found in held.filter(pk__in=set(ids)).order_by("pk")}


def refuse_open(organizations: Sequence[Organization], *, act: str, has_heir: bool) -> None:
    """Raises StillOpen where something would be lost: it cannot go along, or there is no
    organisation that would take it over.

    The rows are locked, so that whoever is just opening something there is waited for and seen.
    """
    ids = [organization.pk for organization in organizations]
    list(Organization.objects.select_for_update().filter(pk__in=ids).values_list("pk"))
    lost = [one for one in matters_of(ids) if not (one.carries and has_heir)]
    if not lost:
        return
    first = next(org for org in organizations if org.pk == lost[0].org_id)
    here = [one for one in lost if one.org_id == first.pk]
    raise StillOpen(
        name=first.short_name or first.name,
        matters="、".join(f"{one.text} {one.count} 件" for one in here),
        act=act,
    )
