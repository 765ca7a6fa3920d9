from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.exchange.permissions import POLICY


class ExchangeConfig(AppConfig):
    name = "shared_apps.exchange"
    verbose_name = "单位间往来"

    def ready(self) -> None:
        register(POLICY)
