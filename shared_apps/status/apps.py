from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.status.permissions import POLICY


class StatusConfig(AppConfig):
    name = "shared_apps.status"
    verbose_name = "运行状态"

    def ready(self) -> None:
        register(POLICY)
