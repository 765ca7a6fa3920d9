from django.apps import AppConfig

from kernel.permissions import register

from .permissions import POLICY


class RulesConfig(AppConfig):
    name = "shared_apps.rules"
    verbose_name = "规则库"

    def ready(self) -> None:
        register(POLICY)
