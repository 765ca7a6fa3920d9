from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.transfers.permissions import POLICY


class TransfersConfig(AppConfig):
    name = "tenant_apps.transfers"
    verbose_name = "组织关系转接"

    def ready(self) -> None:
        register(POLICY)
