from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register

from tenants import checks


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "单位"

    def ready(self) -> None:
        register(checks.replayability, "migrations")
        register(import_module("tenants.distribution").sharding, "models")
        work = import_module("tenants.timetable")
        work.every_unit(
            import_module("tenants.services.backups").nightly,
            label="每日备份",
            seconds=86_400,
            cost="export",
            states=import_module("tenants.models").BACKED_UP,
            purpose=None,
            # From 22:00 in Beijing, spread over eight hours.
            opens_at=14 * 3600,
            window=8 * 3600,
        )
