"""The members of a branch as the tree of organisations asks for them: by name, and who leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from tenant_apps.members.models import Category, Member
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import Person


class Roll(organizations.Residents):
    """Answers from the members' own rows."""

    def people(self, org_id: UUID) -> Sequence[Person]:
        """Whoever counts as a member in one branch."""
        rows = Member.objects.filter(org_id=org_id, is_active=True).order_by("name_pinyin", "id")
        return [
            Person(pk, name, category == Category.FULL, group_id)
            for pk, name, category, group_id in rows.values_list(
                "id", "name", "category", "group_id"
            )
        ]

    def secretaries(self, org_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Members of the organisation itself whose posts say so; a deputy is not one."""
        rows = (
            Member.objects.filter(org_id__in=org_ids, is_active=True, posts__contains="书记")
            .exclude(posts__contains="副书记")
            .order_by("-name_pinyin")
        )
        return dict(rows.values_list("org_id", "name"))
