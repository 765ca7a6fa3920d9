"""``gongjian staff_add LOGIN --name NAME --role ROLE``: a console account.

The password is read from standard input; the first sign-in enrols the second factor.
"""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from shared_apps.people.models import PlatformRole
from shared_apps.people.services import staff


class Command(BaseCommand):
    help = "开设控制台账号：密码从标准输入读取，首次登录时绑定验证器。"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", help="登录名，小写字母开头")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument(
            "--role",
            action="append",
            required=True,
            choices=PlatformRole.values,
            help="角色，可重复；三员管理员不能兼任",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            person = staff.enrol(
                login=options["login"],
                display_name=options["name"],
                password=_password(),
                roles=options["role"],
                second_factor_secret=None,
                actor=Actor.system("staff_add"),
                now=clock.now(),
            )
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"已开设账号 {person.login}，首次登录时请绑定验证器。")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass("密码（至少 12 个字符）：")
    return sys.stdin.readline().rstrip("\n")
