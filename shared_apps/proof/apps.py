from importlib import import_module

from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.proof.permissions import POLICY


class ProofConfig(AppConfig):
    name = "shared_apps.proof"
    verbose_name = "账务核验"

    def ready(self) -> None:
        register(POLICY)
        import_module("shared_apps.proof.selectors.shared_rows")
