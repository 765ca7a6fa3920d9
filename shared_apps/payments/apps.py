from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from kernel.permissions import register

from .permissions import POLICY


class PaymentsConfig(AppConfig):
    name = "shared_apps.payments"
    verbose_name = "支付渠道"

    def ready(self) -> None:
        register(POLICY)

    @property
    def is_simulated(self) -> bool:
        """Whether money here is play money: only in the demo."""
        return bool(settings.IS_DEMO)

    @property
    def simulator_folder(self) -> Path:
        """Where the channel simulator keeps its keys and books."""
        return Path(settings.DATA) / "paysim"

    @property
    def simulator_url(self) -> str:
        """Where the channel simulator listens, without a trailing slash."""
        return str(settings.PAYSIM_URL).rstrip("/")

    @property
    def pay_host(self) -> str:
        """The host under which channels reach us."""
        return str(settings.PAY_HOST)

    @property
    def notify_origin(self) -> str:
        """Where channels reach us; https stands on its standard port, before a proxy."""
        port = "" if settings.SCHEME == "https" else f":{settings.INTAKE_PORT}"
        return f"{settings.SCHEME}://{settings.PAY_HOST}{port}"
