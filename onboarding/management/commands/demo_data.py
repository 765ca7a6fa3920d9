"""``gongjian demo_data``: invented units, accounts, bills and payments to try things with."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from onboarding.demo import making


class Command(BaseCommand):
    help = "Make the demo's units and accounts. Doing it again adds nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("The demo has public passwords: set DEMO=1 where that is wanted.")
        summary = making.make()
        if options["json"]:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
            return
        for one in summary["addresses"]:
            self.stdout.write(f"{one['name']}  {one['url']}")
        for one in summary["accounts"]:
            self.stdout.write(f"{one['name']}  {one['login']}  {one['password']}")
