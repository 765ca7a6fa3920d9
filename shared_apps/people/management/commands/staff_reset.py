"""``gongjian staff_reset LOGIN``: a new password for somebody who forgot theirs.

For the security administrator, who has made sure who is asking.  The password is read from
standard input; with ``--second-factor`` the device is forgotten too.
"""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from shared_apps.people.services import staff


class Command(BaseCommand):
    help = (
        "由安全管理员核实身份后，为忘记密码的人重设密码：新密码从标准输入读取，"
        "该账号的全部登录立即退出，操作记入安全日志。"
        "验证器保持不变；加 --second-factor 时一并解除，下次登录须重新绑定。"
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", help="控制台账号的登录名，或单位管理人员的手机号")
        parser.add_argument(
            "--second-factor",
            action="store_true",
            help="验证器和恢复码都已丢失时使用：解除绑定，下次登录须重新绑定",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        is_factor_cleared = options["second_factor"]
        try:
            ended = staff.reset(
                account=options["login"],
                password=_password(),
                is_factor_cleared=is_factor_cleared,
                actor=Actor.system("staff_reset"),
                now=clock.now(),
            )
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        rest = "验证器已解除，下次登录时请重新绑定。" if is_factor_cleared else "验证器保持不变。"
        self.stdout.write(f"已重设 {options['login']} 的密码，退出 {ended} 个登录。{rest}")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass("新密码（至少 12 个字符）：")
    return sys.stdin.readline().rstrip("\n")
