from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.dues.permissions import POLICY


class DuesConfig(AppConfig):
    name = "tenant_apps.dues"
    verbose_name = "党费"

    def ready(self) -> None:
        register(POLICY)
