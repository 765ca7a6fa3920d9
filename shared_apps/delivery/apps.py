from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class DeliveryConfig(AppConfig):
    name = "shared_apps.delivery"
    verbose_name = "消息发送"

    @property
    def simulator_folder(self) -> Path:
        """Where the SMS simulator keeps its messages."""
        return Path(settings.DATA) / "smssim"

    @property
    def gateway_key(self) -> str:
        """The bearer key of the SMS gateway."""
        return str(settings.SMS_GATEWAY_KEY)
