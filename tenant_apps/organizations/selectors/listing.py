"""Organisations as a list: who leads them, until when, how many members, where (J22)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from kernel.actor import Actor
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.selectors import gates
from tenant_apps.organizations.selectors.residents import Headcount, headcounts, secretaries


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    organization: Organization
    secretary: str
    headcount: Headcount

    @property
    def term_ends_on(self) -> dt.date | None:
        return self.organization.term_ends_on


def listed(
    actor: Actor, *, text: str = "", kind: str = "", region: str = ""
) -> QuerySet[Organization]:
    """Organisations in the actor's sub-trees in tree order; Party groups belong to branches."""
    found = gates.search(actor, text) if text else gates.organizations_visible_to(actor)
    if kind in Kind.values:
        found = found.filter(kind=kind)
    if region:
        found = found.filter(region__contains=region)
    return found.exclude(kind=Kind.GROUP).order_by("path")


def rows_of(organizations: Sequence[Organization]) -> list[Row]:
    """The lines of one page, in two statements whatever their number."""
    counts = headcounts([organization.path for organization in organizations])
    chiefs = secretaries([organization.pk for organization in organizations])
    return [
        Row(one, one.appointed_secretary or chiefs.get(one.pk, ""), counts[one.path])
        for one in organizations
    ]
