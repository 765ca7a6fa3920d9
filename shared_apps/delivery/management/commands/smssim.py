"""`python -m config smssim`: run the SMS gateway simulator on 127.0.0.1."""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.delivery.apps import DeliveryConfig
from shared_apps.delivery.simulator.gateway import SmsSim


class Command(BaseCommand):
    help = "运行短信网关模拟器（仅监听 127.0.0.1），首页是收件箱。"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8092, help="端口，默认 8092")

    def handle(self, *_args: Any, **options: Any) -> None:
        config = cast("DeliveryConfig", apps.get_app_config("delivery"))
        port = options["port"]
        try:
            simulator = SmsSim(config.simulator_folder, api_key=config.gateway_key, port=port)
        except OSError as error:
            raise CommandError(f"短信模拟器无法监听端口 {port}：{error.strerror}") from error
        self.stdout.write(f"短信模拟器：{simulator.address}")
        try:
            simulator.serve()
        except KeyboardInterrupt:
            self.stdout.write("短信模拟器已停止。")
