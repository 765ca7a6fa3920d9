from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.admissions.permissions import POLICY


class AdmissionsConfig(AppConfig):
    name = "tenant_apps.admissions"
    verbose_name = "发展党员"

    def ready(self) -> None:
        register(POLICY)
