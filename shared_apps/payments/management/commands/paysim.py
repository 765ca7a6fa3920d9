"""`python -m config paysim`: run the payment channel simulator on 127.0.0.1."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.simulator.server import PaySim


class Command(BaseCommand):
    help = "运行支付渠道模拟器（仅监听 127.0.0.1）。"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="端口，默认取 PAYSIM_URL 中的端口")
        parser.add_argument(
            "--scale", type=float, default=1.0, help="回调重试的时间倍率，1440 即一天变一分钟"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        config = cast("PaymentsConfig", apps.get_app_config("payments"))
        port = options["port"] or urlsplit(config.simulator_url).port or 8091
        if options["scale"] <= 0:
            raise CommandError("--scale 必须大于 0。")
        try:
            simulator = PaySim(config.simulator_folder, port=port, scale=options["scale"])
        except OSError as error:
            raise CommandError(f"支付模拟器无法监听端口 {port}：{error.strerror}") from error
        self.stdout.write(f"支付模拟器：{simulator.address}")
        try:
            simulator.serve()
        except KeyboardInterrupt:
            self.stdout.write("支付模拟器已停止。")
