from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.access.permissions import POLICY


class AccessConfig(AppConfig):
    name = "tenant_apps.access"
    verbose_name = "权限"

    def ready(self) -> None:
        register(POLICY)
