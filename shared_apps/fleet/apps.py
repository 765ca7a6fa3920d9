from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.fleet.permissions import POLICY


class FleetConfig(AppConfig):
    name = "shared_apps.fleet"
    verbose_name = "单位总览"

    def ready(self) -> None:
        register(POLICY)
