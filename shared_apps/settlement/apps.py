from typing import Any

from django.apps import AppConfig
from django.conf import settings

from kernel.permissions import register

from .permissions import POLICY


class SettlementConfig(AppConfig):
    name = "shared_apps.settlement"
    verbose_name = "党费结算"

    def ready(self) -> None:
        register(POLICY)

    @property
    def front(self) -> dict[str, Any]:
        """Where the bank's front machine listens and as whom we speak to it: url, customer,
        operator, password, terminal, pool_account, pool_bank.
        """
        return dict(settings.BANK_FRONT)
