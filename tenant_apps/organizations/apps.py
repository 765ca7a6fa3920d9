from importlib import import_module

from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.organizations.permissions import POLICY


class OrganizationsConfig(AppConfig):
    name = "tenant_apps.organizations"
    verbose_name = "党组织"

    def ready(self) -> None:
        register(POLICY)
        places = import_module("tenant_apps.organizations.selectors.places")
        import_module("tenant_apps.access.selectors.neighbours").register_places(places.Places())
        work = import_module("tenant_apps.organizations.selectors.work")
        import_module("tenant_apps.organizations.selectors.duties").register_duties(work.Duties())
