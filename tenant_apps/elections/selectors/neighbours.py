"""What other apps ask of this one: which organisations elections and posts still belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from tenant_apps.elections.models import CaseKind, Election, Post
from tenant_apps.elections.selectors.composition import SECRETARY
from tenant_apps.organizations.selectors import Residents
from tenant_apps.organizations.selectors.open_matters import Matter


class Cases(Residents):
    """An organisation that has elected or has had officers is not removed by undoing a roster."""

    def occupied(self, paths: Sequence[str]) -> set[str]:
        found = set(Post.objects.filter(org_path__in=paths).values_list("org_path", flat=True))
        found |= set(Election.objects.filter(org_path__in=paths).values_list("org_path", flat=True))
        return found

    def secretaries(self, org_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Who holds the post of secretary; before what texts in members' files say."""
        held = Post.objects.filter(org_id__in=org_ids, code=SECRETARY, ended_on=None)
        return dict(held.order_by("began_on").values_list("org_id", "member__name"))


def open_matters(org_ids: Sequence[UUID]) -> Iterable[Matter]:
    """Elections under way: a board is elected by its own members, so no other organisation can
    take one over; it has to be finished or called off before its organisation ends.
    """
    under_way = Election.objects.filter(org_id__in=org_ids, closed_at__isnull=True)
    for pk, org_id, kind in under_way.values_list("pk", "org_id", "kind"):
        yield Matter(org_id, CaseKind(kind).label, 1, carries=False, url=f"/elections/{pk}/")
