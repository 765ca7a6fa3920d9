"""What a list sends when something is to be done with its members: rows, or all of its filter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.http import QueryDict

from kernel.actor import Actor
from tenant_apps.members.forms.lists import ListForm
from tenant_apps.members.selectors import Listing
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission


def listing_at(actor: Actor, address: str, *, chosen: tuple[str, ...] = ()) -> Listing:
    """The list that an address (its query string) describes, with its place in the tree."""
    state = ListForm(QueryDict(address), actor=actor)
    path, org_id = "", state.value("org")
    if org_id is not None:
        org = organizations.organization_for(actor, org_id, to=OrganizationPermission.BROWSE)
        path = org.path
    return state.listing(org_path=path, chosen=chosen)


def picked(actor: Actor, data: QueryDict, *, most: int, today: dt.date) -> list[UUID]:
    """The members that the list sent, none twice; of all of its filter up to ``most`` and one
    more, so that whoever asks can tell that there are more.
    """
    if data.get("all") != "1":
        return list(dict.fromkeys(ids_in(data)))
    rows = listing_at(actor, data.get("address", "")).rows(actor, today=today)
    return list(rows.values_list("pk", flat=True)[: most + 1])


def ids_in(data: QueryDict) -> list[UUID]:
    """The ids sent as ``id`` (many) or ``ids`` (with commas); what is no id is left out."""
    sent: Sequence[str] = [*data.getlist("id"), *data.get("ids", "").split(",")]
    return [found for found in (uuid_or_none(text) for text in sent) if found is not None]


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
