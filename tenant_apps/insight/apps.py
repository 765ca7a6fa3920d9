from importlib import import_module

from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.insight.permissions import POLICY


class InsightConfig(AppConfig):
    name = "tenant_apps.insight"
    verbose_name = "党内统计"

    def ready(self) -> None:
        register(POLICY)
        duties = import_module("tenant_apps.insight.selectors.duties")
        import_module("tenant_apps.organizations.selectors.duties").register_duties(
            duties.StatisticsDuties()
        )
