from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.support.permissions import POLICY


class SupportConfig(AppConfig):
    name = "shared_apps.support"
    verbose_name = "支持访问"

    def ready(self) -> None:
        register(POLICY)
