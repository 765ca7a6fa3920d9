"""The members' part of an organisation's page: who holds posts, how many of what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.members.models import INCOMPLETE, Category
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.files import officers_of
from tenant_apps.members.selectors.lists import members_visible_to


class OrganizationSection:
    """Fills ``organizations.selectors.SectionProvider``."""

    heading = "党员"
    template_name = "members/parts/organization.html"

    def context(
        self, organization: Any, *, actor: Actor, today: dt.date
    ) -> Mapping[str, Any] | None:
        """Counts of the sub-tree and the officers of the organisation itself."""
        del today
        if not can(actor, MemberPermission.BROWSE, organization):
            return None
        members = members_visible_to(actor, org_path=organization.path)
        counts = members.order_by().aggregate(
            everybody=Count("pk"),
            full=Count("pk", filter=Q(category=Category.FULL)),
            probationary=Count("pk", filter=Q(category=Category.PROBATIONARY)),
            incomplete=Count("pk", filter=INCOMPLETE),
        )
        return {"org": organization, "counts": counts, "officers": officers_of(organization.pk)}
