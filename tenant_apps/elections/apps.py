from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.elections.permissions import POLICY


class ElectionsConfig(AppConfig):
    name = "tenant_apps.elections"
    verbose_name = "换届选举"

    def ready(self) -> None:
        register(POLICY)
