"""The part that admission plays in the tree: a case holds its branch in place."""

from __future__ import annotations

from collections.abc import Sequence

from tenant_apps.admissions.models import Case
from tenant_apps.organizations.selectors import Residents


class AdmissionResidents(Residents):
    """Registered in ``AppConfig.ready``."""

    def occupied(self, paths: Sequence[str]) -> set[str]:
        return set(Case.objects.filter(org_path__in=paths).values_list("org_path", flat=True))
