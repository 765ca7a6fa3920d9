from importlib import import_module

from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.access.permissions import POLICY


class AccessConfig(AppConfig):
    name = "tenant_apps.access"
    verbose_name = "权限"

    def ready(self) -> None:
        register(POLICY)
        support = import_module("tenant_apps.access.services.support")
        import_module("shared_apps.support.services.listeners").register(support.note_told)
        takeouts = import_module("tenant_apps.access.services.takeouts")
        import_module("tenants.archive.listeners").register(takeouts.note_replaced)
