"""``gongjian demo_code ACCOUNT``: the present second-factor code of an account of the demo."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.errors import DomainError
from shared_apps.people import selectors
from shared_apps.people.models import SecondFactor
from shared_apps.people.services import second_factor


class Command(BaseCommand):
    help = "打印演示账号当前的两步验证码（仅演示环境可用）。"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="登录名或手机号")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("只有演示环境才能打印验证码。")
        person = selectors.person_by_account(options["account"])
        if person is None:
            raise CommandError(f"没有找到演示账号「{options['account']}」。")
        try:
            code, seconds = second_factor.current_code(person=person, now=clock.now())
        except (DomainError, SecondFactor.DoesNotExist) as missing:
            raise CommandError("这个账号还没有绑定验证器，登录后按页面提示绑定即可。") from missing
        if options["json"]:
            self.stdout.write(json.dumps({"code": code, "valid_seconds": seconds}))
        else:
            self.stdout.write(f"{code}（{seconds} 秒内有效）")
