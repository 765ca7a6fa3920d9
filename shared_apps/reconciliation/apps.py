from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.reconciliation.permissions import POLICY


class ReconciliationConfig(AppConfig):
    name = "shared_apps.reconciliation"
    verbose_name = "渠道对账"

    def ready(self) -> None:
        register(POLICY)
