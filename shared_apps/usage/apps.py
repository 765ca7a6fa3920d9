from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.usage.permissions import POLICY


class UsageConfig(AppConfig):
    name = "shared_apps.usage"
    verbose_name = "用量"

    def ready(self) -> None:
        register(POLICY)
