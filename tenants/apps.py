from django.apps import AppConfig
from django.core.checks import register

from tenants import checks


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "单位"

    def ready(self) -> None:
        register(checks.replayability, "migrations")
